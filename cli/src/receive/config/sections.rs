//! What a configuration has beside flags: `[[path]]`, `[[respond]]` and `[[fault]]`.

use std::ops::Range;

use clap::{Args as _, Command, FromArgMatches as _};
use hookseal_receiver::{FaultRule, InvalidRule, PathRules, ResponseRule};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::flags;
use super::place::Source;
use crate::failure::Failure;
use crate::keys::{SharedKeys, VerifierArgs};
use crate::receive::forward::ForwardArgs;

/// The sections' names.
pub(super) const SECTIONS: [&str; 3] = ["path", "respond", "fault"];

/// All sections of a configuration.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) paths: Vec<PathSection>,
    pub(super) responses: Vec<ResponseRule>,
    pub(super) faults: Vec<FaultRule>,
}

/// `[[path]]`: how deliveries to some paths are treated. What it does not say is as for the rest.
pub(super) struct PathSection {
    path: String,
    keys: Option<SharedKeys>,
    accept_all: Option<bool>,
    forward: Option<ForwardArgs>,
}

/// Whether a key is a section; the flags `respond` and `fault` are texts.
pub(super) fn is_section(name: &str, value: &DeValue<'_>) -> bool {
    let has_tables = match value {
        DeValue::Table(_) => true,
        DeValue::Array(values) => values.iter().any(|value| value.get_ref().is_table()),
        _ => false,
    };
    SECTIONS.contains(&name) && (has_tables || name == "path")
}

impl Sections {
    pub(super) fn read(source: &Source<'_>, table: &DeTable<'_>) -> Result<Self, Failure> {
        let mut sections = Sections::default();
        for (key, value) in table {
            if !is_section(key.get_ref(), value.get_ref()) {
                continue;
            }
            for section in tables(source, key.get_ref(), value)? {
                match key.get_ref().as_ref() {
                    "respond" => sections.responses.push(rule(source, section, ResponseRule::validate)?),
                    "fault" => sections.faults.push(rule(source, section, FaultRule::validate)?),
                    _ => sections.add_path(source, section)?,
                }
            }
        }
        Ok(sections)
    }

    fn add_path(&mut self, source: &Source<'_>, section: &Spanned<DeValue<'_>>) -> Result<(), Failure> {
        let Some(table) = section.get_ref().as_table() else { return Ok(()) };
        let path = path(source, section.span(), table)?;
        for (key, value) in table {
            let name: &str = key.get_ref();
            if !["respond", "fault"].contains(&name) {
                continue;
            }
            for section in tables(source, name, value)? {
                let own = section.get_ref().as_table().and_then(|table| table.get_key_value("path"));
                if let Some((key, _)) = own {
                    return Err(source.error(key.span(), "the path is that of the section; leave it out here"));
                }
                if name == "respond" {
                    let response = rule(source, section, ResponseRule::validate)?;
                    self.responses.push(with(response, |response| response.path.clone_from(&path)));
                } else {
                    let fault = rule(source, section, FaultRule::validate)?;
                    self.faults.push(with(fault, |fault| fault.path.clone_from(&path)));
                }
            }
        }
        self.paths.push(PathSection::read(source, section.span(), table, path)?);
        Ok(())
    }
}

impl PathSection {
    fn read(source: &Source<'_>, span: Range<usize>, table: &DeTable<'_>, path: String) -> Result<Self, Failure> {
        let command = command();
        let is_section = |name: &str, _: &DeValue<'_>| SECTIONS.contains(&name);
        let flags = flags::read(source, table, &command, &["forward_queue"], is_section, &SECTIONS)?;
        let matches = command.try_get_matches_from(flags.arguments(|_| true));
        let matches = matches.map_err(|error| source.error(span.clone(), &crate::usage_message(&error)))?;
        let failed = |error: clap::Error| source.error(span.clone(), &crate::usage_message(&error));
        let keys = VerifierArgs::from_arg_matches(&matches).map_err(failed)?;
        let forward = ForwardArgs::from_arg_matches(&matches).map_err(failed)?;
        let has = |name: &str| flags.given.contains(name);
        let has_keys = has("shared_key") || has("shared_key_file");
        if let Some(name) = ["key_format", "allow_weak_key", "policy"].into_iter().find(|name| !has_keys && has(name)) {
            let message = format!("{name} is about keys, and this path has none of its own");
            return Err(source.error(span, &message).with_hint("Give it shared_key or shared_key_file too."));
        }
        let is_about_forwarding = |name: &&String| name.starts_with("forward_");
        if let Some(name) = flags.given.iter().find(is_about_forwarding).filter(|_| !has("forward_to")) {
            let message = format!("{name} is about an app, and this path has none of its own");
            return Err(source.error(span, &message).with_hint("Give it forward_to too."));
        }
        let keys = has_keys.then(|| keys.read()).transpose().map_err(|failure| failure.at(&source.name(&span)))?;
        if let Some(keys) = &keys {
            keys.verifier().map_err(|failure| failure.at(&source.name(&span)))?;
        }
        Ok(PathSection {
            path,
            keys,
            accept_all: has("accept_all").then(|| matches.get_flag("accept_all")),
            forward: has("forward_to").then_some(forward),
        })
    }

