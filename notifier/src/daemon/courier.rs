//! Who takes deliveries from the outbox: the engine, which sends them, or a fleet's publisher.

use std::sync::Arc;

use crate::deliver::{Engine, Tally, Unwritten};
#[cfg(feature = "nats")]
use crate::fleet::Publisher;
#[cfg(feature = "nats")]
use crate::round::Outcome;

pub(super) enum Courier {
    Engine(Engine),
    #[cfg(feature = "nats")]
    Publisher(Publisher),
}

impl Courier {
    /// There is something new: deliveries, integrations, or changes to them.
    pub(super) fn look(&self) {
        match self {
            Courier::Engine(engine) => engine.look(),
            #[cfg(feature = "nats")]
            Courier::Publisher(publisher) => publisher.look(),
        }
    }

    /// Sends what could not be written down, behind what was.
    pub(super) fn send_unwritten(&self, deliveries: Vec<Unwritten>) {
        match self {
            Courier::Engine(engine) => engine.send_unwritten(deliveries),
            #[cfg(feature = "nats")]
            Courier::Publisher(publisher) => publisher.send_unwritten(deliveries),
        }
    }

    /// Tells the fleet, where there is one, what a check has found.
    #[cfg(feature = "nats")]
    pub(super) fn checked(&self, outcome: &Outcome) {
        match self {
            Courier::Engine(_) => {}
            Courier::Publisher(publisher) => publisher.checked(crate::fleet::Checked {
                resources: outcome.round.map_or(0, |round| round.resources),
                warning: outcome.warning,
                critical: outcome.critical,
            }),
        }
    }

    /// What it has done so far.
    pub(super) fn tally(&self) -> &Arc<Tally> {
        match self {
            Courier::Engine(engine) => engine.tally(),
            #[cfg(feature = "nats")]
            Courier::Publisher(publisher) => publisher.tally(),
        }
    }

    /// Begins nothing more, and waits for what is under way to end and to be written down.
    pub(super) async fn stop(&self) {
        match self {
            Courier::Engine(engine) => engine.stop().await,
            #[cfg(feature = "nats")]
            Courier::Publisher(publisher) => publisher.stop().await,
        }
    }
}
