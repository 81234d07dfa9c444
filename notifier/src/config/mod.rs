//! What `hookseal.toml` says.

mod error;
mod file;
#[cfg(feature = "nats")]
mod fleet;
mod text;
mod units;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookseal_health::Thresholds;
use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use crate::integration::RecipientGroups;
use crate::secret::Secret;

pub use error::{ConfigError, ConfigFileError};
pub use text::ConfigText;
pub use units::{parse_duration, parse_network};

/// What a notifier is to do: what to watch, how often, and by which ways messages leave.
///
/// Every key may be left out. Relative paths are those of the file's folder.
///
/// ```
/// let config = hookseal_notifier::Config::parse(r#"
///     project = "shop"
///     interval = "1m"
///
///     [[service]]
///     name = "database"
///     path = "/var/lib/postgresql"
/// "#)?;
/// assert_eq!(config.services[0].name, "database");
///
/// let error = hookseal_notifier::Config::parse("interval = \"1 minite\"").unwrap_err();
/// assert_eq!((error.line, error.column), (1, 12));
/// # Ok::<_, hookseal_notifier::ConfigError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Which project the notifications are of; the machine's name unless told.
    pub project: String,
    /// Which environment of it; `main` unless told.
    pub environment: String,
    /// The time between two rounds, at least a second; five minutes unless told.
    pub interval: Duration,
    /// Where the lines are.
    pub thresholds: Thresholds,
    /// The store's file.
    pub store: Option<PathBuf>,
    /// The dashboard's address; none unless told.
    pub listen: Option<SocketAddr>,
    /// What the dashboard asks for.
    pub token: Option<Secret>,
    /// Networks that webhooks may be in although they are not public.
    pub allow_network: Vec<IpNet>,
    /// The proxy that every channel but e-mail goes through.
    pub proxy: Option<Url>,
    /// What is called after each round.
    pub heartbeat: Option<Url>,
    /// What is watched.
    pub services: Vec<Service>,
    /// The mail server.
    pub smtp: Option<Smtp>,
    /// Slack's API, where it is not `https://slack.com/api/`.
    pub slack_api_url: Option<Url>,
    /// PagerDuty's Events API, where it is not `https://events.pagerduty.com/`.
    pub pagerduty_api_url: Option<Url>,
    /// The servers of the fleet that this machine belongs to.
    #[cfg(feature = "nats")]
    pub fleet: Option<hookseal_nats::NatsOptions>,
    /// How deliveries are tried.
    pub delivery: DeliverySettings,
    /// For how long what has been is kept.
    pub retention: Retention,
}

/// Something with a disk of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// How notifications call it. No two services share a name.
    pub name: String,
    /// Where its figures come from.
    pub watched: Watched,
    /// How long measuring may take; five seconds unless told.
    pub timeout: Duration,
}

/// Where a service's figures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The file system that an absolute path is on, whatever its kind.
    Path(PathBuf),
    /// A program and its arguments. It prints
    /// `{"available":BYTES,"total":BYTES,"inodes_available":N,"inodes_total":N}`; the last two may be left out.
    Command(Vec<String>),
}

/// `[smtp]`: the mail server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port; 465, 587 or 25 unless told, as `tls` has it.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Who we are.
    pub username: Option<String>,
    /// How we show it.
    pub password: Option<Secret>,
    /// The sender of messages whose integration names none.
    pub from: Option<String>,
    /// Who `#admins` and `#viewers` are: the keys `admins` and `viewers`, lists of addresses.
    pub groups: RecipientGroups,
}

/// How the connection to a mail server is protected. Certificates are always verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// STARTTLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first octet.
    Implicit,
    /// None at all: for a mail server on this machine.
    None,
}

/// `[delivery]`: how deliveries are tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliverySettings {
    /// The longest wait before the second attempt; each further one doubles it. The actual wait is drawn between nothing and that.
    #[serde(deserialize_with = "units::some_time")]
    pub first_delay: Duration,
    /// Where the doubling ends.
    #[serde(deserialize_with = "units::some_time")]
    pub longest_delay: Duration,
    /// For how long a delivery is tried.
    #[serde(deserialize_with = "units::some_time")]
    pub give_up_after: Duration,
    /// How long one attempt may take, from the connection to the end of the answer.
    #[serde(deserialize_with = "units::exchange")]
    pub timeout: Duration,
    /// Attempts at a time, to all integrations together.
    #[serde(deserialize_with = "units::concurrency")]
    pub concurrency: usize,
    /// Attempts a second to an endpoint that has just come back.
    #[serde(deserialize_with = "units::rate")]
    pub recovery_rate: u32,
    /// An endpoint that fails for so long is paused.
    #[serde(deserialize_with = "units::some_time")]
    pub pause_after: Duration,
}

/// `[retention]`: for how long what has been is kept. What is not delivered is kept in any case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Retention {
    /// Samples, for the plots.
    #[serde(deserialize_with = "units::some_time")]
    pub history: Duration,
    /// Events, and their deliveries and attempts.
    #[serde(deserialize_with = "units::some_time")]
    pub activities: Duration,
}

impl Config {
    /// Reads a configuration. Relative paths stay as they are.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and what to do about it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        file::parse(text)
    }

    /// Reads a configuration file, and the files that it names. Relative paths in it are those of its folder.
    ///
    /// # Errors
    /// Where a file cannot be read, or the configuration is not sound.
    pub fn read(path: &Path) -> Result<Self, ConfigFileError> {
        let unreadable = |source| ConfigFileError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file::read(&text, folder).map_err(|source| ConfigFileError::Invalid { path: path.to_owned(), source })
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            project: machine_name(),
            environment: "main".to_owned(),
            interval: Duration::from_secs(5 * 60),
            thresholds: Thresholds::default(),
            store: None,
            listen: None,
            token: None,
            allow_network: Vec::new(),
            proxy: None,
            heartbeat: None,
            services: Vec::new(),
            smtp: None,
            slack_api_url: None,
            pagerduty_api_url: None,
            #[cfg(feature = "nats")]
            fleet: None,
            delivery: DeliverySettings::default(),
            retention: Retention::default(),
        }
    }
}

/// Without the URLs: a proxy's holds a password, and a heartbeat's is one.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { project, environment, store, services, smtp, .. } = self;
        let mut config = f.debug_struct("Config");
        config.field("project", project).field("environment", environment).field("store", store);
        config.field("services", services).field("smtp", smtp).finish_non_exhaustive()
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        DeliverySettings {
            first_delay: Duration::from_secs(5),
            longest_delay: Duration::from_secs(5 * 60),
            give_up_after: 2 * DAY,
            timeout: Duration::from_secs(10),
            concurrency: 512,
            recovery_rate: 50,
            pause_after: 5 * DAY,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Retention { history: 30 * DAY, activities: 90 * DAY }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
