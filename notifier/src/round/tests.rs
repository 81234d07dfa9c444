use hookseal_health::Line;
use jiff::SignedDuration;
use tempfile::TempDir;

use super::*;
use crate::store::{ActivityFilter, ActivityState};
use crate::{IntegrationId, Secret, Settings, Vault};

fn at(second: i64) -> Timestamp {
    // The store's silences are looked at by the real clock.
    Timestamp::from_second(Timestamp::now().as_second() + second).unwrap()
}

fn options() -> RoundOptions {
    RoundOptions {
        project: "shop".to_owned(),
        environment: "main".to_owned(),
        thresholds: Thresholds::Percent,
        groups: RecipientGroups {
            admins: vec!["ada@example.com".to_owned(), "bob@example.com".to_owned()],
            viewers: Vec::new(),
        },
        welcomes: true,
    }
}

fn percent(available: u64) -> Figures {
    Figures { sample: Sample::new(available, 100), reason: None }
}

fn seen(disk: u64) -> Probed {
    Probed { disk: percent(disk), inodes: Some(percent(50)) }
}

/// A store with a daemon's memory of two services.
struct Rig {
    _folder: TempDir,
    store: Store,
    rounds: Rounds,
    second: i64,
}

impl Rig {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None)).unwrap();
        let rounds = Self::load(&store, &["app", "db"]);
        Rig { _folder: folder, store, rounds, second: 0 }
    }

    fn load(store: &Store, services: &[&str]) -> Rounds {
        Rounds::load(store.clone(), options(), services.iter().copied()).unwrap()
    }

    fn add(&self, settings: Settings) -> IntegrationId {
        self.store.add_integration(settings).unwrap().id
    }

    fn webhook(&self) -> IntegrationId {
        self.add(Settings::Webhook { url: "https://example.com/".parse().unwrap(), shared_key: None })
    }

    fn slack(&self) -> IntegrationId {
        self.add(Settings::Slack { channel: "#ops".to_owned(), token: Secret::new("xoxb-1") })
    }

    fn check(&mut self, app: Probed, db: Probed) -> Outcome {
        self.second += 300;
        self.rounds.check(&[app, db], at(self.second), Instant::now(), Duration::from_secs(300))
    }

    /// What an integration is told, the first one first: "db warning", or the event's type.
    fn told(&self, integration: &IntegrationId) -> Vec<String> {
        let filter = ActivityFilter { integration: Some(integration.clone()), limit: 100, ..ActivityFilter::default() };
        let mut told: Vec<_> = self
            .store
            .activities(&filter)
            .unwrap()
            .into_iter()
            .map(|activity| {
                assert_eq!(activity.state, ActivityState::Pending);
                let text = |name: &str| activity.payload[name].as_str().map(str::to_owned);
                let recipient = activity.parameters.recipient.map(|to| format!(" to {to}")).unwrap_or_default();
                match (text("service"), text("severity")) {
                    (Some(service), Some(severity)) => format!("{service} {severity}{recipient}"),
                    _ => activity.parameters.event_type,
                }
            })
            .collect();
        told.reverse();
        told
    }
}

#[test]
fn what_changes_is_stored_and_told_to_everybody() {
    let mut rig = Rig::new();
    let (webhook, slack) = (rig.webhook(), rig.slack());
    let outcome = rig.check(seen(50), seen(15));
    assert_eq!((outcome.told, outcome.error.is_none()), (vec![Severity::Warning], true));
    assert_eq!((outcome.warning, outcome.critical, outcome.round.unwrap().resources), (1, 0, 4));
    assert_eq!(rig.told(&webhook), ["db warning"]);
    assert_eq!(rig.told(&slack), ["integration.created", "db warning"]);
    assert!(rig.check(seen(50), seen(15)).told.is_empty());
    assert_eq!(rig.check(seen(50), seen(60)).told, [Severity::AllClear]);
    assert_eq!(rig.told(&webhook), ["db warning", "db all-clear"]);

    let rows = rig.store.resources().unwrap();
    let row = rows.iter().find(|row| (row.service.as_str(), row.resource) == ("db", Resource::Disk)).unwrap();
    assert_eq!((row.state, row.announced, row.reading.unwrap().available()), (State::Ok, State::Ok, 60));
    assert_eq!(rig.store.history("db", Resource::Disk, at(-10)).unwrap().len(), 2);
    assert_eq!(rig.store.last_round().unwrap().unwrap().resources, 4);
}

#[test]
fn a_new_daemon_takes_up_where_the_last_one_ended() {
    let mut rig = Rig::new();
    let webhook = rig.webhook();
    rig.check(seen(50), seen(15));
    rig.rounds = Rig::load(&rig.store, &["app", "db"]);
    assert!(rig.check(seen(50), seen(15)).told.is_empty(), "nothing is told again");
    assert_eq!(rig.check(seen(50), seen(60)).told, [Severity::AllClear]);
    assert_eq!(rig.told(&webhook), ["db warning", "db all-clear"]);
}

#[test]
fn a_service_that_comes_back_into_the_configuration_is_still_cleared() {
    let mut rig = Rig::new();
    rig.check(seen(50), seen(15));
    drop(Rig::load(&rig.store, &["app"]));
    let watched: Vec<_> = rig.store.resources().unwrap().into_iter().map(|row| (row.service, row.watched)).collect();
    assert_eq!(watched, [("app".to_owned(), true), ("app".to_owned(), true), ("db".to_owned(), false)]);
    rig.rounds = Rig::load(&rig.store, &["app", "db"]);
    assert_eq!(rig.check(seen(50), seen(60)).told, [Severity::AllClear]);
    assert!(rig.store.resources().unwrap().iter().all(|row| row.watched));
}

