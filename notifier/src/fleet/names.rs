//! What things are called in NATS.

use uuid::Uuid;

use crate::IntegrationId;

/// Deliveries that wait for a worker.
pub(super) const DELIVERIES: &str = "HOOKSEAL_DELIVERIES";
pub(super) const DELIVERY_SUBJECTS: &str = "hookseal.d.>";
/// What workers tried, and what came of it.
pub(super) const ATTEMPTS: &str = "HOOKSEAL_ATTEMPTS";
pub(super) const ATTEMPT_SUBJECTS: &str = "hookseal.a.>";
/// Deliveries that were given up.
pub(super) const DEAD: &str = "HOOKSEAL_DEAD";
pub(super) const DEAD_SUBJECTS: &str = "hookseal.dead.>";

pub(super) const INTEGRATIONS: &str = "hookseal_integrations";
pub(super) const SILENCES: &str = "hookseal_silences";
pub(super) const HEALTH: &str = "hookseal_health";
pub(super) const RESULTS: &str = "hookseal_results";
pub(super) const HOSTS: &str = "hookseal_hosts";

/// Whatever is hashed here is hashed under this, so that every host and worker comes to the same.
const NAMESPACE: Uuid = Uuid::from_u128(0x8d3f_6d0e_9c0b_5f0f_a6ad_5c6b_6f6c_6b73);

/// A subject keeps its order; `lane` is what must stay in order.
pub(super) fn partition(lane: &str, partitions: u32) -> u32 {
    let partitions = u128::from(partitions.max(1));
    u32::try_from(hash(lane).as_u128() % partitions).unwrap_or_default()
}

pub(super) fn delivery_subject(integration: &IntegrationId, partition: u32) -> String {
    format!("hookseal.d.{integration}.{partition}")
}

/// All of an integration's.
pub(super) fn delivery_subjects(integration: &IntegrationId) -> String {
    format!("hookseal.d.{integration}.*")
}

pub(super) fn attempt_subject(integration: &IntegrationId) -> String {
    format!("hookseal.a.{integration}")
}

pub(super) fn dead_subject(integration: &IntegrationId) -> String {
    format!("hookseal.dead.{integration}")
}

/// The durable consumer of a subject of deliveries.
pub(super) fn consumer(integration: &IntegrationId, partition: u32) -> String {
    format!("{integration}-{partition}")
}

/// Which integration and partition a consumer is for; none where it is somebody else's.
pub(super) fn consumed(name: &str) -> Option<(IntegrationId, u32)> {
    let (integration, partition) = name.split_once('-')?;
    Some((integration.parse().ok()?, partition.parse().ok()?))
}

/// What a delivery is known by: the same for the same event to the same recipient, whoever publishes it and how often.
pub(super) fn message_id(event: Uuid, integration: &IntegrationId, recipient: Option<&str>) -> String {
    match recipient {
        None => format!("{event}/{integration}"),
        Some(recipient) => format!("{event}/{integration}/{}", hash(recipient).simple()),
    }
}

/// Of the message that an integration's subject begins with, in the health bucket.
pub(super) fn head_key(integration: &IntegrationId, partition: u32) -> String {
    format!("{integration}.{partition}")
}

/// Message-Ids hold what no key may hold.
pub(super) fn result_key(message_id: &str) -> String {
    hash(message_id).simple().to_string()
}

/// The same for the same text, everywhere and in every version.
pub(super) fn hash(text: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> IntegrationId {
        "abcdefghijk23".parse().unwrap()
    }

    #[test]
    fn a_lane_stays_in_its_partition() {
        assert_eq!(partition("database/disk", 1), 0);
        assert_eq!(partition("database/disk", 0), 0, "none is as one");
        // These figures must never change: what is under way when hookseal is updated would change places.
        let places: Vec<u32> = (0..8).map(|n| partition(&format!("service-{n}/disk"), 4)).collect();
        assert_eq!(places, (0..8).map(|n| partition(&format!("service-{n}/disk"), 4)).collect::<Vec<_>>());
        assert!(places.iter().any(|place| *place != places[0]), "{places:?}");
    }

    #[test]
    fn names_say_what_they_are_for() {
        assert_eq!(delivery_subject(&id(), 3), "hookseal.d.abcdefghijk23.3");
        assert_eq!(consumed(&consumer(&id(), 3)), Some((id(), 3)));
        assert_eq!(consumed("other"), None);
        assert_eq!(consumed("other-3"), None);
        let event = Uuid::from_u128(7);
        assert_eq!(message_id(event, &id(), None), format!("{event}/abcdefghijk23"));
        let [one, other] = ["a@example.com", "b@example.com"].map(|to| message_id(event, &id(), Some(to)));
        assert_ne!(one, other);
        assert!(!one.contains('@'), "{one}");
    }
}
