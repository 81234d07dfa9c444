//! From the file's sections to a configuration. What one value can say of itself is checked in `units`.

use std::collections::HashMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookseal_health::Thresholds;
use serde::Deserialize;
use toml::Spanned;

use super::units::{Address, Hidden, HttpUrl, Interval, Name, Timeout, parse_network};
use super::{Config, ConfigError, ConfigText, DeliverySettings, Retention, Service, Smtp, SmtpTls, Watched};
use crate::integration::{RecipientGroups, check_address, check_sender};
use crate::secret::Secret;

const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// A file with a secret is shorter.
const LONGEST_SECRET: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    project: Option<Name>,
    environment: Option<Name>,
    interval: Option<Interval>,
    thresholds: Option<Thresholds>,
    store: Option<Spanned<String>>,
    listen: Option<Address>,
    token: Option<Spanned<Hidden>>,
    token_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    allow_network: Vec<Spanned<String>>,
    proxy: Option<Spanned<HttpUrl>>,
    heartbeat: Option<HttpUrl>,
    #[serde(default)]
    service: Vec<Spanned<ServiceSection>>,
    smtp: Option<Spanned<SmtpSection>>,
    #[serde(default)]
    slack: Api,
    #[serde(default)]
    pagerduty: Api,
    #[cfg(feature = "nats")]
    fleet: Option<Spanned<super::fleet::Section>>,
    delivery: Option<Spanned<DeliverySettings>>,
    #[serde(default)]
    retention: Retention,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    api_url: Option<HttpUrl>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceSection {
    name: Option<Spanned<Name>>,
    path: Option<Spanned<String>>,
    command: Option<Spanned<Vec<String>>>,
    timeout: Option<Timeout>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SmtpSection {
    host: Option<Spanned<String>>,
    port: Option<Spanned<u16>>,
    #[serde(default)]
    tls: SmtpTls,
    username: Option<Spanned<String>>,
    password: Option<Spanned<Hidden>>,
    password_file: Option<Spanned<PathBuf>>,
    from: Option<Spanned<String>>,
    #[serde(default)]
    admins: Vec<Spanned<String>>,
    #[serde(default)]
    viewers: Vec<Spanned<String>>,
}

pub(super) fn parse(text: &str) -> Result<Config, ConfigError> {
    read(text, Path::new(""))
}

pub(super) fn read(text: &str, folder: &Path) -> Result<Config, ConfigError> {
    let reader = Reader { text: ConfigText(text), folder };
    let file: File = toml::from_str(text).map_err(|error| reader.text.read_error(0..0, &error))?;
    reader.config(file)
}

struct Reader<'a> {
    text: ConfigText<'a>,
    folder: &'a Path,
}

