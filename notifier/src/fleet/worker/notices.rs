//! An integration that keeps failing is reported through the others, and so is that it works again.
//!
//! Every worker sees it; what they tell has the same id, so that the servers keep one of it. It is published first and written
//! down then: a worker that is killed between the two leaves it to the next one.

use std::sync::Arc;

use uuid::Uuid;

use super::Shared;
use super::endpoint::Endpoint;
use crate::daemon::report;
use crate::fleet::delivery::Delivery;
use crate::fleet::integrations::now;
use crate::fleet::{FleetError, names};
use crate::store::events::NewEvent;
use crate::store::integrations::Standing;

pub(super) async fn report(shared: Arc<Shared>, endpoints: Vec<Arc<Endpoint>>) -> Result<(), FleetError> {
    let standings: Vec<Standing> = endpoints.iter().map(|endpoint| endpoint.standing()).collect();
    let now = now();
    for (endpoint, standing) in endpoints.iter().zip(&standings) {
        let Some((kind, reported)) = report::tell(standing, shared.report_after, now) else { continue };
        let since = reported.or(standing.reported).map(|reported| reported.since);
        let id: Uuid = names::hash(&format!("{} {} {since:?}", endpoint.id, kind.as_str()));
        let NewEvent { message, deliveries } = report::notice(kind, id, standing, &standings, &shared.round, now)?;
        for delivery in deliveries {
            let to = endpoints.iter().find(|other| other.id == delivery.integration);
            let partitions = to.map_or(1, |other| other.partitions);
            shared.fleet.publish(&Delivery::of(&message, delivery), partitions).await?;
        }
        let before = standing.reported;
        let health = shared.fleet.change_health(&endpoint.id, |health| {
            // Another one has told it.
            (health.reported() == before).then(|| health.clone().with_reported(reported))
        });
        endpoint.set_health(health.await?);
    }
    Ok(())
}
