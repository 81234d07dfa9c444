use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::sentence;
use crate::{Check, Kind, Percent, Reading, Resource, Severity, State, Threshold, Thresholds, Transition};

/// The JSON Schema (2020-12) of a [`Notification`], as text.
///
/// The vendor publishes none for health webhooks. This one describes what hookseal sends; a
/// receiver has to expect bodies of other shapes, and reads those with [`Event`](crate::Event).
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(hookseal_health::NOTIFICATION_SCHEMA)?;
/// assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
/// # Ok::<_, serde_json::Error>(())
/// ```
pub const NOTIFICATION_SCHEMA: &str = include_str!("../notification.schema.json");

/// A health notification: the JSON body of the webhook, shaped like the platform's activities.
///
/// Deserialising checks each member's form. What members must have to do with each other, such
/// as `type` with `payload.resource`, is for [`NOTIFICATION_SCHEMA`] to check.
///
/// ```
/// use hookseal_health::{Check, Notification, Origin, Resource, Sample, State, Thresholds};
///
/// let check = Check { resource: Resource::Disk, thresholds: Thresholds::Percent };
/// let (_, transition) = check.transition(State::Ok, Sample::new(1_900_000_000, 10_000_000_000));
///
/// let notification = Notification::new(
///     transition.unwrap(),
///     "0197a1f0-5c3e-7cc1-a4c5-0242ac120002".parse()?,
///     "2025-06-24T09:35:00Z".parse()?,
///     Origin {
///         project: "xk4tq2mlpdy7e".into(),
///         environments: vec!["main".into()],
///         service: "app".into(),
///     },
/// );
/// assert_eq!(
///     notification.text,
///     "Disk space on app is low: 1.9 GB of 10 GB free (19 %), below the warning line of 20 %.",
/// );
/// assert_eq!(serde_json::to_value(&notification)?, serde_json::json!({
///     "id": "0197a1f0-5c3e-7cc1-a4c5-0242ac120002",
///     "created_at": "2025-06-24T09:35:00Z",
///     "type": "health.low_disk",
///     "project": "xk4tq2mlpdy7e",
///     "environments": ["main"],
///     "payload": {
///         "severity": "warning",
///         "previous": "ok",
///         "service": "app",
///         "resource": "disk",
///         "available": 1_900_000_000,
///         "total": 10_000_000_000_u64,
///         "percent": 19,
///         "threshold": { "severity": "warning", "percent": 20, "available": 2_000_000_000 },
///     },
///     "text": notification.text,
/// }));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notification {
    /// The event's id: the same however often and wherever it is delivered.
    pub id: Uuid,
    /// When the transition was seen (RFC 3339, UTC).
    pub created_at: Timestamp,
    /// What it is about: `type` in JSON.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The project that the service belongs to.
    pub project: String,
    /// The environments that the service runs in, as a rule one.
    pub environments: Vec<String>,
    /// The transition itself.
    pub payload: Payload,
    /// The notification in one English sentence. For people: its wording may change.
    pub text: String,
}

/// What a [`Notification`] says, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payload {
    /// What happened.
    pub severity: Severity,
    /// The state before it. Equal to `severity` where an open problem is told again.
    pub previous: State,
    /// The application or service whose resource it is.
    pub service: String,
    /// What runs out, or no longer does.
    pub resource: Resource,
    /// What is left, in bytes (disk) or inodes.
    pub available: u64,
    /// What there is in all, in bytes (disk) or inodes.
    pub total: u64,
    /// `available` as a share of `total`, in percent, rounded down to two decimals.
    pub percent: Percent,
    /// The line that was crossed.
    pub threshold: Threshold,
}

/// Where a transition was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The project that the service belongs to.
    pub project: String,
    /// The environments that the service runs in, as a rule one.
    pub environments: Vec<String>,
    /// The application or service whose resource was sampled.
    pub service: String,
}

impl Notification {
    /// Words a transition. `id` and `created_at` are the caller's: nothing here has a clock or dice.
    #[must_use]
    pub fn new(transition: Transition, id: Uuid, created_at: Timestamp, origin: Origin) -> Self {
        let Transition { severity, previous, resource, reading, threshold } = transition;
        let Origin { project, environments, service } = origin;
        Self {
            id,
            created_at,
            kind: resource.kind(),
            project,
            environments,
            text: sentence(&service, &transition),
            payload: Payload {
                severity,
                previous,
                service,
                resource,
                available: reading.available(),
                total: reading.total(),
                percent: reading.percent(),
                threshold,
            },
        }
    }