#[test]
fn newcomers_hear_of_what_is_open_and_of_nothing_twice() {
    let mut rig = Rig::new();
    assert!(rig.rounds.greet(at(0)).is_none());
    rig.check(seen(15), seen(5));
    let early = rig.webhook();
    assert!(rig.rounds.greet(at(1)).unwrap().told.is_empty(), "the others hear nothing");
    assert_eq!(rig.told(&early), ["app warning", "db critical"]);
    assert!(rig.rounds.greet(at(2)).is_none(), "once");
    // This one comes with a check, in which one of the two changes.
    let late = rig.slack();
    rig.check(seen(15), seen(60));
    assert_eq!(rig.told(&late), ["integration.created", "app warning", "db all-clear"]);
    assert_eq!(rig.told(&early), ["app warning", "db critical", "db all-clear"]);
}

#[test]
fn each_recipient_of_an_email_has_a_delivery_and_a_lane() {
    let mut rig = Rig::new();
    let recipients = ["bob@example.com", "#admins", "#viewers"].map(str::to_owned).to_vec();
    let email = rig.add(Settings::Email { from_address: None, recipients });
    rig.check(seen(50), seen(15));
    let mut told = rig.told(&email);
    told.sort();
    assert_eq!(told, ["db warning to #viewers", "db warning to ada@example.com", "db warning to bob@example.com"]);
    let lanes: u32 = rig
        .store
        .read(|connection| connection.query_row("SELECT count(DISTINCT lane) FROM delivery", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(lanes, 3);
}

#[test]
fn a_silence_of_the_store_counts() {
    let mut rig = Rig::new();
    let webhook = rig.webhook();
    let silence = rig.store.silence(Some("db".to_owned()), Some(Line::Critical), at(3_600)).unwrap();
    assert!(rig.check(seen(50), seen(5)).told.is_empty());
    rig.store.end_silence(&silence.id).unwrap();
    assert_eq!(rig.check(seen(50), seen(5)).told, [Severity::Critical]);
    assert_eq!(rig.told(&webhook), ["db critical"]);
}

#[test]
fn inodes_that_are_not_counted_have_no_row() {
    let mut rig = Rig::new();
    let bare = |disk| Probed { disk: percent(disk), inodes: None };
    rig.check(bare(50), Probed::unknown("it hangs"));
    let rows = |rig: &Rig| -> Vec<_> {
        let rows = rig.store.resources().unwrap().into_iter();
        rows.map(|row| format!("{} {} {}", row.service, row.resource, row.unknown_rounds)).collect()
    };
    assert_eq!(rows(&rig), ["app disk 0", "db disk 1"], "what was never measured may not exist");
    rig.check(seen(50), Probed { disk: percent(50), inodes: Some(percent(5)) });
    assert_eq!(rows(&rig), ["app disk 0", "app inodes 0", "db disk 0", "db inodes 0"]);
    let outcome = rig.check(bare(50), bare(50));
    assert!(outcome.told.is_empty(), "nobody knows, so nobody clears");
    assert_eq!(rows(&rig), ["app disk 0", "db disk 0", "db inodes 1"]);
    rig.check(bare(50), bare(50));
    assert_eq!(rig.check(bare(50), bare(50)).unknown, 1);
}

#[test]
fn what_cannot_be_written_is_told_from_memory_and_written_later() {
    let mut rig = Rig::new();
    let webhook = rig.webhook();
    rig.check(seen(50), seen(50));
    let limit = |store: &Store, sql: &'static str| {
        store.write_blocking(move |transaction| transaction.execute_batch(sql)).unwrap();
    };
    limit(&rig.store, "CREATE TRIGGER broken BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'no'); END");
    let outcome = rig.check(seen(50), seen(15));
    assert_eq!((outcome.told, outcome.unwritten.len()), (vec![Severity::Warning], 1));
    assert_eq!(outcome.unwritten[0].deliveries[0].integration, webhook);
    assert!(outcome.error.is_some());
    let stored = |rig: &Rig| rig.store.resources().unwrap().into_iter().map(|row| row.state).max();
    assert_eq!(stored(&rig), Some(State::Ok));

    limit(&rig.store, "DROP TRIGGER broken");
    let outcome = rig.check(seen(50), seen(15));
    assert!(outcome.told.is_empty() && outcome.error.is_none(), "it is told once");
    assert_eq!(stored(&rig), Some(State::Warning));
    assert_eq!(rig.check(seen(50), seen(60)).told, [Severity::AllClear]);
    assert_eq!(rig.told(&webhook), ["db all-clear"]);
}

#[test]
fn a_clock_that_steps_back_a_day_loses_nothing() {
    let mut rig = Rig::new();
    rig.check(seen(50), seen(15));
    rig.second -= SignedDuration::from_hours(24).as_secs();
    assert!(rig.check(seen(50), seen(15)).told.is_empty());
    assert_eq!(rig.check(seen(50), seen(60)).told, [Severity::AllClear]);
    assert_eq!(rig.store.history("db", Resource::Disk, at(-100_000)).unwrap().len(), 3);
}