impl Reader<'_> {
    fn config(&self, file: File) -> Result<Config, ConfigError> {
        let unless_told = Config::default();
        Ok(Config {
            project: file.project.map_or(unless_told.project, |Name(name)| name),
            environment: file.environment.map_or(unless_told.environment, |Name(name)| name),
            interval: file.interval.map_or(unless_told.interval, |Interval(interval)| interval),
            thresholds: file.thresholds.unwrap_or_default(),
            store: file.store.map(|store| self.store(store)).transpose()?,
            listen: file.listen.map(|Address(address)| address),
            token: self.secret("token", file.token, file.token_file)?,
            allow_network: file.allow_network.iter().map(|network| self.network(network)).collect::<Result<_, _>>()?,
            proxy: file.proxy.map(|proxy| self.proxy(proxy)).transpose()?,
            heartbeat: file.heartbeat.map(|HttpUrl(url)| url),
            services: self.services(file.service)?,
            smtp: file.smtp.map(|smtp| self.smtp(smtp)).transpose()?,
            slack_api_url: file.slack.api_url.map(|HttpUrl(url)| url),
            pagerduty_api_url: file.pagerduty.api_url.map(|HttpUrl(url)| url),
            #[cfg(feature = "nats")]
            fleet: file.fleet.map(|fleet| super::fleet::options(fleet, &self.text, self.folder)).transpose()?,
            delivery: file.delivery.map_or(Ok(unless_told.delivery), |delivery| self.delivery(delivery))?,
            retention: file.retention,
        })
    }

    /// `sqlite:FILE`, or a path.
    fn store(&self, store: Spanned<String>) -> Result<PathBuf, ConfigError> {
        let (at, store) = (store.span(), store.into_inner());
        match store.strip_prefix("sqlite:").unwrap_or(&store) {
            "" => {
                Err(self.error(at, "the store has no name").with_hint("Give a file, such as store = \"hookseal.db\"."))
            }
            path => Ok(self.folder.join(path)),
        }
    }

    fn network(&self, text: &Spanned<String>) -> Result<ipnet::IpNet, ConfigError> {
        parse_network(text.get_ref()).map_err(|message| self.error(text.span(), message))
    }

    fn proxy(&self, proxy: Spanned<HttpUrl>) -> Result<url::Url, ConfigError> {
        let (at, HttpUrl(url)) = (proxy.span(), proxy.into_inner());
        match url.path() {
            "" | "/" => Ok(url),
            _ => Err(self
                .error(at, "a proxy's URL has no path")
                .with_hint("Give one such as http://proxy.example:3128.")),
        }
    }

    fn services(&self, sections: Vec<Spanned<ServiceSection>>) -> Result<Vec<Service>, ConfigError> {
        let mut places = HashMap::with_capacity(sections.len());
        let mut services = Vec::with_capacity(sections.len());
        for section in sections {
            let at = section.span();
            let section = section.into_inner();
            let Some(name) = section.name else {
                return Err(self.error(at, "the service has no name").with_hint("Begin it with name = \"database\"."));
            };
            let name_at = name.span();
            let Name(name) = name.into_inner();
            if let Some(first) = places.insert(name.clone(), name_at.start) {
                let (line, _) = self.text.place(first);
                let message = format!("{name:?} is the name of another service already, in line {line}");
                return Err(self.error(name_at, message).with_hint("Give each service a name of its own."));
            }
            let watched = self.watched(&name, at, section.path, section.command)?;
            let timeout = section.timeout.map_or(PROBE_TIMEOUT, |Timeout(timeout)| timeout);
            services.push(Service { name, watched, timeout });
        }
        Ok(services)
    }

    fn watched(
        &self,
        name: &str,
        at: Range<usize>,
        path: Option<Spanned<String>>,
        command: Option<Spanned<Vec<String>>>,
    ) -> Result<Watched, ConfigError> {
        match (path, command) {
            (Some(path), None) => self.path(path),
            (None, Some(command)) => self.command(command),
            (None, None) => Err(self
                .error(at, format!("the service {name:?} has neither path nor command"))
                .with_hint("Give it a path on its disk, such as path = \"/var/lib/mysql\", or a command that prints its figures.")),
            (Some(_), Some(command)) => Err(self
                .error(command.span(), format!("the service {name:?} has both path and command"))
                .with_hint("Remove one of them; a second service can have the other.")),
        }
    }

    fn path(&self, path: Spanned<String>) -> Result<Watched, ConfigError> {
        let (at, path) = (path.span(), path.into_inner());
        if !Path::new(&path).is_absolute() || path.contains('\0') {
            let message = format!("{path:?} is no absolute path");
            return Err(self
                .error(at, message)
                .with_hint("A service's path begins with /, wherever the notifier is started."));
        }
        Ok(Watched::Path(path.into()))
    }

    /// A program that is named with a slash is found beside the file, any other in `PATH`.
    fn command(&self, command: Spanned<Vec<String>>) -> Result<Watched, ConfigError> {
        let (at, mut argv) = (command.span(), command.into_inner());
        let Some(program) = argv.first_mut().filter(|program| !program.is_empty()) else {
            return Err(self.error(at, "the command is empty").with_hint(
                "Give the program and its arguments, such as command = [\"/usr/local/bin/usage\", \"db\"].",
            ));
        };
        if program.contains('/') {
            *program = self.folder.join(&*program).to_string_lossy().into_owned();
        }
        Ok(Watched::Command(argv))
    }

    fn smtp(&self, section: Spanned<SmtpSection>) -> Result<Smtp, ConfigError> {
        let at = section.span();
        let section = section.into_inner();
        let Some(host) = section.host else {
            return Err(self.error(at, "the mail server has no host").with_hint("Give host = \"smtp.example.com\"."));
        };
        if host.get_ref().is_empty() || host.get_ref().contains([':', '/', ' ']) {
            return Err(self
                .error(host.span(), format!("{:?} is no host's name", host.get_ref()))
                .with_hint("Give the name alone; port and tls are keys of their own."));
        }
        let password = self.secret("password", section.password, section.password_file)?;
        if section.username.is_some() != password.is_some() {
            let (there, missing) = if password.is_some() { ("password", "username") } else { ("username", "password") };
            let message = format!("the mail server has a {there} and no {missing}");
            return Err(self
                .error(at, message)
                .with_hint("Give username and password_file (or password), or neither."));
        }
        if let Some(port) = section.port.as_ref().filter(|port| *port.get_ref() == 0) {
            return Err(self.error(port.span(), "0 is no port"));
        }
        if let Some(from) = &section.from {
            check_sender(from.get_ref()).map_err(|error| self.error(from.span(), error.to_string()))?;
        }
        for address in section.admins.iter().chain(&section.viewers) {
            check_address(address.get_ref()).map_err(|error| self.error(address.span(), error.to_string()))?;
        }
        let addresses = |spanned: Vec<Spanned<String>>| spanned.into_iter().map(Spanned::into_inner).collect();
        let usual = match section.tls {
            SmtpTls::Starttls => 587,
            SmtpTls::Implicit => 465,
            SmtpTls::None => 25,
        };
        Ok(Smtp {
            host: host.into_inner(),
            port: section.port.map_or(usual, Spanned::into_inner),
            tls: section.tls,
            username: section.username.map(Spanned::into_inner),
            password,
            from: section.from.map(Spanned::into_inner),
            groups: RecipientGroups { admins: addresses(section.admins), viewers: addresses(section.viewers) },
        })
    }

    fn delivery(&self, section: Spanned<DeliverySettings>) -> Result<DeliverySettings, ConfigError> {
        let (at, delivery) = (section.span(), section.into_inner());
        if delivery.first_delay > delivery.longest_delay {
            let message = format!(
                "first_delay ({:?}) is longer than longest_delay ({:?})",
                delivery.first_delay, delivery.longest_delay
            );
            return Err(self.error(at, message).with_hint("The delay grows from the first to the longest."));
        }
        Ok(delivery)
    }

    /// A secret that stands here, or in a file of its own.
    fn secret(
        &self,
        key: &str,
        here: Option<Spanned<Hidden>>,
        file: Option<Spanned<PathBuf>>,
    ) -> Result<Option<Secret>, ConfigError> {
        match (here, file) {
            (None, None) => Ok(None),
            (Some(here), None) => {
                let (at, Hidden(secret)) = (here.span(), here.into_inner());
                if secret.expose().is_empty() {
                    Err(self.error(at, format!("the {key} is empty")))
                } else {
                    Ok(Some(secret))
                }
            }
            (None, Some(file)) => {
                let path = self.folder.join(file.get_ref());
                let failed = |why: &str| self.error(file.span(), format!("cannot read {}: {why}", path.display()));
                let secret = read_secret(&path).map_err(|error| failed(&error.to_string()))?;
                if secret.expose().is_empty() { Err(failed("it is empty")) } else { Ok(Some(secret)) }
            }
            (Some(_), Some(file)) => Err(self
                .error(file.span(), format!("there is both {key} and {key}_file"))
                .with_hint("Remove one of them.")),
        }
    }

    fn error(&self, at: Range<usize>, message: impl Into<String>) -> ConfigError {
        self.text.error(at, message)
    }
}