    /// A notification with plausible figures, to try a receiver with: an application with a disk of
    /// 10 GB and 655,360 inodes falls to 19 % free (warning), on to 8 % (critical), and rises to 54 %
    /// (all-clear).
    ///
    /// ```
    /// use hookseal_health::{Notification, Resource, Severity};
    ///
    /// let example = Notification::example(
    ///     Resource::Disk,
    ///     Severity::Critical,
    ///     "0197a1f0-5c3e-7cc1-a4c5-0242ac120002".parse()?,
    ///     "2025-06-24T09:35:00Z".parse()?,
    /// );
    /// assert_eq!(
    ///     example.text,
    ///     "Disk space on app is critically low: 800 MB of 10 GB free (8 %), \
    ///      below the critical line of 10 %.",
    /// );
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn example(resource: Resource, severity: Severity, id: Uuid, created_at: Timestamp) -> Self {
        let previous = match severity {
            Severity::Warning => State::Ok,
            Severity::Critical => State::Warning,
            Severity::AllClear => State::Critical,
        };
        // Unwrapped by the compiler: a reading that cannot be true does not build.
        let reading = match (resource, severity) {
            (Resource::Disk, Severity::Warning) => const { Reading::new(1_900_000_000, 10_000_000_000).unwrap() },
            (Resource::Disk, Severity::Critical) => const { Reading::new(800_000_000, 10_000_000_000).unwrap() },
            (Resource::Disk, Severity::AllClear) => const { Reading::new(5_400_000_000, 10_000_000_000).unwrap() },
            (Resource::Inodes, Severity::Warning) => const { Reading::new(125_829, 655_360).unwrap() },
            (Resource::Inodes, Severity::Critical) => const { Reading::new(52_429, 655_360).unwrap() },
            (Resource::Inodes, Severity::AllClear) => const { Reading::new(353_895, 655_360).unwrap() },
        };
        let check = Check { resource, thresholds: Thresholds::Percent };
        let origin = Origin {
            project: "xk4tq2mlpdy7e".to_owned(),
            environments: vec!["main".to_owned()],
            service: "app".to_owned(),
        };
        Self::new(check.tell(severity, previous, reading), id, created_at, origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(resource: Resource, severity: Severity) -> Notification {
        Notification::example(resource, severity, Uuid::nil(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn members_stand_in_the_order_of_the_documentation() {
        assert_eq!(
            serde_json::to_string(&example(Resource::Disk, Severity::AllClear)).unwrap(),
            concat!(
                r#"{"id":"00000000-0000-0000-0000-000000000000","created_at":"1970-01-01T00:00:00Z","#,
                r#""type":"health.low_disk","project":"xk4tq2mlpdy7e","environments":["main"],"#,
                r#""payload":{"severity":"all-clear","previous":"critical","service":"app","#,
                r#""resource":"disk","available":5400000000,"total":10000000000,"percent":54,"#,
                r#""threshold":{"severity":"warning","percent":20,"available":2000000000}},"#,
                r#""text":"Disk space on app is back to normal: 5.4 GB of 10 GB free (54 %), "#,
                r#"above the warning line of 20 %."}"#,
            ),
        );
    }

    #[test]
    fn examples_are_what_the_check_would_tell() {
        for &resource in Resource::ALL {
            for &severity in Severity::ALL {
                let example = example(resource, severity);
                let Payload { previous, available, total, .. } = example.payload;
                let check = Check { resource, thresholds: Thresholds::Percent };
                let (_, told) = check.transition(previous, crate::Sample::new(available, total));
                let origin = Origin {
                    project: example.project.clone(),
                    environments: example.environments.clone(),
                    service: example.payload.service.clone(),
                };
                let told = Notification::new(told.unwrap(), example.id, example.created_at, origin);
                assert_eq!(told, example);
            }
        }
    }

    #[test]
    fn round_trips_and_tolerates_members_that_it_does_not_know() {
        for &resource in Resource::ALL {
            for &severity in Severity::ALL {
                let example = example(resource, severity);
                let mut json = serde_json::to_value(&example).unwrap();
                json["parameters"] = serde_json::json!({ "added": "later" });
                assert_eq!(serde_json::from_value::<Notification>(json).unwrap(), example);
            }
        }
    }
}
