//! An integration's settings as flags.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hookseal::KeyFormat;
use hookseal_notifier::{Form, FormErrors, IntegrationType, Secret};

use super::INVALID;
use crate::failure::Failure;
use crate::keys::read_key_file;
use crate::{output, style};

/// Settings: each type has its own.
#[derive(clap::Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct FormArgs {
    /// health.webhook: the URL to post to
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// health.webhook: the key to sign with
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    shared_key: Option<String>,
    /// health.webhook: a file that holds the key; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "shared_key")]
    shared_key_file: Option<PathBuf>,
    /// health.webhook: how the key is read; the receiver has to read it the same way. jwk unless told
    #[arg(long, value_enum, value_name = "FORMAT")]
    key_format: Option<FormatArg>,
    /// health.webhook: allow a key under 32 octets, which an attacker can search for (RFC 7518 §3.2)
    #[arg(long)]
    allow_weak_key: bool,
    /// health.slack: the bot's token
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    token: Option<String>,
    /// health.slack: a file that holds the token; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
    /// health.slack: the channel, such as '#ops'
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// health.pagerduty: the integration key of the Events API v2
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    routing_key: Option<String>,
    /// health.pagerduty: a file that holds the integration key; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "routing_key")]
    routing_key_file: Option<PathBuf>,
    /// health.email: the sender; the configuration's unless told
    #[arg(long, value_name = "ADDRESS")]
    from_address: Option<String>,
    /// health.email: whom to write to, separated by commas; repeatable. #admins and #viewers are those of the configuration
    #[arg(long, value_name = "ADDRESSES")]
    recipients: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Jwk,
    JwkLenient,
    Utf8,
    Base64,
    Hex,
}

impl FormArgs {
    /// The form as it was filled in.
    pub(super) fn read(self) -> Result<Form, Failure> {
        self.warn_of_what_others_see();
        Ok(Form {
            from_address: self.from_address,
            recipients: Some(self.recipients).filter(|recipients| !recipients.is_empty()),
            routing_key: secret(self.routing_key, self.routing_key_file.as_deref())?,
            channel: self.channel,
            token: secret(self.token, self.token_file.as_deref())?,
            url: self.url,
            shared_key: secret(self.shared_key, self.shared_key_file.as_deref())?,
            key_format: self.key_format.map(FormatArg::format),
            allow_weak_key: self.allow_weak_key,
        })
    }

    fn warn_of_what_others_see(&self) {
        let given = [
            ("--shared-key", self.shared_key.is_some()),
            ("--token", self.token.is_some()),
            ("--routing-key", self.routing_key.is_some()),
        ];
        for (flag, _) in given.iter().filter(|(_, given)| *given) {
            output::message(&format!(
                "  {}hint:{} other users of this machine can see {flag} in the list of processes; {flag}-file FILE takes it from a file, or with - from standard input.",
                style::HINT,
                style::RESET
            ));
        }
    }
}

impl FormatArg {
    fn format(self) -> KeyFormat {
        match self {
            FormatArg::Jwk => KeyFormat::Jwk,
            FormatArg::JwkLenient => KeyFormat::JwkLenient,
            FormatArg::Utf8 => KeyFormat::Utf8,
            FormatArg::Base64 => KeyFormat::Base64,
            FormatArg::Hex => KeyFormat::Hex,
        }
    }
}

fn secret(here: Option<String>, file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let Some(path) = file else { return Ok(here.map(Secret::new)) };
    let octets = read_key_file(path)?;
    match std::str::from_utf8(&octets) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(_) => Err(Failure::usage(&format!("{} is not text", path.display()))),
    }
}

/// Says which option belongs to another type.
pub(super) fn misplaced(option: &str, integration_type: IntegrationType) -> Failure {
    Failure::refused(format!("The option --{option} cannot be used with the integration type {integration_type}."))
}

/// Prints what is wrong with the settings, and gives the status to exit with.
pub(super) fn invalid(errors: &FormErrors, json: bool) -> Result<std::process::ExitCode, Failure> {
    if json {
        let errors: Vec<_> =
            errors.iter().map(|error| serde_json::json!({ "key": error.key, "message": error.message })).collect();
        output::json(&serde_json::json!({ "valid": false, "errors": errors }))?;
    } else {
        output::line(&errors.to_string())?;
    }
    Ok(INVALID.into())
}
