use std::sync::Arc;

use crate::{IntegrationId, MessageError, NotFound, SettingsError, StoreError, VaultError};

/// What went wrong between here and the fleet.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The secrets of integrations would lie in the fleet's servers as they are.
    #[error(
        "a fleet needs a master key, so that no secret lies in its servers in the clear: set HOOKSEAL_MASTER_KEY, or \
         HOOKSEAL_MASTER_KEY_FILE, to the same 32 octets in base64 everywhere (`openssl rand -base64 32` makes them)"
    )]
    NoMasterKey,
    /// The servers cannot be connected to, refuse us, or have other streams than are needed.
    #[error(transparent)]
    Nats(#[from] hookseal_nats::NatsError),
    /// The servers have not done what they were asked for.
    #[error("the fleet has not taken or given {what}: {reason}")]
    Request {
        /// What it was asked for.
        what: &'static str,
        /// What was answered, or that nothing was.
        reason: String,
    },
    /// What was named is not there.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// An integration's secrets cannot be sealed or opened.
    #[error(transparent)]
    Vault(Arc<VaultError>),
    /// An integration's settings are not what was stored.
    #[error("integration {id}: {source}: delete it, and add it anew")]
    Settings {
        /// Which integration.
        id: IntegrationId,
        /// What is wrong with them.
        source: SettingsError,
    },
    /// What lies in the fleet was not written by this version of hookseal.
    #[error("{what} in the fleet cannot be read ({reason}): it was written by another program, or a newer hookseal")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody else changes the same thing at the same time, again and again.
    #[error("integration {id} is changed by others at the same time: try again")]
    Contended {
        /// Which integration.
        id: IntegrationId,
    },
    /// The host's store has integrations that the fleet does not know.
    #[error(
        "the store has integrations of its own ({}): a host of a fleet has the fleet's. Add them there with \
         integration:add --fleet and delete them here, or name another store",
        list(ids)
    )]
    OwnIntegrations {
        /// Which ones.
        ids: Vec<IntegrationId>,
    },
    /// The host's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A message cannot be written.
    #[error(transparent)]
    Message(Arc<MessageError>),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
}

impl FleetError {
    pub(super) fn request(what: &'static str, reason: impl std::fmt::Display) -> Self {
        FleetError::Request { what, reason: reason.to_string() }
    }

    pub(super) fn unreadable(what: &'static str, reason: impl std::fmt::Display) -> Self {
        FleetError::Unreadable { what, reason: reason.to_string() }
    }
}

impl From<VaultError> for FleetError {
    fn from(error: VaultError) -> Self {
        FleetError::Vault(Arc::new(error))
    }
}

impl From<MessageError> for FleetError {
    fn from(error: MessageError) -> Self {
        FleetError::Message(Arc::new(error))
    }
}

fn list(ids: &[IntegrationId]) -> String {
    ids.iter().map(IntegrationId::as_str).collect::<Vec<_>>().join(", ")
}
