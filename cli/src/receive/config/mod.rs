//! What a receiver is to do: flags over the environment over a configuration file.

mod flags;
mod place;
mod sections;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, Parser as _};
use hookseal_receiver::{PathRules, Rules, Tls};
use toml::de::DeTable;

use super::Args;
use crate::failure::Failure;
use crate::keys::{SharedKeys, no_key};
use crate::{Cli, Command};
use flags::Flags;
use place::Source;
use sections::Sections;

/// A configuration that is read and sound.
pub(super) struct Config {
    pub(super) args: Args,
    pub(super) rules: Rules,
    pub(super) keys: SharedKeys,
    pub(super) tls: Option<Tls>,
    /// Every flag's value as it was written, to see what has changed.
    written: BTreeMap<String, Vec<OsString>>,
}

/// Flags that count anew with each SIGHUP; `tls_cert` and `tls_key` do as long as there is TLS or there is none.
const RELOADED: [&str; 16] = [
    "accept_all",
    "allow_weak_key",
    "check",
    "config",
    "fault",
    "forward_all",
    "forward_answer",
    "forward_retry_for",
    "forward_timeout",
    "forward_to",
    "key_format",
    "policy",
    "respond",
    "shared_key",
    "shared_key_file",
    "tls_cert",
];

/// What has no meaning in a file.
const NOT_IN_A_FILE: [&str; 2] = ["config", "check"];

/// Keys are given together: by flags, or in the environment, or in the file.
const KEYS: [&str; 2] = ["shared_key", "shared_key_file"];

impl Config {
    /// Reads the command's arguments, and the file that they or the environment name.
    pub(super) fn load(arguments: &[OsString]) -> Result<Self, Failure> {
        let matches = matches(arguments)?;
        let Some(path) = matches.get_one::<PathBuf>("config") else {
            return Config::new(arguments, &matches, Sections::default());
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::file("read the configuration", path, &error))?;
        let (flags, sections) = read(path, &text)?;
        let by_keys =
            KEYS.iter().any(|key| is_given(&matches, key)) || std::env::var_os("HOOKSEAL_SHARED_KEY").is_some();
        let from_file = flags.arguments(|name| !(is_given(&matches, name) || (by_keys && KEYS.contains(&name))));
        let merged: Vec<OsString> = arguments.iter().cloned().chain(from_file).collect();
        let matches = self::matches(&merged)?;
        Config::new(&merged, &matches, sections)
    }

    fn new(arguments: &[OsString], matches: &ArgMatches, sections: Sections) -> Result<Self, Failure> {
        let args = match Cli::try_parse_from(arguments) {
            Ok(Cli { command: Command::Receive(args) }) => *args,
            Ok(_) => return Err(Failure::usage("this is not `hookseal receive`")),
            Err(error) => return Err(Failure::usage(&crate::usage_message(&error))),
        };
        let keys = args.keys.read()?;
        let rules = rules(&args, &keys, &sections)?;
        let tls = args.tls.read()?;
        args.admin.check(args.listen)?;
        args.inbox.check()?;
        let command = command();
        let written = command.get_arguments().map(|arg| {
            let name = arg.get_id().as_str();
            let values = matches.try_get_raw(name).ok().flatten().into_iter().flatten();
            (name.to_owned(), values.map(ToOwned::to_owned).collect())
        });
        let written = written.collect();
        Ok(Config { args, rules, keys, tls, written })
    }

    /// The flags that differ from another configuration's and count only after a restart.
    pub(super) fn needs_restart(&self, running: &Config) -> Vec<String> {
        let names = self.written.keys().chain(running.written.keys());
        let mut changed: Vec<_> = names
            .filter(|name| !RELOADED.contains(&name.as_str()) && *name != "tls_key")
            .filter(|name| self.written.get(*name) != running.written.get(*name))
            .cloned()
            .collect();
        if self.tls.is_some() != running.tls.is_some() {
            changed.push("tls_cert".to_owned());
        }
        changed.sort();
        changed.dedup();
        changed
    }

    /// What there is, in a few words.
    pub(super) fn summary(&self) -> String {
        let count = |number: usize, noun: &str| match number {
            1 => format!("1 {noun}"),
            number => format!("{number} {noun}s"),
        };
        let rules = &self.rules;
        format!(
            "{}, {} of {} own, {}, {}",
            count(self.keys.len(), "key"),
            count(rules.paths.len(), "path"),
            if rules.paths.len() == 1 { "its" } else { "their" },
            count(rules.responses.len(), "response rule"),
            count(rules.faults.len(), "fault rule"),
        )
    }
}

fn rules(args: &Args, keys: &SharedKeys, sections: &Sections) -> Result<Rules, Failure> {
    let some_path_has_keys = sections.paths.iter().any(|section| section.has_keys());
    let mut rules = Rules::default();
    if !keys.is_empty() {
        rules.verifier = Some(keys.verifier()?);
    } else if !args.accept_all && !some_path_has_keys {
        return Err(no_key());
    }
    rules.explain = Some(keys.explain());
    rules.accept_all = args.accept_all;
    rules.forward = args.forward.forward()?;
    rules.responses = args.respond.respond.iter().chain(&sections.responses).cloned().collect();
    rules.faults = args.respond.fault.iter().chain(&sections.faults).cloned().collect();
    let mut rest = PathRules::default();
    rest.verifier = rules.verifier.clone();
    rest.explain = rules.explain.clone();
    rest.accept_all = rules.accept_all;
    rest.forward = rules.forward.clone();
    rules.paths = sections.paths.iter().map(|section| section.rules(&rest)).collect::<Result<_, _>>()?;
    rules.validate().map_err(|invalid| Failure::usage(&invalid))?;
    Ok(rules)
}

fn read(path: &Path, text: &str) -> Result<(Flags, Sections), Failure> {
    let source = Source { path, text };
    let table = DeTable::parse(text).map_err(|error| source.serde(0..0, &error))?;
    let command = command();
    let flags =
        flags::read(&source, table.get_ref(), &command, &NOT_IN_A_FILE, sections::is_section, &sections::SECTIONS)?;
    let sections = Sections::read(&source, table.get_ref())?;
    Ok((flags, sections))
}

fn command() -> clap::Command {
    <Args as clap::Args>::augment_args(clap::Command::new("receive")).disable_help_flag(true)
}

fn matches(arguments: &[OsString]) -> Result<ArgMatches, Failure> {
    let matches = Cli::command().try_get_matches_from(arguments);
    let mut matches = matches.map_err(|error| Failure::usage(&crate::usage_message(&error)))?;
    matches.remove_subcommand().map(|(_, matches)| matches).ok_or_else(|| Failure::usage("a command is missing"))
}

/// Whether a flag or the environment has it.
fn is_given(matches: &ArgMatches, name: &str) -> bool {
    let source = matches.try_contains_id(name).ok().and_then(|_| matches.value_source(name));
    matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}
