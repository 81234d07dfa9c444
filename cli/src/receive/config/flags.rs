//! Keys of a configuration are flags: `max_body = "2MiB"` is `--max-body=2MiB`. So every flag is a key, and both are read by
//! the same code.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::Source;
use crate::failure::Failure;

/// The flags that a table's keys stand for.
#[derive(Default)]
pub(super) struct Flags {
    /// Each key with its arguments, none for a flag that is false.
    pub(super) words: Vec<(String, Vec<OsString>)>,
    /// The keys, those with `false` included.
    pub(super) given: BTreeSet<String>,
}

/// Reads a table's keys, but for those that are sections of their own; some flags are no keys here. Each value is tried by
/// itself, so that an error knows its place.
pub(super) fn read(
    source: &Source<'_>,
    table: &DeTable<'_>,
    command: &Command,
    not_here: &[&str],
    is_section: impl Fn(&str, &DeValue<'_>) -> bool,
    sections: &[&'static str],
) -> Result<Flags, Failure> {
    let arguments: Vec<&Arg> =
        command.get_arguments().filter(|arg| !not_here.contains(&arg.get_id().as_str())).collect();
    let mut flags = Flags::default();
    for (key, value) in table {
        let name: &str = key.get_ref();
        if is_section(name, value.get_ref()) {
            continue;
        }
        let Some(arg) = arguments.iter().find(|arg| arg.get_id().as_str() == name) else {
            let known = arguments.iter().map(|arg| arg.get_id().as_str()).chain(sections.iter().copied());
            return Err(source.unknown(key.span(), name, known));
        };
        let words = words(source, name, arg, value)?;
        let tried = command.clone().no_binary_name(true).try_get_matches_from(&words);
        if let Err(error) = tried {
            return Err(source.error(value.span(), &crate::usage_message(&error)));
        }
        flags.words.push((name.to_owned(), words));
        flags.given.insert(name.to_owned());
    }
    Ok(flags)
}

impl Flags {
    /// The arguments of the keys that are wanted.
    pub(super) fn arguments(&self, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = OsString> {
        self.words.iter().filter(move |(name, _)| is_wanted(name)).flat_map(|(_, words)| words.clone())
    }
}

fn words(source: &Source<'_>, name: &str, arg: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, Failure> {
    let long = arg.get_long().unwrap_or(name);
    let word = |value: &Spanned<DeValue<'_>>| match scalar(value.get_ref()) {
        Some(text) => Ok(OsString::from(format!("--{long}={}", located(source.path, arg, &text)))),
        None => Err(source.error(value.span(), &format!("{name} takes text, not {}", a(value.get_ref())))),
    };
    match (arg.get_action(), value.get_ref()) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => Ok(vec![OsString::from(format!("--{long}"))]),
        (ArgAction::SetTrue, DeValue::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, other) => {
            Err(source.error(value.span(), &format!("{name} is true or false, not {}", a(other))))
        }
        (ArgAction::Append, DeValue::Array(values)) => values.iter().map(word).collect(),
        _ => Ok(vec![word(value)?]),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// Files are found beside the configuration, wherever the receiver is started.
fn located(config: &Path, arg: &Arg, text: &str) -> String {
    let folder = config.parent().unwrap_or(Path::new(""));
    if arg.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
        return folder.join(text).display().to_string();
    }
    match text.strip_prefix("sqlite:") {
        Some(file) if arg.get_id() == "inbox" => format!("sqlite:{}", folder.join(file).display()),
        _ => text.to_owned(),
    }
}

fn a(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
