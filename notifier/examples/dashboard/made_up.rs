//! What a notifier would have written in a month, by the same rules and in the same tables.

use std::f64::consts::TAU;
use std::path::Path;

use hookseal_health::{Check, Notification, Origin, Reading, Resource, Sample, State, Thresholds};
use hookseal_notifier::IntegrationId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::Outcome;

/// A check every so many minutes of the last month.
const EVERY: i64 = 15;
const MONTH: i64 = 30 * 24 * 60;

/// What share is free so many days ago.
type Curve = fn(f64) -> f64;

pub(crate) struct Service {
    name: String,
    disk: (u64, Curve),
    inodes: Option<(u64, Curve)>,
    /// Nothing could be measured lately.
    is_unknown: bool,
}

const GB: u64 = 1_000_000_000;

impl Service {
    pub(crate) fn all() -> Vec<Service> {
        let service = |name: &str, disk, inodes| Service { name: name.to_owned(), disk, inodes, is_unknown: false };
        vec![
            service(
                "app",
                (10 * GB, |ago| 0.54 + wave(ago, 1.0, 0.03)),
                Some((655_360, |ago| 0.71 + wave(ago, 7.0, 0.01))),
            ),
            service("database", (50 * GB, filling), Some((3_276_800, |_| 0.88))),
            service(
                "uploads",
                (200 * GB, |ago| 0.162 + ago * 0.013 + wave(ago, 1.0, 0.004)),
                Some((13_107_200, |ago| 0.31 + ago * 0.004)),
            ),
            service("search", (20 * GB, cleaned_up), Some((1_310_720, |ago| 0.62 + wave(ago, 3.0, 0.02)))),
            service("queue", (5 * GB, |ago| 0.83 + wave(ago, 0.5, 0.05)), None),
            Service { is_unknown: true, ..service("archive", (500 * GB, |ago| 0.44 - (30.0 - ago) * 0.002), None) },
        ]
    }

    pub(crate) fn named(name: &str, index: usize) -> Service {
        let curve: Curve = if index.is_multiple_of(2) { filling } else { cleaned_up };
        Service {
            name: name.to_owned(),
            disk: (10 * GB, curve),
            inodes: Some((1_000, |_| 0.5)),
            is_unknown: index == 0,
        }
    }
}

fn wave(ago: f64, days: f64, height: f64) -> f64 {
    (ago / days * TAU).sin() * height
}

/// Logs that are rotated every few days, and a database that grows for all that.
fn filling(ago: f64) -> f64 {
    0.082 + ago * 0.016 + (ago % 3.0) * 0.012
}

/// It ran full two days ago, and somebody made room.
fn cleaned_up(ago: f64) -> f64 {
    if ago < 1.6 { 0.57 - (1.6 - ago) * 0.02 } else { 0.06 + (ago - 1.6) * 0.021 + wave(ago, 1.0, 0.01) }
}

pub(crate) struct Desk {
    connection: Connection,
    now: Timestamp,
    told: Vec<(Notification, Vec<IntegrationId>)>,
}

impl Desk {
    pub(crate) fn open(store: &Path) -> Outcome<Self> {
        let connection = Connection::open(store)?;
        connection.execute_batch("PRAGMA synchronous = OFF")?;
        Ok(Desk { connection, now: Timestamp::now(), told: Vec::new() })
    }

    pub(crate) fn watch(&mut self, service: &Service, integrations: &[&IntegrationId]) -> Outcome<()> {
        self.resource(service, Resource::Disk, service.disk, integrations)?;
        if let Some(inodes) = service.inodes {
            self.resource(service, Resource::Inodes, inodes, integrations)?;
        }
        Ok(())
    }

    fn resource(
        &mut self,
        service: &Service,
        resource: Resource,
        (total, curve): (u64, Curve),
        integrations: &[&IntegrationId],
    ) -> Outcome<()> {
        let check = Check { resource, thresholds: Thresholds::Percent };
        let (mut state, mut since, mut last) = (State::Ok, self.now, None);
        let mut notifications = Vec::new();
        let transaction = self.connection.transaction()?;
        let end = if service.is_unknown { 5 * 60 } else { 0 };
        for minutes in (end..MONTH).step_by(EVERY as usize).collect::<Vec<_>>().into_iter().rev() {
            // The machine was off for a while.
            if (18_000..19_200).contains(&minutes) {
                continue;
            }
            let at = self.now - SignedDuration::from_mins(minutes);
            let free = curve(minutes as f64 / (24.0 * 60.0)).clamp(0.0, 1.0);
            let reading = Reading::new((free * total as f64) as u64, total).ok_or("no reading")?;
            let (next, told) = check.transition(state, Sample::Known(reading));
            if next != state {
                (state, since) = (next, at);
            }
            let origin = || Origin {
                project: "shop".to_owned(),
                environments: vec!["main".to_owned()],
                service: service.name.clone(),
            };
            notifications.extend(told.map(|told| Notification::new(told, Uuid::now_v7(), at, origin())));
            last = Some((reading, at));
            transaction.execute(
                "INSERT OR REPLACE INTO sample VALUES (?1, ?2, ?3, ?4, ?5)",
                params![service.name, resource.as_str(), at.as_microsecond(), reading.available() as i64, total as i64],
            )?;
        }
        let (reading, at) = last.ok_or("no figures")?;
        let unknown =
            (service.is_unknown as u32 * 60, service.is_unknown.then_some("statvfs did not answer within 5 s"));
        transaction.execute(
            "INSERT INTO resource (service, resource, state, since, announced, available, total, sampled_at, \
             unknown_rounds, unknown_reason) VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7, ?8, ?9)",
            params![
                service.name,
                resource.as_str(),
                state.as_str(),
                since.as_microsecond(),
                reading.available() as i64,
                total as i64,
                at.as_microsecond(),
                unknown.0,
                unknown.1,
            ],
        )?;
        transaction.commit()?;
        let integrations: Vec<_> = integrations.iter().map(|&integration| integration.clone()).collect();
        self.told.extend(notifications.into_iter().map(|notification| (notification, integrations.clone())));
        Ok(())
    }

