//! An integration as a worker sees it: its settings and how it fares, as the buckets last said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::fleet::record::{HeadRecord, HealthRecord, IntegrationRecord};
use crate::store::integrations::{Standing, Target};
use crate::{Integration, IntegrationId};

pub(super) struct Endpoint {
    pub(super) id: IntegrationId,
    pub(super) partitions: u32,
    pub(super) state: watch::Sender<State>,
    heads: Mutex<HashMap<u32, HeadRecord>>,
}

#[derive(Clone)]
pub(super) struct State {
    pub(super) integration: Arc<Integration>,
    pub(super) health: HealthRecord,
}

impl Endpoint {
    pub(super) fn new(record: &IntegrationRecord, integration: Integration, health: HealthRecord) -> Self {
        let state = State { integration: Arc::new(integration), health };
        Endpoint {
            id: record.id.clone(),
            partitions: record.partitions.max(1),
            state: watch::Sender::new(state),
            heads: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(super) fn set_integration(&self, integration: Integration) {
        self.state.send_modify(|state| state.integration = Arc::new(integration));
    }

    pub(super) fn set_health(&self, health: HealthRecord) {
        self.state.send_if_modified(|state| {
            let is_new = state.health != health;
            state.health = health;
            is_new
        });
    }

    pub(super) fn head(&self, partition: u32) -> Option<HeadRecord> {
        self.heads().get(&partition).cloned()
    }

    pub(super) fn set_head(&self, partition: u32, head: Option<HeadRecord>) {
        match head {
            Some(head) => drop(self.heads().insert(partition, head)),
            None => drop(self.heads().remove(&partition)),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        let State { integration, health } = self.state();
        let recipients = match &integration.settings {
            crate::Settings::Email { recipients, .. } => recipients.clone(),
            _ => Vec::new(),
        };
        let target = Target { id: self.id.clone(), kind: integration.integration_type(), recipients, greeted: true };
        Standing { target, health: health.public(), reported: health.reported() }
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<u32, HeadRecord>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
