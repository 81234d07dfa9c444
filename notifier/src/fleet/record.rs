//! What lies in the buckets. Unknown members are ignored: a newer hookseal may have written them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal_health::Line;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::FleetError;
use crate::store::integrations::Reported;
use crate::store::mirror::Copied;
use crate::{EndpointHealth, Integration, IntegrationId, IntegrationType, Settings, Silence, Vault};

/// An integration: its public settings as they are, its secrets sealed with the master key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct IntegrationRecord {
    pub(super) id: IntegrationId,
    #[serde(rename = "type")]
    pub(super) kind: IntegrationType,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    /// The subjects that its deliveries are spread over.
    #[serde(default = "one")]
    pub(super) partitions: u32,
    pub(super) settings: Map<String, Value>,
    secrets: String,
}

fn one() -> u32 {
    1
}

impl IntegrationRecord {
    pub(super) fn seal(integration: &Integration, partitions: u32, vault: &Vault) -> Result<Self, FleetError> {
        let Integration { id, created_at, updated_at, settings } = integration;
        let secrets = Zeroizing::new(Value::Object(settings.secrets()).to_string());
        Ok(IntegrationRecord {
            id: id.clone(),
            kind: settings.integration_type(),
            created_at: *created_at,
            updated_at: *updated_at,
            partitions,
            settings: settings.public(),
            secrets: STANDARD.encode(vault.seal(id, secrets.as_bytes())?),
        })
    }

    pub(super) fn open(&self, vault: &Vault) -> Result<Integration, FleetError> {
        let secrets = vault.open(&self.id, &self.sealed()?)?;
        // What cannot be read is missing, which is named.
        let secrets = serde_json::from_slice(&secrets).unwrap_or_default();
        let settings = Settings::join(self.kind, self.settings.clone(), secrets)
            .map_err(|source| FleetError::Settings { id: self.id.clone(), source })?;
        let (id, created_at, updated_at) = (self.id.clone(), self.created_at, self.updated_at);
        Ok(Integration { id, created_at, updated_at, settings })
    }

    pub(super) fn copied(&self) -> Result<Copied, FleetError> {
        Ok(Copied {
            id: self.id.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            kind: self.kind,
            settings: Value::Object(self.settings.clone()).to_string(),
            secrets: self.sealed()?,
            partitions: self.partitions,
        })
    }

    fn sealed(&self) -> Result<Vec<u8>, FleetError> {
        STANDARD.decode(&self.secrets).map_err(|error| FleetError::unreadable("an integration", error))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SilenceRecord {
    id: String,
    service: Option<String>,
    severity: Option<Line>,
    until: Timestamp,
    created_at: Timestamp,
}

impl From<&Silence> for SilenceRecord {
    fn from(silence: &Silence) -> Self {
        let Silence { id, service, severity, until, created_at } = silence.clone();
        SilenceRecord { id, service, severity, until, created_at }
    }
}

impl From<SilenceRecord> for Silence {
    fn from(record: SilenceRecord) -> Self {
        let SilenceRecord { id, service, severity, until, created_at } = record;
        Silence { id, service, severity, until, created_at }
    }
}

/// How an integration's endpoint fares. It is written when something fails, and with the first success after that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct HealthRecord {
    /// In a row.
    #[serde(default)]
    pub(super) failures: u64,
    #[serde(default)]
    pub(super) failing_since: Option<Timestamp>,
    #[serde(default)]
    pub(super) succeeded_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) last_error: Option<String>,
    #[serde(default)]
    pub(super) paused_at: Option<Timestamp>,
    /// What the other integrations were last told.
    #[serde(default)]
    pub(super) reported: Option<ReportedRecord>,
    /// When somebody last said that it is to be tried again without waiting.
    #[serde(default)]
    pub(super) woken_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ReportedRecord {
    paused: bool,
    since: Timestamp,
}

impl HealthRecord {
    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some() || self.failures > 0
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    pub(super) fn reported(&self) -> Option<Reported> {
        self.reported.map(|ReportedRecord { paused, since }| Reported { paused, since })
    }

    pub(super) fn with_reported(self, reported: Option<Reported>) -> Self {
        let reported = reported.map(|Reported { paused, since }| ReportedRecord { paused, since });
        HealthRecord { reported, ..self }
    }

    /// Tried again without waiting: what failed before says nothing of what comes now.
    pub(super) fn woken(self, now: Timestamp) -> Self {
        HealthRecord { paused_at: None, failing_since: self.failing_since.map(|_| now), woken_at: Some(now), ..self }
    }

    pub(super) fn public(&self) -> EndpointHealth {
        EndpointHealth {
            failing_since: self.failing_since,
            failures: self.failures,
            succeeded_at: self.succeeded_at,
            last_error: self.last_error.clone(),
            paused_at: self.paused_at,
        }
    }
}

/// What the message that a subject begins with has gone through. Absent while all is well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HeadRecord {
    /// The message's place in the stream.
    pub(super) sequence: u64,
    pub(super) first_tried_at: Timestamp,
    pub(super) failures: u32,
    pub(super) failed_at: Timestamp,
    pub(super) due_at: Timestamp,
    /// Whether it waits because of the endpoint: the endpoint's next success wakes it.
    pub(super) waits_for_endpoint: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MasterKey, Secret};

    fn vault(octet: u8) -> Vault {
        Vault::new(Some(MasterKey::new([octet; 32])))
    }

    fn slack() -> Integration {
        let settings = Settings::Slack { channel: "#ops".to_owned(), token: Secret::new("xoxb-s3cret") };
        let (created_at, updated_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        Integration { id: "abcdefghijk23".parse().unwrap(), created_at, updated_at, settings }
    }

    #[test]
    fn a_secret_is_sealed_and_opens_with_the_same_key_only() {
        let record = IntegrationRecord::seal(&slack(), 1, &vault(7)).unwrap();
        let json = serde_json::to_string(&record).unwrap();
        assert!(json.contains("#ops") && !json.contains("s3cret"), "{json}");
        let record: IntegrationRecord = serde_json::from_str(&json).unwrap();
        assert_eq!(record.open(&vault(7)).unwrap().settings, slack().settings);
        let error = record.open(&vault(8)).unwrap_err().to_string();
        assert!(error.contains("do not open with this master key"), "{error}");
    }

    #[test]
    fn what_a_newer_version_adds_is_ignored() {
        let mut json = serde_json::to_value(IntegrationRecord::seal(&slack(), 1, &vault(7)).unwrap()).unwrap();
        json["later"] = true.into();
        json.as_object_mut().unwrap().remove("partitions");
        let record: IntegrationRecord = serde_json::from_value(json).unwrap();
        assert_eq!(record.partitions, 1);
        let health: HealthRecord = serde_json::from_str("{\"later\":1}").unwrap();
        assert_eq!(health, HealthRecord::default());
    }
}
