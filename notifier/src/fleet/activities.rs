//! Deliveries as their attempts tell of them: the fleet's `integration:activities`.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::attempts::AttemptFilter;
use super::{Fleet, FleetAttempt, FleetError, names};
use crate::{ActivityFilter, ActivityParameters, ActivityResult, ActivityState, IntegrationId, NotFound};

/// Attempts that are looked through for each activity that is wanted: as many as one delivery has in a quarter of an hour.
const ATTEMPTS_EACH: usize = 8;

/// At least so many attempts are looked through.
const FEWEST_ATTEMPTS: usize = 1000;

/// A delivery that a worker has tried. Its members are called as those of an [`Activity`](crate::Activity).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FleetActivity {
    /// What it is called: the same for the same event and the same recipient.
    pub id: String,
    /// When its first attempt ended that is still kept.
    pub created_at: Timestamp,
    /// When its last attempt ended.
    pub updated_at: Timestamp,
    /// `integration.health.webhook` and the like: `type` in JSON.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is special about this delivery.
    pub parameters: ActivityParameters,
    /// Whom it is for.
    pub integration: IntegrationId,
    /// How far it is: what was not tried yet is not among them.
    pub state: ActivityState,
    /// How it ended, once it has.
    pub result: Option<ActivityResult>,
    /// Why it is not delivered.
    pub failure_reason: Option<String>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// What the event says, for people.
    pub description: String,
    /// The same.
    pub text: String,
    /// Each attempt, the first one at the front.
    pub attempts: Vec<FleetAttempt>,
}

impl Fleet {
    /// Deliveries that workers have tried, the one that was tried last at the front.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn activities(&self, filter: &ActivityFilter) -> Result<Vec<FleetActivity>, FleetError> {
        let limit = filter.limit.saturating_mul(ATTEMPTS_EACH).max(FEWEST_ATTEMPTS);
        let wanted = AttemptFilter { integration: filter.integration.clone(), event: None, limit };
        let mut activities = gathered(self.attempts(&wanted).await?);
        activities.retain(|activity| {
            filter.state.is_none_or(|state| state == activity.state)
                && filter.result.is_none_or(|result| Some(result) == activity.result)
                && filter.before.as_ref().is_none_or(|before| activity.id < *before)
        });
        activities.truncate(filter.limit);
        Ok(activities)
    }

    /// The delivery of this id, or the only one of the last thousands of attempts whose id begins so.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being asked for.
    pub async fn activity(&self, id: &str) -> Result<FleetActivity, FleetError> {
        let filter = AttemptFilter { limit: 100 * FEWEST_ATTEMPTS, ..AttemptFilter::default() };
        let activities = gathered(self.attempts(&filter).await?);
        Ok(NotFound::or_one("activity", id, activities, |activity| &activity.id)?)
    }
}

/// What belongs together of attempts, the newest first.
fn gathered(attempts: Vec<FleetAttempt>) -> Vec<FleetActivity> {
    let mut places = HashMap::new();
    let mut activities: Vec<Vec<FleetAttempt>> = Vec::new();
    for attempt in attempts {
        let id = names::message_id(attempt.event, &attempt.integration, attempt.recipient.as_deref());
        let place = *places.entry(id).or_insert_with(|| {
            activities.push(Vec::new());
            activities.len() - 1
        });
        if let Some(activity) = activities.get_mut(place) {
            activity.push(attempt);
        }
    }
    activities.into_iter().filter_map(of_attempts).collect()
}

/// Of one delivery's, the newest first.
fn of_attempts(mut attempts: Vec<FleetAttempt>) -> Option<FleetActivity> {
    attempts.reverse();
    let (first, last) = (attempts.first()?, attempts.last()?.clone());
    // A duplicate may have been tried after it had arrived.
    let delivered = attempts.iter().find(|attempt| attempt.outcome == "delivered");
    let ended = delivered.or(Some(&last).filter(|last| last.is_dead)).map(|ended| ended.at);
    let is_delivered = delivered.is_some();
    let result = ended.map(|_| if is_delivered { ActivityResult::Success } else { ActivityResult::Failure });
    let id = names::message_id(last.event, &last.integration, last.recipient.as_deref());
    Some(FleetActivity {
        id: names::hash(&id).simple().to_string(),
        created_at: first.at,
        updated_at: last.at,
        kind: format!("integration.{}", last.integration_type),
        parameters: ActivityParameters {
            event: last.event,
            event_type: last.event_type,
            recipient: last.recipient,
            attempts: attempts.len() as u64,
            next_attempt_at: last.next_attempt_at.filter(|_| ended.is_none()),
        },
        integration: last.integration,
        state: if ended.is_some() { ActivityState::Complete } else { ActivityState::Scheduled },
        result,
        failure_reason: last.error.filter(|_| !is_delivered),
        completed_at: ended,
        description: last.text.clone(),
        text: last.text,
        attempts,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::IntegrationType;

    fn attempt(event: u128, attempt: u32, outcome: &str, is_dead: bool) -> FleetAttempt {
        let at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(i64::from(attempt));
        FleetAttempt {
            at,
            event: Uuid::from_u128(event),
            event_type: "health.low_disk".to_owned(),
            text: "the disk is low".to_owned(),
            integration: "abcdefghijk23".parse().unwrap(),
            integration_type: IntegrationType::Webhook,
            recipient: None,
            attempt,
            outcome: outcome.to_owned(),
            is_dead,
            next_attempt_at: (outcome == "retry" && !is_dead).then_some(at),
            status: None,
            request: None,
            answer: None,
            error: (outcome != "delivered").then(|| "refused".to_owned()),
            took_ms: 1.0,
            worker: "w".to_owned(),
        }
    }

    #[test]
    fn attempts_of_one_delivery_are_gathered() {
        let newest_first = vec![
            attempt(1, 3, "delivered", false),
            attempt(2, 2, "retry", true),
            attempt(3, 2, "retry", false),
            attempt(1, 2, "retry", false),
            attempt(2, 1, "retry", false),
            attempt(1, 1, "retry", false),
        ];
        let activities = gathered(newest_first);
        let told: Vec<_> = activities
            .iter()
            .map(|activity| {
                (activity.parameters.attempts, activity.state, activity.result, activity.attempts[0].attempt)
            })
            .collect();
        assert_eq!(
            told,
            [
                (3, ActivityState::Complete, Some(ActivityResult::Success), 1),
                (2, ActivityState::Complete, Some(ActivityResult::Failure), 1),
                (1, ActivityState::Scheduled, None, 2),
            ]
        );
        assert_eq!(activities[0].failure_reason, None);
        assert_eq!(activities[1].failure_reason.as_deref(), Some("refused"));
        assert!(activities[2].parameters.next_attempt_at.is_some());
    }

    #[test]
    fn what_was_delivered_stays_so_when_a_duplicate_fails() {
        let activities = gathered(vec![attempt(1, 1, "retry", true), attempt(1, 1, "delivered", false)]);
        assert_eq!(activities[0].result, Some(ActivityResult::Success));
        assert_eq!(activities[0].failure_reason, None);
    }
}
