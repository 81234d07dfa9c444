//! Whom to tell, and how.

mod address;
mod form;
mod id;
mod kind;
mod placeholder;
mod settings;
mod shared_key;
mod webhook_url;

use jiff::Timestamp;

pub use address::{RecipientGroups, UnusableAddress};
pub(crate) use address::{check_address, check_sender};
pub use form::{Form, FormError, FormErrors};
pub use id::{IntegrationId, UnusableId};
pub use kind::{IntegrationType, UnknownIntegrationType};
pub use settings::{Settings, SettingsError};
pub use shared_key::SharedKey;
pub use webhook_url::{UnusableUrl, WebhookUrl};

/// Somebody who is told: a webhook, a Slack channel, a PagerDuty service, or people's mailboxes.
#[derive(Clone, Debug)]
pub struct Integration {
    /// What it is called.
    pub id: IntegrationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
    /// Where to, and with which keys.
    pub settings: Settings,
}

impl Integration {
    /// What it delivers to.
    pub fn integration_type(&self) -> IntegrationType {
        self.settings.integration_type()
    }
}
