//! What is in the file.

use bytes::Bytes;
use std::time::Duration;

use hookseal_health::{Line, Notification, Reading, Resource, Severity, State};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::super::resources::{self, ResourceStatus};
use super::super::{events, integrations, retention};
use super::*;
use crate::integration::{IntegrationId, IntegrationType, Settings};
use crate::message::{Content, Message};
use crate::secret::{MasterKey, Secret};

fn slack(channel: &str) -> Settings {
    Settings::Slack { channel: channel.to_owned(), token: Secret::new("xoxb-s3cret") }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// Stores an event with a delivery, and tells the delivery's id.
fn tell(store: &Store, integration: &IntegrationId, severity: Severity, created_at: Timestamp) -> String {
    let notification = Notification::example(Resource::Disk, severity, Uuid::now_v7(), created_at);
    let message = Message::try_from(Content::Notification(notification)).unwrap();
    let delivery = events::NewDelivery::new(integration.clone(), None, "app/disk".to_owned());
    let id = delivery.id.clone();
    let event = events::NewEvent { message, deliveries: vec![delivery] };
    store.write_blocking(move |transaction| events::insert(transaction, &event, created_at)).unwrap();
    id
}

fn execute(store: &Store, sql: &'static str) {
    store.write_blocking(move |transaction| transaction.execute_batch(sql)).unwrap();
}

#[test]
fn integrations_are_added_found_changed_and_deleted() {
    let folder = folder();
    let store = open(&folder);
    let changes = store.changes();
    assert!(store.integrations().unwrap().is_empty());
    let added = store.add_integration(slack("#ops")).unwrap();
    let other = store.add_integration(slack("#dev")).unwrap();
    assert!(changes.has_changed().unwrap());

    let ids: Vec<_> = store.integrations().unwrap().into_iter().map(|integration| integration.id).collect();
    assert_eq!(ids, [added.id.clone(), other.id.clone()]);
    let found = store.integration(&added.id.as_str()[..12]).unwrap();
    assert_eq!(
        (found.id.clone(), found.created_at, &found.settings),
        (added.id.clone(), added.created_at, &added.settings)
    );

    let changed = store.update_integration(&added.id, slack("#new")).unwrap();
    assert_eq!(changed.created_at, added.created_at);
    assert_eq!(store.integration(added.id.as_str()).unwrap().settings, slack("#new"));
    let email = Settings::Email { from_address: None, recipients: vec!["a@example.com".to_owned()] };
    let error = store.update_integration(&added.id, email).unwrap_err();
    assert!(matches!(error, StoreError::NotFound(NotFound::Unknown { .. })), "its type never changes: {error}");

    tell(&store, &added.id, Severity::Warning, at(0));
    store.delete_integration(&added.id).unwrap();
    assert!(store.activities(&ActivityFilter { limit: 10, ..ActivityFilter::default() }).unwrap().is_empty());
    let error = store.integration(added.id.as_str()).unwrap_err().to_string();
    assert_eq!(error, format!("there is no integration {:?}", added.id.as_str()));
    assert!(store.delete_integration(&added.id).is_err());
    assert!(store.integration("").is_err(), "nothing is no beginning");
}

#[test]
fn the_beginning_of_two_ids_is_ambiguous() {
    let ids = vec!["abc", "abd", "b"];
    let find = |given| NotFound::or_one("silence", given, ids.clone(), |id| id);
    assert_eq!(find("abd"), Ok("abd"));
    assert_eq!(find("b"), Ok("b"));
    let error = find("ab").unwrap_err().to_string();
    assert_eq!(error, r#""ab" is the beginning of more than one silence's id: abc, abd"#);
}

#[test]
fn secrets_are_sealed_and_open_with_their_key_alone() {
    let folder = folder();
    let path = folder.path().join("hookseal.db");
    let vault = || Vault::new(Some(MasterKey::new([7; 32])));
    let store = Store::open(&path, vault()).unwrap();
    let id = store.add_integration(slack("#ops")).unwrap().id;
    assert_eq!(store.integration(id.as_str()).unwrap().settings, slack("#ops"));
    drop(store);
    let octets = std::fs::read(&path).unwrap();
    assert!(!octets.windows(6).any(|window| window == b"s3cret"));

    let store = Store::open(&path, Vault::new(None)).unwrap();
    let error = store.integrations().unwrap_err();
    assert!(matches!(error, StoreError::Vault(_)) && error.to_string().contains("HOOKSEAL_MASTER_KEY"), "{error}");
    let targets = store.read(integrations::targets).unwrap();
    assert_eq!((targets[0].kind, targets[0].greeted), (IntegrationType::Slack, false), "what is told needs no key");
    store.delete_integration(&store.integration_id(&id.as_str()[..5]).unwrap()).unwrap();
}

#[test]
fn silences_are_made_and_ended() {
    let folder = folder();
    let store = open(&folder);
    let soon = Timestamp::now() + SignedDuration::from_hours(1);
    let silence = store.silence(Some("db".to_owned()), Some(Line::Warning), soon).unwrap();
    store.silence(None, None, at(-200_000_000)).unwrap();
    let current = store.silences().unwrap();
    assert_eq!(current.len(), 1, "what is over is not shown");
    assert_eq!((&current[0].id, current[0].severity), (&silence.id, Some(Line::Warning)));
    assert!(current[0].covers("db", Line::Warning, Timestamp::now()));
    assert!(!current[0].covers("db", Line::Warning, soon));
    store.end_silence(&silence.id[..6]).unwrap();
    assert!(store.silences().unwrap().is_empty());
    assert!(store.end_silence(&silence.id).is_err());
}

#[test]
fn figures_of_any_size_come_back() {
    let folder = folder();
    let store = open(&folder);
    let status = ResourceStatus {
        service: "db".to_owned(),
        resource: Resource::Inodes,
        state: State::Critical,
        since: at(1),
        announced: State::Warning,
        reading: Reading::new(u64::MAX - 1, u64::MAX),
        sampled_at: Some(at(2)),
        unknown_rounds: 3,
        unknown_reason: Some("it hangs".to_owned()),
        watched: true,
    };
    let bare = ResourceStatus {
        resource: Resource::Disk,
        reading: None,
        sampled_at: None,
        unknown_reason: None,
        announced: State::Ok,
        ..status.clone()
    };
    let rows = [bare.clone(), status.clone()];
    let point = HistoryPoint { at: at(5), reading: status.reading.unwrap() };
    let round =
        LastRound { at: at(9), took: Duration::from_millis(3), interval: Duration::from_secs(300), resources: 2 };
    store
        .write_blocking(move |transaction| {
            for row in rows.iter().chain(&rows) {
                resources::put(transaction, row)?;
            }
            for at in [at(5), at(6), at(5)] {
                history::put(transaction, "db", Resource::Inodes, HistoryPoint { at, ..point })?;
            }
            resources::put_round(transaction, &round)?;
            resources::put_round(transaction, &round)
        })
        .unwrap();
    assert_eq!(store.resources().unwrap(), [bare, status.clone()]);
    assert_eq!(store.last_round().unwrap(), Some(round));
    assert_eq!(
        store.history("db", Resource::Inodes, at(0)).unwrap(),
        [5, 6].map(|second| HistoryPoint { at: at(second), ..point })
    );
    assert_eq!(store.history("db", Resource::Inodes, at(6)).unwrap().len(), 1);

    store
        .write_blocking(|transaction| {
            resources::forget(transaction, "db", Resource::Disk)?;
            resources::forget(transaction, "db", Resource::Inodes)
        })
        .unwrap();
    let left = store.resources().unwrap();
    assert_eq!(left, [ResourceStatus { watched: false, ..status }], "what was told is still to be cleared");
    for (before, rows) in [(at(2), 1), (at(3), 0)] {
        store.write_blocking(move |transaction| retention::drop_unwatched(transaction, before)).unwrap();
        assert_eq!(store.resources().unwrap().len(), rows);
        assert_eq!(store.history("db", Resource::Inodes, at(0)).unwrap().len(), 2 * rows);
    }
}

#[test]
fn a_delivery_is_shown_as_the_vendors_activity() {
    let folder = folder();
    let store = open(&folder);
    let (slack, gone) = (store.add_integration(slack("#ops")).unwrap().id, IntegrationId::random().unwrap());
    let first = tell(&store, &slack, Severity::Warning, at(0));
    let second = tell(&store, &slack, Severity::Critical, at(10));
    tell(&store, &gone, Severity::Critical, at(20));
    assert!(first.len() == 13 && first.parse::<IntegrationId>().is_ok(), "{first}");
    execute(
        &store,
        "UPDATE delivery SET state = 'dead', attempts = 2, error = 'it answered 410', updated_at = 1800000020000000 WHERE number = 1;
         INSERT INTO attempt VALUES (1, 1, 1800000001000000, 12000, 'retry', 503, 'POST /', 'busy', 'it answered 503');
         INSERT INTO attempt VALUES (1, 2, 1800000019000000, 8000, 'refused', 410, 'POST /', 'gone', 'it answered 410');
         UPDATE delivery SET state = 'sending', attempts = 1 WHERE number = 2;",
    );

    let listed = |filter| store.activities(&filter).unwrap().into_iter().map(|one| one.id).collect::<Vec<_>>();
    let all = ActivityFilter { limit: 10, ..ActivityFilter::default() };
    assert_eq!(listed(all.clone()), [&*second, &first], "what was for nobody is not there");
    assert_eq!(listed(ActivityFilter { limit: 1, ..all.clone() }), [&*second]);
    assert_eq!(listed(ActivityFilter { before: Some(second.clone()), ..all.clone() }), [&*first]);
    assert_eq!(listed(ActivityFilter { integration: Some(slack.clone()), ..all.clone() }).len(), 2);
    assert!(listed(ActivityFilter { integration: Some(gone), ..all.clone() }).is_empty());
    assert_eq!(listed(ActivityFilter { result: Some(ActivityResult::Failure), ..all.clone() }), [&*first]);
    assert_eq!(listed(ActivityFilter { state: Some(ActivityState::Complete), ..all.clone() }), [&*first]);
    assert_eq!(listed(ActivityFilter { state: Some(ActivityState::InProgress), ..all.clone() }), [second]);
    assert!(listed(ActivityFilter { state: Some(ActivityState::Pending), ..all }).is_empty());

    let detail = store.activity(&first[..12]).unwrap();
    assert_eq!(detail.attempts.len(), 2);
    let json = serde_json::to_value(&detail).unwrap();
    assert_eq!(json["type"], "integration.health.slack");
    assert_eq!((&json["state"], &json["result"]), (&json!("complete"), &json!("failure")));
    assert_eq!(json["failure_reason"], "it answered 410");
    assert_eq!(json["started_at"], "2027-01-15T08:00:01Z");
    assert_eq!(json["completed_at"], "2027-01-15T08:00:20Z");
    assert_eq!(json["timings"], json!({ "wait": 1.0, "execute": 0.02 }));
    assert_eq!(json["payload"]["severity"], "warning");
    assert_eq!(json["environments"], json!(["main"]));
    assert_eq!(json["attempts"][1]["took_ms"], 8.0);
    assert_eq!(
        json["log"],
        "2027-01-15T08:00:01Z attempt 1: retry, status 503, 12 ms: it answered 503\n\
         2027-01-15T08:00:19Z attempt 2: refused, status 410, 8 ms: it answered 410\n",
    );
}

#[test]
fn what_is_old_goes_but_for_what_is_pending() {
    let folder = folder();
    let store = open(&folder);
    let slack = store.add_integration(slack("#ops")).unwrap().id;
    let ids: Vec<_> = (0..4).map(|second| tell(&store, &slack, Severity::Warning, at(second))).collect();
    execute(
        &store,
        "UPDATE delivery SET state = 'delivered' WHERE number <> 2;
         UPDATE delivery SET state = 'dead' WHERE number = 3;
         INSERT INTO attempt VALUES (1, 1, 0, 0, 'delivered', 200, '', '', NULL);",
    );
    let more = store.write_blocking(|transaction| retention::drop_activities(transaction, at(3))).unwrap();
    assert!(!more);
    let left = store.activities(&ActivityFilter { limit: 10, ..ActivityFilter::default() }).unwrap();
    assert_eq!(left.iter().map(|one| &one.id).collect::<Vec<_>>(), [&ids[3], &ids[1]]);
    let counts = store.read(|connection| {
        let count = |table| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
        Ok::<[u32; 2], _>([count("event")?, count("attempt")?])
    });
    assert_eq!(counts.unwrap(), [2, 0]);
}

#[test]
fn what_was_given_up_or_delivered_is_delivered_again() {
    let folder = folder();
    let store = open(&folder);
    let (one, other) =
        (store.add_integration(slack("#ops")).unwrap().id, store.add_integration(slack("#dev")).unwrap().id);
    let ids: Vec<_> = [&one, &one, &other, &one]
        .into_iter()
        .enumerate()
        .map(|(second, integration)| tell(&store, integration, Severity::Warning, at(second as i64)))
        .collect();
    let spend = |store: &Store| {
        execute(
            store,
            "UPDATE delivery SET state = 'dead', attempts = 9, age = 5, error = 'no' WHERE number <> 2;
             UPDATE delivery SET state = 'delivered', attempts = 1 WHERE number = 2;
             UPDATE integration SET paused_at = 1, failing_since = 1;",
        );
    };
    let pending = |store: &Store| {
        let waiting = store.waiting().unwrap();
        assert!(waiting.iter().all(|waiting| waiting.age.is_zero()));
        waiting.into_iter().map(|waiting| waiting.number).collect::<Vec<_>>()
    };
    spend(&store);
    assert_eq!(store.redeliver(&Redeliver::One(ids[1][..12].to_owned())).unwrap(), 1);
    assert_eq!(pending(&store), [2]);
    assert_eq!(store.redeliver(&Redeliver::One(ids[1].clone())).unwrap(), 0, "it waits already");
    let paused = |id| store.endpoint_health(id).unwrap().paused_at.is_some();
    assert_eq!((paused(&one), paused(&other)), (false, true));
    spend(&store);
    assert_eq!(store.redeliver(&Redeliver::Dead(None)).unwrap(), 3);
    assert_eq!(pending(&store), [1, 3, 4]);
    spend(&store);
    assert_eq!(store.redeliver(&Redeliver::Dead(Some(one.clone()))).unwrap(), 2);
    spend(&store);
    assert_eq!(store.redeliver(&Redeliver::Since(at(1), Some(one))).unwrap(), 2);
    assert_eq!(pending(&store), [2, 4]);
    assert!(matches!(store.redeliver(&Redeliver::One("no-such-delivery".to_owned())), Err(StoreError::NotFound(_))));
}

#[test]
fn an_event_is_stored_octet_by_octet() {
    let folder = folder();
    let store = open(&folder);
    let slack = store.add_integration(slack("#ops")).unwrap().id;
    tell(&store, &slack, Severity::Critical, at(0));
    let body: Vec<u8> =
        store.read(|connection| connection.query_row("SELECT body FROM event", [], |row| row.get(0))).unwrap();
    let message = Message::read(Bytes::from(body.clone())).unwrap();
    let Content::Notification(notification) = &message.content else { panic!("{message:?}") };
    assert_eq!(serde_json::to_vec(notification).unwrap(), body);
}
