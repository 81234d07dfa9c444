#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod api;
mod channel;
mod config;
mod daemon;
mod deliver;
#[cfg(feature = "nats")]
mod fleet;
mod integration;
mod message;
mod probe;
mod round;
mod secret;
mod store;

pub use api::Dashboard;
pub use channel::{
    ChannelError, ChannelOptions, Channels, Exchange, Forbidden, Invalid, NetworkGuard, Outcome, Pace, Sent,
};
pub use config::{
    Config, ConfigError, ConfigFileError, ConfigText, DeliverySettings, Retention, Service, Smtp, SmtpTls, Watched,
    parse_duration, parse_network,
};
pub use daemon::{Builder, DeliveryCounts, Notifier, StartError, Status};
pub use deliver::{Arrival, Attempted};
#[cfg(feature = "nats")]
pub use fleet::{
    AttemptFilter, DeadLetter, Fleet, FleetActivity, FleetAttempt, FleetError, FleetHost, FleetOptions, Lag, NatsError,
    NatsOptions, NewIntegration, Revive, Worker, WorkerBuilder, WorkerServer, WorkerStatus,
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
    EndpointHealth, HistoryPoint, LastRound, NotFound, Outstanding, Overview, Redeliver, ResourceStatus, Silence,
    Store, StoreError,
};