/// The file's text without the newline at its end.
fn read_secret(path: &Path) -> std::io::Result<Secret> {
    let mut text = String::with_capacity(LONGEST_SECRET as usize + 1); // one that grows leaves copies behind
    std::fs::File::open(path)?.take(LONGEST_SECRET + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_SECRET {
        return Err(std::io::Error::other("it is too long to be a secret"));
    }
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LINE:COLUMN: message (hint)`.
    fn refused(text: &str) -> String {
        let error = Config::parse(text).expect_err(text);
        format!("{error} ({})", error.hint.as_deref().unwrap_or_default())
    }

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(
            r##"
            project = "shop"
            environment = "staging"
            interval = "1s"
            thresholds = "percent-or-bytes"
            store = "sqlite:state/hookseal.db"
            listen = "localhost:8788"
            token = "0123456789abcdef"
            allow_network = ["10.0.0.0/8", "::1"]
            proxy = "http://proxy.example:3128"
            heartbeat = "https://hc.example/ping/1"
            [[service]]
            name = "app"
            path = "/srv"
            [[service]]
            name = "db"
            command = ["./usage", "db"]
            timeout = "30s"
            [smtp]
            host = "mail.example"
            username = "u"
            password = "p"
            from = "alerts@example.com"
            [slack]
            api_url = "http://127.0.0.1:1/api/"
            [pagerduty]
            api_url = "https://events.eu.pagerduty.com/"
            [delivery]
            first_delay = "1s"
            give_up_after = "4d"
            concurrency = 8
            [retention]
            history = "7d"
            "##,
        )
        .unwrap();
        assert_eq!((config.project.as_str(), config.environment.as_str()), ("shop", "staging"));
        assert_eq!((config.interval, config.thresholds), (Duration::from_secs(1), Thresholds::PercentOrBytes));
        assert_eq!(config.store, Some("state/hookseal.db".into()));
        assert_eq!(config.listen, Some(([127, 0, 0, 1], 8788).into()));
        assert_eq!(config.token.unwrap().expose(), "0123456789abcdef");
        assert_eq!(config.allow_network, ["10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()));
        assert_eq!(config.services[0].watched, Watched::Path("/srv".into()));
        assert_eq!(config.services[0].timeout, PROBE_TIMEOUT);
        assert_eq!(config.services[1].watched, Watched::Command(vec!["./usage".into(), "db".into()]));
        assert_eq!(config.services[1].timeout, Duration::from_secs(30));
        let smtp = config.smtp.unwrap();
        assert_eq!((smtp.port, smtp.tls), (587, SmtpTls::Starttls));
        assert_eq!(config.slack_api_url.unwrap().as_str(), "http://127.0.0.1:1/api/");
        assert_eq!(config.delivery.first_delay, Duration::from_secs(1));
        assert_eq!(config.delivery.longest_delay, Duration::from_secs(300));
        assert_eq!(config.retention.history, Duration::from_secs(7 * 86_400));
    }

    #[test]
    fn nothing_is_needed() {
        let config = Config::parse("").unwrap();
        assert_eq!((config.environment.as_str(), config.interval), ("main", Duration::from_secs(300)));
        assert!(!config.project.is_empty() && config.services.is_empty());
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("a =", "1:4: "),
            ("\nintervall = \"5m\"", "2:1: unknown key \"intervall\" (Did you mean `interval`?)"),
            ("interval = \"0s\"", "1:12: \"0s\" is too short: give at least 1s ()"),
            ("interval = 300", "1:12: a time is text"),
            ("thresholds = \"strict\"", "1:14: unknown thresholds \"strict\": expected percent or percent-or-bytes"),
            ("thresholds = 20", "1:14: "),
            ("listen = \"8788\"", "1:10: \"8788\" is no address and port"),
            ("allow_network = [\"10.0.0.0/8\", \"10.0.0.0/33\"]", "1:32: \"10.0.0.0/33\" is no network"),
            ("heartbeat = \"ftp://x/\"", "1:13: a URL here begins with http:// or https://, not with ftp:"),
            ("token = 12345678901234567", "1:9: this is text, in quotes"),
            ("token = \"a\"\ntoken_file = \"b\"", "2:14: there is both token and token_file"),
            ("[smtp]\nhost = \"m\"\nusername = \"u\"", "1:1: the mail server has a username and no password"),
            ("[smtp]\nhost = \"smtp://m\"", "2:8: \"smtp://m\" is no host's name"),
            ("[smtp]\nhost = \"m\"\ntls = \"off\"", "3:7: "),
            ("[delivery]\nfirst_delay = \"10m\"", "1:1: first_delay (600s) is longer than longest_delay (300s)"),
            ("[delivery]\nconcurrency = 0", "2:15: 0 is out of range: give a number from 1 to 4096"),
            ("[delivery]\ntimeot = \"5s\"", "2:1: unknown key \"timeot\" (Did you mean `timeout`?)"),
            ("[retention]\nhistory = \"\"", "2:11: \"\" is no time"),
            ("store = \"sqlite:\"", "1:9: the store has no name"),
        ] {
            let said = refused(text);
            assert!(said.starts_with(expected), "{text}\n{said}");
        }
    }

    #[test]
    fn services_that_cannot_be_watched_are_refused() {
        let service = |rest: &str| refused(&format!("[[service]]\n{rest}"));
        for (rest, expected) in [
            ("path = \"/\"", "1:1: the service has no name"),
            ("name = \"a\"", "1:1: the service \"a\" has neither path nor command"),
            ("name = \"a\"\npath = \"/\"\ncommand = [\"x\"]", "4:11: the service \"a\" has both path and command"),
            ("name = \"a\"\npath = \"srv\"", "3:8: \"srv\" is no absolute path"),
            ("name = \"a\"\ncommand = []", "3:11: the command is empty"),
            ("name = \"a\"\ncommand = \"df /\"", "3:11: "),
            ("name = \" \"\npath = \"/\"", "2:8: the name is empty"),
            ("name = \"a\\nb\"\npath = \"/\"", "2:8: a name has no control characters"),
            (
                "name = \"a\"\npath = \"/\"\n[[service]]\nname = \"a\"",
                "5:8: \"a\" is the name of another service already, in line 2",
            ),
            ("name = \"a\"\npth = \"/\"", "3:1: unknown key \"pth\" (Did you mean `path`?)"),
        ] {
            let said = service(rest);
            assert!(said.starts_with(expected), "{rest}\n{said}");
        }
    }

    #[test]
    fn no_error_repeats_a_secret() {
        for text in ["heartbeat = \"https//hc/SECRET\"", "[smtp]\nhost = \"m\"\npassword = [\"SECRET\"]"] {
            assert!(!refused(text).contains("SECRET"), "{}", refused(text));
        }
    }
}
