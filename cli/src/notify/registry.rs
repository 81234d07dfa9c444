//! Where integrations and silences are: in this machine's store, or in the fleet.

use hookseal_notifier::{
    Config, EndpointHealth, Fleet, FleetError, Integration, IntegrationId, NewIntegration, Settings, Silence, Store,
    Vault,
};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::place::locked;
use super::{PlaceArgs, cannot_use, open_store};
use crate::failure::Failure;
use crate::fleet::{self, FleetArgs};

/// The configuration, and where integrations and silences are.
#[derive(clap::Args)]
pub(crate) struct RegistryArgs {
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

impl RegistryArgs {
    /// The configuration, with what the flags and the environment say over what the file says.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        self.place.config()
    }

    /// Opens the store, or connects to the fleet where one is named.
    pub(crate) fn open(&self, config: &Config) -> Result<Registry, Failure> {
        let Some(options) = self.fleet.options(config)? else {
            return Ok(Registry::Store(open_store(config)?));
        };
        let vault = Vault::from_environment().map_err(|error| locked(&error))?;
        let runtime = crate::runtime()?;
        let fleet = runtime.block_on(fleet::reach(options, vault))?;
        Ok(Registry::Fleet(Reached { runtime, fleet }))
    }
}

pub(crate) enum Registry {
    Store(Store),
    Fleet(Reached),
}

/// A fleet whose servers have answered.
pub(crate) struct Reached {
    runtime: Runtime,
    fleet: Fleet,
}

impl Reached {
    /// Asks the fleet, and waits for what it answers.
    pub(crate) fn ask<T>(&self, question: impl AsyncFnOnce(&Fleet) -> Result<T, FleetError>) -> Result<T, Failure> {
        self.runtime.block_on(question(&self.fleet)).map_err(|error| fleet::failure(&error))
    }
}

/// The same question to the store, or to the fleet.
macro_rules! ask {
    ($registry:expr, $question:ident($($argument:expr),*)) => {
        match $registry {
            Registry::Store(store) => store.$question($($argument),*).map_err(|error| cannot_use(&error)),
            Registry::Fleet(reached) => reached.ask(async |fleet| fleet.$question($($argument),*).await),
        }
    };
}

impl Registry {
    pub(crate) fn integrations(&self) -> Result<Vec<Integration>, Failure> {
        match self {
            Registry::Store(store) => store.integrations().map_err(|error| cannot_use(&error)),
            Registry::Fleet(reached) => reached.ask(async |fleet| fleet.integrations().await?.into_iter().collect()),
        }
    }

    /// The integration of that id, or whose id begins so.
    pub(crate) fn integration(&self, id: &str) -> Result<Integration, Failure> {
        ask!(self, integration(id))
    }

    /// The whole id, also of an integration whose secrets cannot be opened.
    pub(crate) fn integration_id(&self, id: &str) -> Result<IntegrationId, Failure> {
        ask!(self, integration_id(id))
    }

    /// `partitions` are a fleet's alone.
    pub(crate) fn add_integration(
        &self,
        settings: Settings,
        partitions: Option<u32>,
        config: &Config,
    ) -> Result<Integration, Failure> {
        match (self, partitions) {
            (Registry::Store(store), None) => store.add_integration(settings).map_err(|error| cannot_use(&error)),
            (Registry::Store(_), Some(_)) => {
                Err(Failure::usage("--partitions has no meaning without --fleet nats://…"))
            }
            (Registry::Fleet(reached), partitions) => {
                let (project, environment) = (config.project.clone(), config.environment.clone());
                let new = NewIntegration { settings, partitions: partitions.unwrap_or(1), project, environment };
                reached.ask(async |fleet| fleet.add_integration(new).await)
            }
        }
    }

    pub(crate) fn update_integration(&self, id: &IntegrationId, settings: Settings) -> Result<Integration, Failure> {
        ask!(self, update_integration(id, settings))
    }

    pub(crate) fn delete_integration(&self, id: &IntegrationId) -> Result<(), Failure> {
        ask!(self, delete_integration(id))
    }

    pub(crate) fn endpoint_health(&self, id: &IntegrationId) -> Result<EndpointHealth, Failure> {
        ask!(self, endpoint_health(id))
    }

    pub(crate) fn silence(
        &self,
        service: Option<String>,
        severity: Option<hookseal_health::Line>,
        until: Timestamp,
    ) -> Result<Silence, Failure> {
        ask!(self, silence(service, severity, until))
    }

    pub(crate) fn silences(&self) -> Result<Vec<Silence>, Failure> {
        ask!(self, silences())
    }

    pub(crate) fn end_silence(&self, id: &str) -> Result<Silence, Failure> {
        ask!(self, end_silence(id))
    }

    /// Whether a service's name can be held against this machine's configuration.
    pub(crate) fn is_of_this_machine(&self) -> bool {
        matches!(self, Registry::Store(_))
    }
}