    pub(super) fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// The section over what holds for the rest.
    pub(super) fn rules(&self, rest: &PathRules) -> Result<PathRules, Failure> {
        let mut rules = rest.clone();
        rules.path.clone_from(&self.path);
        if let Some(keys) = &self.keys {
            rules.verifier = Some(keys.verifier()?);
            rules.explain = Some(keys.explain());
        }
        if let Some(accept_all) = self.accept_all {
            rules.accept_all = accept_all;
        }
        if let Some(forward) = &self.forward {
            rules.forward = forward.forward()?;
        }
        Ok(rules)
    }
}

/// The flags that a path may have of its own; the queue to all apps is one.
fn command() -> Command {
    let command = Command::new("path").no_binary_name(true).disable_help_flag(true);
    let accept_all = clap::Arg::new("accept_all").long("accept-all").action(clap::ArgAction::SetTrue);
    let command = ForwardArgs::augment_args(VerifierArgs::augment_args(command.arg(accept_all)));
    // The environment is for the whole receiver.
    command.mut_arg("forward_to", |arg| arg.env(None::<&'static str>))
}

fn path(source: &Source<'_>, span: Range<usize>, table: &DeTable<'_>) -> Result<String, Failure> {
    let Some(value) = table.get("path") else {
        return Err(source.error(span, "the section has no path").with_hint("Begin it with path = \"/orders/*\"."));
    };
    let Some(path) = value.get_ref().as_str() else {
        return Err(source.error(value.span(), "the path is no text"));
    };
    let mut probe = FaultRule::default();
    probe.path = path.to_owned();
    probe.status = vec![503];
    match probe.validate() {
        Err(InvalidRule { message, .. }) => Err(source.error(value.span(), &format!("path {message}"))),
        Ok(()) => Ok(path.to_owned()),
    }
}

fn tables<'v, 'i>(
    source: &Source<'_>,
    name: &str,
    value: &'v Spanned<DeValue<'i>>,
) -> Result<Vec<&'v Spanned<DeValue<'i>>>, Failure> {
    let wrong = |value: &Spanned<DeValue<'_>>| {
        source.error(
            value.span(),
            &format!("{name} is a table, such as [[{name}]], not a {}", value.get_ref().type_str()),
        )
    };
    match value.get_ref() {
        DeValue::Table(_) => Ok(vec![value]),
        DeValue::Array(values) => match values.iter().find(|value| !value.get_ref().is_table()) {
            None => Ok(values.iter().collect()),
            Some(other) => Err(wrong(other)),
        },
        _ => Err(wrong(value)),
    }
}

fn rule<R: DeserializeOwned>(
    source: &Source<'_>,
    section: &Spanned<DeValue<'_>>,
    validate: impl Fn(&R) -> Result<(), InvalidRule>,
) -> Result<R, Failure> {
    let rule = R::deserialize(ValueDeserializer::from(section.clone()))
        .map_err(|error| source.serde(section.span(), &error))?;
    validate(&rule).map_err(|invalid| {
        let member = invalid.member.split(['.', '[']).next().unwrap_or_default();
        let value = section.get_ref().as_table().and_then(|table| table.get(member));
        source.error(value.map_or(section.span(), Spanned::span), &invalid.to_string())
    })?;
    Ok(rule)
}

fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}
