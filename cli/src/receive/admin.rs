//! Who may use what is below `/_hookseal/`, and where.

use std::net::SocketAddr;

use hookseal_receiver::Builder;

use super::address;
use crate::failure::Failure;

/// The page and the API below `/_hookseal/`.
#[derive(clap::Args)]
#[command(next_help_heading = "Page and API")]
pub(crate) struct AdminArgs {
    /// What the page and the API below /_hookseal/ ask for (Authorization: Bearer TOKEN); without one they are for this
    /// machine only
    #[arg(long, value_name = "TOKEN", env = "HOOKSEAL_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<String>,
    /// Put /_hookseal/ on an address of its own
    #[arg(long, value_name = "ADDRESS", env = "HOOKSEAL_ADMIN_LISTEN", value_parser = address)]
    admin_listen: Option<SocketAddr>,
    /// Keep the values of Authorization and Cookie headers, which are redacted unless told
    #[arg(long)]
    keep_credentials: bool,
}

impl AdminArgs {
    /// An address that is for nothing else must be of use to somebody.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.admin_listen {
            Some(address) if self.token.is_none() && !address.ip().to_canonical().is_loopback() => {
                let message =
                    format!("--admin-listen {address} can be reached from elsewhere, and there is no --token");
                Err(Failure::usage(&message).with_hint(
                    "Give --token TOKEN or HOOKSEAL_TOKEN, or an address of this machine alone: 127.0.0.1:PORT.",
                ))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn apply(&self, builder: Builder) -> Builder {
        let mut builder = builder.keep_credentials(self.keep_credentials);
        if let Some(token) = &self.token {
            builder = builder.token(token);
        }
        match self.admin_listen {
            Some(address) => builder.admin_listen(address),
            None => builder,
        }
    }
}

/// What an HTTP header and a cookie can carry as it is (RFC 6265 §4.1.1).
fn token(text: &str) -> Result<String, String> {
    match text.bytes().all(|octet| octet.is_ascii_graphic() && !b"\",;\\".contains(&octet)) {
        true => Ok(text.to_owned()),
        false => Err("a token has letters, digits and signs of ASCII, but no spaces and none of \" , ; \\".to_owned()),
    }
}
