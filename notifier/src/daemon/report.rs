//! An integration that keeps failing is reported through the others, and so is that it works again.
//!
//! As with resources: what the others were last told is remembered, and what there is to tell follows from that and from
//! how it is now.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Transaction;
use uuid::Uuid;

use crate::round::{RoundOptions, deliveries};
use crate::store::events::{self, NewEvent};
use crate::store::integrations::{self, Reported, Standing};
use crate::store::{EndpointHealth, Store, StoreError};
use crate::{Content, Message, MessageError, Notice, NoticeKind, NoticePayload};

/// What there is to tell of an integration, and what is remembered of that.
pub(crate) fn tell(standing: &Standing, after: Duration, now: Timestamp) -> Option<(NoticeKind, Option<Reported>)> {
    let Standing { health, reported, .. } = standing;
    let EndpointHealth { failing_since, paused_at, .. } = *health;
    let since = failing_since.or(paused_at).unwrap_or(now);
    let told = |paused| Some(Reported { paused, since });
    match reported {
        None | Some(Reported { paused: false, .. }) if paused_at.is_some() => Some((NoticeKind::Paused, told(true))),
        None => {
            let failing_for = now.duration_since(failing_since?);
            let is_long = Duration::try_from(failing_for).is_ok_and(|time| time >= after);
            is_long.then(|| (NoticeKind::Failing, told(false)))
        }
        Some(_) if failing_since.is_none() && paused_at.is_none() => Some((NoticeKind::Recovered, None)),
        Some(_) => None,
    }
}

/// Tells the others what there is to tell; whether there was something. Blocks for as long as the disk does.
pub(super) fn report(
    store: &Store,
    options: &RoundOptions,
    after: Duration,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let standings = store.read(integrations::standings)?;
    let mut notices = Vec::new();
    for standing in &standings {
        if let Some((kind, reported)) = tell(standing, after, now) {
            notices.push((
                standing.target.id.clone(),
                reported,
                notice(kind, Uuid::now_v7(), standing, &standings, options, now)?,
            ));
        }
    }
    if notices.is_empty() {
        return Ok(false);
    }
    store.write_blocking(move |transaction: &Transaction<'_>| {
        for (id, reported, event) in &notices {
            integrations::mark_reported(transaction, id, *reported)?;
            events::insert(transaction, event, now)?;
        }
        Ok(true)
    })
}

pub(crate) fn notice(
    kind: NoticeKind,
    id: Uuid,
    about: &Standing,
    all: &[Standing],
    options: &RoundOptions,
    now: Timestamp,
) -> Result<NewEvent, MessageError> {
    let Standing { target, health, reported } = about;
    let since = reported.map(|reported| reported.since).or(health.failing_since).or(health.paused_at);
    let payload = NoticePayload {
        integration: target.id.clone(),
        integration_type: target.kind,
        since: since.unwrap_or(now),
        failures: health.failures,
        error: health.last_error.clone(),
    };
    let environments = vec![options.environment.clone()];
    let notice = Notice::new(kind, id, now, options.project.clone(), environments, payload);
    let lane = format!("integration/{}", target.id);
    let others = all.iter().map(|standing| &standing.target).filter(|other| other.id != target.id);
    let deliveries = others.flat_map(|other| deliveries(other, &options.groups, &lane)).collect();
    Ok(NewEvent { message: Message::try_from(Content::Notice(notice))?, deliveries })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::store::integrations::Target;
    use crate::{IntegrationId, IntegrationType};

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn standing(failing: Option<i64>, paused: Option<i64>, reported: Option<(bool, i64)>) -> Standing {
        let target = Target {
            id: IntegrationId::random().unwrap(),
            kind: IntegrationType::Webhook,
            recipients: Vec::new(),
            greeted: true,
        };
        let health =
            EndpointHealth { failing_since: failing.map(at), paused_at: paused.map(at), ..EndpointHealth::default() };
        let reported = reported.map(|(paused, since)| Reported { paused, since: at(since) });
        Standing { target, health, reported }
    }

    #[test]
    fn each_change_is_told_once() {
        let after = Duration::from_secs(15 * 60);
        let says = |standing: Standing, minute| {
            let (kind, reported) = tell(&standing, after, at(minute))?;
            Some((kind, reported.map(|reported| (reported.paused, reported.since))))
        };
        assert_eq!(says(standing(None, None, None), 100), None);
        assert_eq!(says(standing(Some(90), None, None), 104), None);
        assert_eq!(says(standing(Some(90), None, None), 105), Some((NoticeKind::Failing, Some((false, at(90))))));
        assert_eq!(says(standing(Some(90), None, Some((false, 90))), 200), None);
        assert_eq!(
            says(standing(Some(90), Some(190), Some((false, 90))), 200),
            Some((NoticeKind::Paused, Some((true, at(90)))))
        );
        assert_eq!(says(standing(Some(90), Some(100), None), 100), Some((NoticeKind::Paused, Some((true, at(90))))));
        assert_eq!(says(standing(Some(90), Some(190), Some((true, 90))), 300), None);
        assert_eq!(says(standing(Some(250), None, Some((true, 90))), 300), None, "changed, and still failing");
        assert_eq!(says(standing(None, None, Some((true, 90))), 300), Some((NoticeKind::Recovered, None)));
        assert_eq!(says(standing(Some(90), None, None), -1_000), None, "the clock stepped back");
    }
}
