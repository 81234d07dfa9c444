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
    #[arg(long, value_name = "TOKEN", env = "HOOKSEAL_TOKEN", hide_env_values = true)]
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
    pub(crate) fn check(&self, listen: SocketAddr) -> Result<(), Failure> {
        // Not clap's to judge: it would print the token.
        if let Some(token) = &self.token {
            check_token(token, self.admin_listen.unwrap_or(listen))?;
        }
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

/// In octets, where strangers can try tokens.
const SHORTEST_TOKEN: usize = 16;

/// Refuses a token that a header or a cookie cannot carry as it is (RFC 6265 §4.1.1), or that could be guessed from
/// elsewhere. The failure does not show the token.
pub(crate) fn check_token(token: &str, address: SocketAddr) -> Result<(), Failure> {
    if !token.bytes().all(|octet| octet.is_ascii_graphic() && !b"\",;\\".contains(&octet)) {
        return Err(Failure::usage(&"the value of --token (or HOOKSEAL_TOKEN, or `token`) cannot be sent in a header")
            .with_hint("A token has letters, digits and signs of ASCII, but no spaces and none of \" , ; \\"));
    }
    let is_short = !token.is_empty() && token.len() < SHORTEST_TOKEN;
    if is_short && !address.ip().to_canonical().is_loopback() {
        let message = format!(
            "the token is shorter than {SHORTEST_TOKEN} characters, and {address} can be reached from elsewhere"
        );
        return Err(Failure::usage(&message).with_hint("Make a long one: openssl rand -hex 32"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_judged_without_being_shown() {
        let check = |token: &str, address: &str| check_token(token, address.parse().unwrap());
        assert!(check("s3cret", "127.0.0.1:1").is_ok() && check("0123456789abcdef", "0.0.0.0:1").is_ok());
        for (token, address) in [("my secret", "127.0.0.1:1"), ("secret;", "[::1]:1"), ("secret", "0.0.0.0:1")] {
            assert!(check(token, address).is_err(), "{token}");
        }
    }
}
