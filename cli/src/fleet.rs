//! The fleet: its flags, which several commands share, and the way to its servers.

use std::time::Duration;

use hookseal_notifier::{Config, Fleet, FleetError, FleetOptions, NatsError, NatsOptions, Vault};

use crate::failure::Failure;
use crate::nats::{self, NatsArgs};
use crate::output;

/// How long a server is waited for by who goes on without one.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which fleet.
#[derive(clap::Args)]
#[command(next_help_heading = "Fleet")]
pub(crate) struct FleetArgs {
    /// Its NATS servers, with commas between them: nats://HOST:PORT, or tls://HOST:PORT, which insists on TLS
    #[arg(long, value_name = "SERVERS", env = "HOOKSEAL_FLEET", hide_env_values = true)]
    fleet: Option<String>,
    /// On how many servers its streams and buckets are kept, which are made where they are missing; 1 unless told, 3 where
    /// there are three
    #[arg(long, value_name = "NUMBER", value_parser = nats::replicas)]
    replicas: Option<usize>,
    #[command(flatten)]
    nats: NatsArgs,
}

impl FleetArgs {
    /// The servers, by what the flags and the environment say over what the configuration says; none without a fleet.
    pub(crate) fn options(&self, config: &Config) -> Result<Option<FleetOptions>, Failure> {
        let mut options = match (&self.fleet, &config.fleet) {
            (Some(servers), configured) => {
                let named = NatsOptions::parse(servers).map_err(|error| Failure::usage(&error))?;
                let mut options = configured.clone().unwrap_or_else(|| named.clone());
                options.servers = named.servers;
                options
            }
            (None, Some(configured)) => configured.clone(),
            (None, None) => {
                self.nats.refuse_without_nats("--fleet nats://…")?;
                return match self.replicas {
                    Some(_) => Err(Failure::usage("--replicas has no meaning without --fleet nats://…")),
                    None => Ok(None),
                };
            }
        };
        options.replicas = self.replicas.unwrap_or(options.replicas);
        self.nats.apply(&mut options)?;
        Ok(Some(FleetOptions::new(options, config)))
    }
}

/// Connects to a fleet, for a process that goes on when no server is there: it waits for a while, and says so.
pub(crate) async fn join(options: FleetOptions, vault: Vault) -> Result<Fleet, Failure> {
    let fleet = Fleet::connect(options, vault).await.map_err(|error| failure(&error))?;
    let mut connected = fleet.connected();
    let is_connected = tokio::time::timeout(PATIENCE, connected.wait_for(|connected| *connected)).await.is_ok();
    let prepared = if is_connected { fleet.prepare().await } else { Err(away(&fleet)) };
    match prepared {
        Ok(()) => {}
        // This does not go away by itself.
        Err(error @ FleetError::Nats(NatsError::Differs { .. })) => return Err(failure(&error)),
        Err(error) => output::message(&format!("{error}; it is tried on")),
    }
    Ok(fleet)
}

/// Connects to a fleet, for a command that has something to ask it.
pub(crate) async fn reach(options: FleetOptions, vault: Vault) -> Result<Fleet, Failure> {
    let fleet = Fleet::reach(options, vault).await.map_err(|error| failure(&error))?;
    fleet.prepare().await.map_err(|error| failure(&error))?;
    Ok(fleet)
}

/// No server answers a fleet, as an error that says why.
fn away(fleet: &Fleet) -> FleetError {
    let servers = fleet.options().nats.to_string();
    let reason = fleet.trouble().unwrap_or_else(|| format!("not within {} s", PATIENCE.as_secs()));
    NatsError::Away { servers, reason }.into()
}

/// What keeps a command from its fleet, in the command's words.
pub(crate) fn failure(error: &FleetError) -> Failure {
    match error {
        FleetError::NoMasterKey => {
            Failure::usage("a fleet needs a master key, so that no secret lies in its servers in the clear")
                .with_code("vault_error")
                .with_hint(
                    "Set HOOKSEAL_MASTER_KEY_FILE, or HOOKSEAL_MASTER_KEY, to the same 32 octets in base64 everywhere; \
                 `openssl rand -base64 32` makes them.",
                )
        }
        FleetError::NotFound(missing) => Failure::refused(missing.to_string()).with_code("not_found"),
        FleetError::Vault(_) => Failure::usage(error).with_code("vault_error"),
        FleetError::Nats(NatsError::Server { .. } | NatsError::File { .. }) => Failure::usage(error),
        FleetError::OwnIntegrations { .. } => Failure::refused(error.to_string()).with_code("own_integrations"),
        other => Failure::io(other.to_string(), 1).with_code("fleet_error"),
    }
}
