#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[allow(dead_code, reason = "the daemon's parts, which use it, are being added")]
mod channel;
mod config;
mod daemon;
#[allow(dead_code, unused_imports, reason = "the daemon, which uses it, is being added")]
mod deliver;
#[allow(dead_code, reason = "the daemon's parts, which use it, are being added")]
mod integration;
mod message;
mod probe;
#[allow(dead_code, reason = "the daemon's parts, which use it, are being added")]
mod round;
mod secret;
#[allow(dead_code, reason = "the daemon's parts, which use it, are being added")]
mod store;

pub use channel::{
    ChannelError, ChannelOptions, Channels, Exchange, Forbidden, Invalid, NetworkGuard, Outcome, Pace, Sent,
};
pub use config::{
    Config, ConfigError, ConfigFileError, ConfigText, DeliverySettings, Retention, Service, Smtp, SmtpTls, Watched,
    parse_duration, parse_network,
};
pub use integration::{
    Form, FormError, FormErrors, Integration, IntegrationId, IntegrationType, RecipientGroups, Settings, SettingsError,
    SharedKey, UnknownIntegrationType, UnusableAddress, UnusableId, UnusableUrl, WebhookUrl,
};
pub use message::{
    Content, Message, MessageError, Notice, NoticeKind, NoticePayload, Welcome, WelcomeKind, WelcomePayload,
};
pub use probe::{Discovered, Figures, Probed, Prober, discover};
pub use secret::{MasterKey, Secret, Vault, VaultError};
pub use store::{
    Activity, ActivityDetail, ActivityFilter, ActivityParameters, ActivityResult, ActivityState, Attempt, DaemonLock,
    EndpointHealth, HistoryPoint, LastRound, NotFound, ResourceStatus, Silence, Store, StoreError,
};
