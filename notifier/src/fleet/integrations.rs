//! The fleet's integrations. What is changed here is seen by all hosts and workers within a second.

use std::future::IntoFuture as _;

use async_nats::jetstream::kv::{Entry, UpdateErrorKind};
use jiff::Timestamp;

use super::delivery::Delivery;
use super::record::{HealthRecord, IntegrationRecord};
use super::{Fleet, FleetError, bucket, names};
use crate::store::events::NewDelivery;
use crate::{
    Content, EndpointHealth, Integration, IntegrationId, IntegrationType, Message, NotFound, Settings, Welcome,
    WelcomeKind,
};

const WHAT: &str = "an integration";

/// How often a change is tried anew when others were quicker.
const ATTEMPTS: usize = 8;

/// An integration that is to be added to a fleet.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// Where it delivers to.
    pub settings: Settings,
    /// The subjects that its deliveries are spread over, each of which keeps its order: 1 unless an endpoint is busy.
    pub partitions: u32,
    /// The project that Slack's first message names.
    pub project: String,
    /// The environment that it names.
    pub environment: String,
}

impl Fleet {
    /// Every integration, the oldest first, each with what keeps it from being read.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn integrations(&self) -> Result<Vec<Result<Integration, FleetError>>, FleetError> {
        let mut records = self.records().await?;
        records.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(records.iter().map(|record| record.open(self.vault())).collect())
    }

    /// The integration of this id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being asked for or its secrets from being opened.
    pub async fn integration(&self, id: &str) -> Result<Integration, FleetError> {
        let records = self.records().await?;
        let record = NotFound::or_one("integration", id, records, |record| record.id.as_str())?;
        record.open(self.vault())
    }

    /// The whole id, which can be known where the secrets cannot.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being asked for.
    pub async fn integration_id(&self, beginning: &str) -> Result<IntegrationId, FleetError> {
        let ids = self.records().await?.into_iter().map(|record| record.id).collect();
        Ok(NotFound::or_one("integration", beginning, ids, IntegrationId::as_str)?)
    }

    /// Adds an integration. All hosts tell it of their open problems. Slack is sent a first message, once.
    ///
    /// # Errors
    ///
    /// What keeps it from being put into the fleet, or its secrets from being sealed.
    pub async fn add_integration(&self, new: NewIntegration) -> Result<Integration, FleetError> {
        let NewIntegration { settings, partitions, project, environment } = new;
        let id = IntegrationId::random().map_err(|_| FleetError::NoRandomness)?;
        let now = now();
        let integration = Integration { id, created_at: now, updated_at: now, settings };
        let record = IntegrationRecord::seal(&integration, partitions.max(1), self.vault())?;
        let created = self.parts().await?.integrations.create(record.id.as_str(), bucket::json(&record)).await;
        created.map_err(|error| FleetError::request(WHAT, error))?;
        if integration.integration_type() == IntegrationType::Slack {
            self.welcome(&integration, record.partitions, project, environment).await?;
        }
        Ok(integration)
    }

    async fn welcome(
        &self,
        integration: &Integration,
        partitions: u32,
        project: String,
        environment: String,
    ) -> Result<(), FleetError> {
        // The same event, however often it is made.
        let event = names::hash(&format!("welcome {}", integration.id));
        let welcome = Welcome::new(
            WelcomeKind::Created,
            event,
            integration.created_at,
            project,
            vec![environment],
            integration.id.clone(),
            integration.integration_type(),
        );
        let message = Message::try_from(Content::Welcome(welcome))?;
        let lane = format!("integration/{}", integration.id);
        let delivery = Delivery::of(&message, NewDelivery::new(integration.id.clone(), None, lane));
        self.publish(&delivery, partitions).await.map(drop)
    }

    /// Gives an integration other settings of the same type. One that was paused is tried again, and one that fails is
    /// tried at once.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being put into the fleet or its secrets from being sealed.
    pub async fn update_integration(&self, id: &IntegrationId, settings: Settings) -> Result<Integration, FleetError> {
        let integrations = &self.parts().await?.integrations;
        for _ in 0..ATTEMPTS {
            let (old, revision) = self.stored(id).await?;
            if old.kind != settings.integration_type() {
                return Err(unknown(id));
            }
            let (created_at, updated_at) = (old.created_at, now());
            let integration = Integration { id: id.clone(), created_at, updated_at, settings: settings.clone() };
            let record = IntegrationRecord::seal(&integration, old.partitions, self.vault())?;
            match integrations.update(id.as_str(), bucket::json(&record), revision).await {
                Ok(_) => {
                    self.wake(id).await?;
                    return Ok(integration);
                }
                Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {}
                Err(error) => return Err(FleetError::request(WHAT, error)),
            }
        }
        Err(FleetError::Contended { id: id.clone() })
    }

    /// Deletes an integration. What waits for it is deleted by a worker, and not delivered any more.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being deleted.
    pub async fn delete_integration(&self, id: &IntegrationId) -> Result<(), FleetError> {
        self.stored(id).await?;
        let deleted = self.parts().await?.integrations.delete(id.as_str()).await;
        deleted.map_err(|error| FleetError::request(WHAT, error))
    }

    /// How deliveries to an integration have gone lately.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being asked for.
    pub async fn endpoint_health(&self, id: &IntegrationId) -> Result<EndpointHealth, FleetError> {
        self.stored(id).await?;
        Ok(self.health_record(id).await?.0.public())
    }

    /// Has an integration tried again without waiting; one that is paused, too.
    ///
    /// # Errors
    ///
    /// What keeps it from being put into the fleet.
    pub async fn wake(&self, id: &IntegrationId) -> Result<(), FleetError> {
        self.change_health(id, |record| record.is_failing().then(|| record.clone().woken(now()))).await.map(drop)
    }

    /// How an endpoint fares, and the entry's revision: 0 where there is none.
    pub(super) async fn health_record(&self, id: &IntegrationId) -> Result<(HealthRecord, u64), FleetError> {
        let entry = self.parts().await?.health.entry(id.as_str()).await;
        match entry.map_err(|error| FleetError::request("an integration's health", error))? {
            Some(entry) if has_value(&entry) => Ok((bucket::value("an integration's health", &entry)?, entry.revision)),
            Some(entry) => Ok((HealthRecord::default(), entry.revision)),
            None => Ok((HealthRecord::default(), 0)),
        }
    }

    /// Changes how an endpoint fares by what it is now, whoever else does so; `None` leaves it. What it is then.
    pub(super) async fn change_health(
        &self,
        id: &IntegrationId,
        change: impl Fn(&HealthRecord) -> Option<HealthRecord>,
    ) -> Result<HealthRecord, FleetError> {
        const WHAT: &str = "an integration's health";
        let health = &self.parts().await?.health;
        for _ in 0..ATTEMPTS {
            let (record, revision) = self.health_record(id).await?;
            let Some(changed) = change(&record) else { return Ok(record) };
            match health.update(id.as_str(), bucket::json(&changed), revision).await {
                Ok(_) => return Ok(changed),
                Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {}
                Err(error) => return Err(FleetError::request(WHAT, error)),
            }
        }
        Err(FleetError::Contended { id: id.clone() })
    }

    pub(super) async fn records(&self) -> Result<Vec<IntegrationRecord>, FleetError> {
        let entries = bucket::read(&self.parts().await?.integrations).await?;
        entries.iter().map(|entry| bucket::value(WHAT, entry)).collect()
    }

    pub(super) async fn stored(&self, id: &IntegrationId) -> Result<(IntegrationRecord, u64), FleetError> {
        let entry = self.parts().await?.integrations.entry(id.as_str()).await;
        let entry = entry.map_err(|error| FleetError::request(WHAT, error))?;
        let entry = entry.filter(has_value).ok_or_else(|| unknown(id))?;
        Ok((bucket::value(WHAT, &entry)?, entry.revision))
    }

    /// Puts a delivery into the stream, and waits until it is there. Whether it is new there.
    pub(super) async fn publish(&self, delivery: &Delivery, partitions: u32) -> Result<bool, FleetError> {
        let subject = delivery.subject(partitions);
        self.publish_to(&subject, delivery).await
    }

    /// An acknowledgement comes on the connection that was published on, or never: it is not waited for any longer than that
    /// is there.
    pub(super) async fn publish_to(&self, subject: &str, delivery: &Delivery) -> Result<bool, FleetError> {
        const WHAT: &str = "a delivery";
        let mut connected = self.connected();
        let sent = self.jetstream().send_publish(subject.to_owned(), delivery.publish()).await;
        let sent = sent.map_err(|error| FleetError::request(WHAT, error))?;
        tokio::select! {
            biased;
            acknowledged = sent.into_future() => {
                acknowledged.map(|ack| !ack.duplicate).map_err(|error| FleetError::request(WHAT, error))
            }
            _ = connected.wait_for(|connected| !connected) => {
                Err(FleetError::request(WHAT, "the connection was lost before the acknowledgement"))
            }
        }
    }
}

pub(super) fn has_value(entry: &Entry) -> bool {
    entry.operation == async_nats::jetstream::kv::Operation::Put
}

fn unknown(id: &IntegrationId) -> FleetError {
    NotFound::Unknown { what: "integration", given: id.to_string() }.into()
}

/// In whole microseconds, as SQLite has it.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