    /// Delivers all that there was to tell, in the order in which it came.
    pub(crate) fn deliver(&mut self) -> Outcome<()> {
        let mut told = std::mem::take(&mut self.told);
        told.sort_by_key(|(notification, _)| notification.created_at);
        told.iter().try_for_each(|(notification, integrations)| self.tell(notification, integrations))
    }

    /// Delivers to each; the last is gone, and the second has trouble since yesterday.
    fn tell(&mut self, notification: &Notification, integrations: &[IntegrationId]) -> Outcome<()> {
        let transaction = self.connection.transaction()?;
        let at = notification.created_at;
        let (service, resource) = (&notification.payload.service, notification.payload.resource.as_str());
        let severity = notification.payload.severity.as_str();
        transaction.execute(
            "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                notification.id.as_bytes(),
                at.as_microsecond(),
                notification.kind.as_str(),
                service,
                resource,
                severity,
                serde_json::to_vec(notification)?,
            ],
        )?;
        let yesterday = self.now - SignedDuration::from_hours(26);
        for (index, integration) in integrations.iter().enumerate() {
            let (state, error, attempts) = match index {
                1 if at > yesterday => ("pending", Some("Slack answered 503 Service Unavailable"), 7),
                4 => ("dead", Some("the connection to 203.0.113.9:443 was refused"), 3),
                0 if integrations.len() == 1 => ("dead", Some(service.as_str()), 2),
                _ => ("delivered", None, 1),
            };
            let bits = Uuid::new_v4().as_u128();
            let letters: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
            let id: String = (0..13).map(|place| char::from(letters[(bits >> (5 * place) & 31) as usize])).collect();
            let recipient = (index == 3).then_some("admin@example.com");
            transaction.execute(
                "INSERT INTO delivery (id, event, integration, recipient, lane, state, attempts, due_at, created_at, \
                 updated_at, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10)",
                params![
                    id,
                    notification.id.as_bytes(),
                    integration.as_str(),
                    recipient,
                    format!("{service}/{resource}"),
                    state,
                    attempts,
                    (self.now + SignedDuration::from_secs(95)).as_microsecond(),
                    at.as_microsecond(),
                    error,
                ],
            )?;
            let number = transaction.last_insert_rowid();
            for attempt in 1..=attempts {
                let is_last = attempt == attempts;
                let (outcome, status, answer) = match state {
                    "delivered" => ("delivered", Some(204), ""),
                    "dead" if is_last && integrations.len() == 1 => ("refused", Some(400), service.as_str()),
                    "dead" => ("retry", None, ""),
                    _ => ("retry", Some(503), "<html><body>upstream connect error</body></html>"),
                };
                let request = format!(
                    "POST /health HTTP/1.1\ncontent-type: application/json\nx-hookseal-event-id: {}\n\
                     x-jws-signature: [REDACTED]\n\n{}",
                    notification.id,
                    serde_json::to_string(notification)?
                );
                let started = at + SignedDuration::from_secs(5 * (1 << attempt));
                transaction.execute(
                    "INSERT INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![number, attempt, started.as_microsecond(), 18_300, outcome, status, request, answer, error],
                )?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn fails(&self, integration: &IntegrationId, error: &str, failures: u32) -> Outcome<()> {
        let since = self.now - SignedDuration::from_hours(26);
        let before = since - SignedDuration::from_hours(40);
        self.connection.execute(
            "UPDATE integration SET failing_since = ?2, failures = ?3, last_error = ?4, succeeded_at = ?5 WHERE id = ?1",
            params![integration.as_str(), since.as_microsecond(), failures, error, before.as_microsecond()],
        )?;
        Ok(())
    }

    pub(crate) fn is_paused(&self, integration: &IntegrationId, error: &str, days: i64) -> Outcome<()> {
        let since = self.now - SignedDuration::from_hours(24 * days);
        let paused = since + SignedDuration::from_hours(24 * 5);
        self.connection.execute(
            "UPDATE integration SET failing_since = ?2, failures = 512, last_error = ?3, paused_at = ?4 WHERE id = ?1",
            params![integration.as_str(), since.as_microsecond(), error, paused.as_microsecond()],
        )?;
        Ok(())
    }

    /// A check a moment ago, and the other integrations are well.
    pub(crate) fn checked(&self) -> Outcome<()> {
        let at = (self.now - SignedDuration::from_secs(14)).as_microsecond();
        self.connection.execute("INSERT INTO round VALUES (?1, 21000, 300000000, 10)", [at])?;
        self.connection.execute("UPDATE integration SET succeeded_at = ?1 WHERE failing_since IS NULL", [at])?;
        Ok(())
    }
}
