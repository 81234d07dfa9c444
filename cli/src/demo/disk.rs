//! A disk that fills up and is cleared again, and the notifier that watches it. A command tells its figures; all else is
//! as `hookseal notify run` has it.

use std::path::PathBuf;
use std::time::Duration;

use hookseal_health::State;
use hookseal_notifier::{
    ActivityFilter, Config, Form, IntegrationType, NetworkGuard, Notifier, Secret, Service, Store, Vault, Watched,
};
use hookseal_receiver::Receiver;
use ipnet::IpNet;
use tempfile::TempDir;
use uuid::Uuid;

use crate::failure::{Failure, reason};
use crate::notify::{cannot_start, cannot_use};

const TOTAL: u64 = 10_000_000_000;

/// What is free at each look, in tenths of a gigabyte.
pub(super) const FREE: [u64; 9] = [45, 24, 19, 13, 8, 6, 15, 52, 51];

/// The disk of `app`, under watch.
pub(super) struct Disk {
    folder: TempDir,
    notifier: Notifier,
    told: usize,
}

/// What one look came to.
pub(super) struct Look {
    pub(super) state: State,
    /// The event that was told, if there was something to tell.
    pub(super) told: Option<Uuid>,
}

impl Disk {
    /// Has it watched, and the receiver told.
    pub(super) async fn watch(receiver: &Receiver, url: &str, shared_key: &str) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|error| cannot_write(&error))?;
        let network = vec![IpNet::from(receiver.address().ip())];
        let form = Form { url: Some(url.to_owned()), shared_key: Some(Secret::new(shared_key)), ..Form::default() };
        let settings = form.create(IntegrationType::Webhook, &NetworkGuard::new(network.clone()));
        let settings = settings.map_err(|error| Failure::usage(&error))?;
        let store =
            Store::open(folder.path().join("hookseal.db"), Vault::new(None)).map_err(|error| cannot_use(&error))?;
        store.add_integration(settings).map_err(|error| cannot_use(&error))?;
        let mut config = Config::default();
        config.project = "demo".to_owned();
        config.allow_network = network;
        config.services.push(Service {
            name: "app".to_owned(),
            watched: Watched::Command(vec!["cat".to_owned(), figures(&folder).display().to_string()]),
            timeout: Duration::from_secs(5),
        });
        write(&folder, FREE[0])?;
        let notifier = Notifier::builder(config, store).start().await.map_err(|error| cannot_start(&error))?;
        let mut status = notifier.subscribe();
        let _ = status.wait_for(|status| status.round.is_some()).await; // it ends with the notifier, which is ours
        Ok(Disk { folder, notifier, told: 0 })
    }

    /// Looks at it with so much free.
    pub(super) async fn look(&mut self, tenths: u64) -> Result<Look, Failure> {
        write(&self.folder, tenths)?;
        let mut status = self.notifier.subscribe();
        let before = status.borrow_and_update().round;
        self.notifier.check_now();
        let _ = status.wait_for(|status| status.round != before).await; // as above
        let store = self.notifier.store();
        let resources = store.resources().map_err(|error| cannot_use(&error))?;
        let newest = ActivityFilter { limit: FREE.len(), ..ActivityFilter::default() };
        let activities = store.activities(&newest).map_err(|error| cannot_use(&error))?;
        let is_new = activities.len() > self.told;
        self.told = activities.len();
        Ok(Look {
            state: resources.first().map(|status| status.state).unwrap_or_default(),
            told: activities.first().filter(|_| is_new).map(|activity| activity.parameters.event),
        })
    }

    pub(super) async fn stop(self) {
        self.notifier.shutdown().await;
    }
}

fn write(folder: &TempDir, tenths: u64) -> Result<(), Failure> {
    let text = format!("{{\"available\":{},\"total\":{TOTAL}}}", tenths * 100_000_000);
    std::fs::write(figures(folder), text).map_err(|error| cannot_write(&error))
}

fn figures(folder: &TempDir) -> PathBuf {
    folder.path().join("figures.json")
}

fn cannot_write(error: &std::io::Error) -> Failure {
    Failure::io(format!("cannot write into the temporary folder: {}", reason(error)), 1)
}
