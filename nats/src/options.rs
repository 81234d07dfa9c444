//! How servers are reached, and how to show them who we are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use url::Url;

use crate::NatsError;

/// The longest wait between two tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The servers of a cluster, and how to show them who we are. Its `Debug` shows no password.
#[derive(Clone)]
#[non_exhaustive]
pub struct NatsOptions {
    /// Any of the cluster's servers; the others make themselves known.
    pub servers: Vec<ServerAddr>,
    /// Certificates (PEM) of who has signed the servers' ones, beside those that the system trusts.
    pub ca: Option<PathBuf>,
    /// A certificate (PEM) that shows who we are, and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// A credentials file (`.creds`), as `nsc` makes it.
    pub credentials: Option<PathBuf>,
    /// How we are called in the servers' lists of connections.
    pub name: String,
    /// On how many servers a stream is kept that is made because it is missing: 1, 3 or 5.
    pub replicas: usize,
}

impl NatsOptions {
    /// Servers as they are written on a command line: one or several, with commas between them.
    ///
    /// `nats://host:port`, `tls://host:port` (which insists on TLS), or `host:port`; the port is 4222 unless told. A user
    /// and a password may stand in the first one.
    ///
    /// ```
    /// use hookseal_nats::NatsOptions;
    ///
    /// let options = NatsOptions::parse("nats://agent:secret@a.example,b.example:4223")?;
    /// assert_eq!(options.to_string(), "nats://a.example:4222,nats://b.example:4223");
    /// assert_eq!(
    ///     NatsOptions::parse("http://a.example").unwrap_err().to_string(),
    ///     "`http://a.example` is no NATS server: give nats://HOST:PORT, tls://HOST:PORT or HOST:PORT",
    /// );
    /// # Ok::<(), hookseal_nats::NatsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Server` where one of them is none.
    pub fn parse(servers: &str) -> Result<Self, NatsError> {
        let servers = servers.split(',').map(|server| parse_server(server.trim())).collect::<Result<_, _>>()?;
        Ok(NatsOptions {
            servers,
            ca: None,
            certificate: None,
            credentials: None,
            name: format!("hookseal {}", env!("CARGO_PKG_VERSION")),
            replicas: 1,
        })
    }

    pub(crate) fn connect_options(&self) -> Result<ConnectOptions, NatsError> {
        let mut options = ConnectOptions::new()
            .name(&self.name)
            .connection_timeout(Duration::from_secs(5))
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|tries| {
                let tries = u32::try_from(tries).unwrap_or(u32::MAX);
                // Not at once even the first time: a server that refuses us must not be asked without a pause.
                Duration::from_millis(50).saturating_mul(tries.max(1)).min(LONGEST_PAUSE)
            });
        let named = self.servers.iter().find(|server| server.has_user_pass());
        if let Some((user, password)) = named.and_then(|server| Some((server.username()?, server.password()?))) {
            options = options.user_and_password(user.to_owned(), password.to_owned());
        }
        if let Some(path) = &self.credentials {
            options = options.credentials(&read(path)?).map_err(|error| unusable(path, &error.to_string()))?;
        }
        if let Some(path) = &self.ca {
            read(path)?;
            options = options.add_root_certificates(path.clone());
        }
        if let Some((certificate, key)) = &self.certificate {
            read(certificate)?;
            read(key)?;
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok(options)
    }
}

/// The servers, without user and password.
impl fmt::Display for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, server) in self.servers.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{}://{}:{}", server.scheme(), server.host(), server.port())?;
        }
        Ok(())
    }
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NatsOptions { ca, certificate, credentials, name, replicas, .. } = self;
        f.debug_struct("NatsOptions")
            .field("servers", &self.to_string())
            .field("ca", ca)
            .field("certificate", certificate)
            .field("credentials", credentials)
            .field("name", name)
            .field("replicas", replicas)
            .finish()
    }
}

fn parse_server(text: &str) -> Result<ServerAddr, NatsError> {
    let server = if text.contains("://") { Url::parse(text).ok() } else { Url::parse(&format!("nats://{text}")).ok() };
    let usable = server.filter(|url| {
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        matches!(url.scheme(), "nats" | "tls") && url.has_host() && is_bare
    });
    let usable = usable.and_then(|url| ServerAddr::from_url(url).ok());
    usable.ok_or_else(|| NatsError::Server { given: without_password(text) })
}

/// What stands before an `@` may be a password, in whatever else is wrong.
fn without_password(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://"));
            format!("{}…@{host}", scheme.unwrap_or_default())
        }
        None => text.to_owned(),
    }
}

fn read(path: &Path) -> Result<String, NatsError> {
    std::fs::read_to_string(path).map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Path, reason: &str) -> NatsError {
    NatsError::File { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_server_is_named_without_its_password() {
        for (given, shown) in [
            ("", "``"),
            ("nats://", "`nats://`"),
            ("ws://a", "`ws://a`"),
            ("nats://a/stream", "`nats://a/stream`"),
            ("nats://agent:secret@:4222", "`nats://…@:4222`"),
            ("agent:secret@a:port", "`…@a:port`"),
        ] {
            let error = NatsOptions::parse(given).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{shown} is no NATS server")), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let options = NatsOptions::parse("tls://agent:secret@a.example, 127.0.0.1:4223").unwrap();
        assert_eq!(options.to_string(), "tls://a.example:4222,nats://127.0.0.1:4223");
        assert!(!format!("{options:?}").contains("secret"), "{options:?}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let mut options = NatsOptions::parse("a.example").unwrap();
        options.credentials = Some("no/such.creds".into());
        let error = options.connect_options().unwrap_err().to_string();
        assert!(error.starts_with("no/such.creds cannot be used: "), "{error}");
    }
}
