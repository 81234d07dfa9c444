//! The notifier's log: a line for each attempt to deliver, and for what is new with the checks. Lines are made and written by
//! a thread of its own, so that neither a slow terminal nor many lines hold up anything; those that it is too slow for are
//! counted.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::{iter, mem, thread};

use clap::ValueEnum;
use hookseal_notifier::{Arrival, Attempted, Fleet, Notifier, Status, Worker};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};

use crate::{output, style};

/// Handfuls of news that may wait for whoever reads them.
const QUEUE: usize = 64;

const AWAY: &str = "no server of the fleet can be reached";

/// News in a handful.
const HANDFUL: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Pretty,
    Json,
    Off,
}

/// Logs until the notifier has ended.
pub(super) async fn log(notifier: &Notifier, fleet: Option<&Fleet>, format: LogFormat) {
    let mut statuses = notifier.subscribe();
    let mut connected = fleet.map(Fleet::connected);
    let mut shown = Shown::default();
    let news = async || {
        tokio::select! {
            changed = statuses.changed() => changed.ok()?,
            changed = changed(&mut connected) => changed.ok()?,
        }
        let status = statuses.borrow_and_update();
        let mut troubles = troubles(&status);
        let is_away = fleet.is_some_and(|fleet| !fleet.is_connected());
        troubles.extend(is_away.then(|| format!("{AWAY}; deliveries wait in the store")));
        Some(shown.checks(&status).into_iter().chain(shown.troubles(troubles)).collect())
    };
    follow(notifier.attempts(), news, format).await;
}

/// Logs until the worker has ended.
pub(super) async fn log_worker(worker: &Worker, format: LogFormat) {
    let mut changes = worker.news();
    let mut shown = Shown::default();
    let news = async || {
        changes.changed().await.ok()?;
        let status = worker.status();
        let mut troubles: Vec<String> = (!status.is_connected).then(|| AWAY.to_owned()).into_iter().collect();
        troubles.extend(status.trouble.filter(|_| status.is_connected));
        troubles.extend(status.unusable.iter().map(|why| cannot_be_told(why)));
        Some(shown.troubles(troubles).collect())
    };
    follow(worker.attempts(), news, format).await;
}

async fn changed(connected: &mut Option<watch::Receiver<bool>>) -> Result<(), watch::error::RecvError> {
    match connected {
        Some(connected) => connected.changed().await,
        None => std::future::pending().await,
    }
}

/// `news` waits for what else is new, and is begun anew whenever there was an attempt first.
async fn follow(
    mut attempts: broadcast::Receiver<Attempted>,
    mut news: impl AsyncFnMut() -> Option<Vec<News>>,
    format: LogFormat,
) {
    if format == LogFormat::Off {
        drop(attempts); // nobody need tell of them
        return std::future::pending().await;
    }
    let (queue, handfuls) = sync_channel(QUEUE);
    thread::spawn(move || write_all(&handfuls, format));
    let mut queue = Queue { queue, handful: Vec::new(), missed: 0 };
    loop {
        tokio::select! {
            attempted = attempts.recv() => match attempted {
                Ok(attempted) => {
                    queue.push(News::Attempt(attempted));
                    while queue.handful.len() < HANDFUL {
                        match attempts.try_recv() {
                            Ok(attempted) => queue.push(News::Attempt(attempted)),
                            Err(TryRecvError::Lagged(missed)) => queue.missed += missed,
                            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                        }
                    }
                }
                Err(RecvError::Lagged(missed)) => queue.missed += missed,
                Err(RecvError::Closed) => return,
            },
            news = news() => match news {
                Some(news) => news.into_iter().for_each(|news| queue.push(news)),
                None => return,
            },
        }
        queue.pass_on();
    }
}

/// What there is to tell.
enum News {
    Attempt(Attempted),
    Check(Check),
    Trouble(String),
    /// A trouble that is no more.
    Over(String),
}

struct Check {
    resources: u64,
    warning: usize,
    critical: usize,
    unknown: usize,
    took_ms: f64,
}

struct Queue {
    queue: SyncSender<Vec<(Timestamp, News)>>,
    handful: Vec<(Timestamp, News)>,
    missed: u64,
}

impl Queue {
    fn push(&mut self, news: News) {
        let now = Timestamp::now();
        if self.missed > 0 {
            let missed = format!("{} lines are not shown: nobody reads fast enough", mem::take(&mut self.missed));
            self.handful.push((now, News::Trouble(missed)));
        }
        self.handful.push((now, news));
    }

    fn pass_on(&mut self) {
        let handful = mem::take(&mut self.handful);
        // A log that nobody reads any more is no reason to stop watching.
        if let Err(TrySendError::Full(handful)) = self.queue.try_send(handful) {
            self.missed += handful.len() as u64;
        }
    }
}

/// Writes what has gathered at once.
fn write_all(handfuls: &Receiver<Vec<(Timestamp, News)>>, format: LogFormat) {
    let mut pretty = BufWriter::new(anstream::stdout());
    let mut plain = BufWriter::new(io::stdout());
    let zone = TimeZone::system();
    while let Ok(first) = handfuls.recv() {
        for (at, news) in iter::once(first).chain(handfuls.try_iter()).flatten() {
            // JSON is escaped already, and must not lose what looks like a terminal's escape.
            let _ = match format {
                LogFormat::Json => writeln!(plain, "{}", news.in_json(at)),
                LogFormat::Pretty | LogFormat::Off => {
                    let time = at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f");
                    writeln!(pretty, "{}{time}{}  {}", style::DIM, style::RESET, news.in_words())
                }
            };
        }
        let _ = pretty.flush().and_then(|()| plain.flush());
    }
}

/// What was said last of the checks, so that only what is new is said.
#[derive(Default)]
struct Shown {
    counts: Option<(usize, usize, usize)>,
    troubles: Vec<String>,
}

impl Shown {
    fn checks(&mut self, status: &Status) -> Option<News> {
        let Status { warning, critical, unknown, .. } = *status;
        let counts = (warning, critical, unknown);
        let round = status.round.filter(|_| self.counts != Some(counts))?;
        self.counts = Some(counts);
        let took_ms = round.took.as_secs_f64() * 1e3;
        Some(News::Check(Check { resources: round.resources, warning, critical, unknown, took_ms }))
    }

    fn troubles(&mut self, troubles: Vec<String>) -> impl Iterator<Item = News> + use<> {
        let new = troubles.iter().filter(|trouble| !self.troubles.contains(trouble)).cloned().map(News::Trouble);
        let gone = self.troubles.iter().filter(|trouble| !troubles.contains(trouble)).cloned().map(News::Over);
        let news: Vec<News> = new.chain(gone).collect();
        self.troubles = troubles;
        news.into_iter()
    }
}

fn troubles(status: &Status) -> Vec<String> {
    let mut troubles = Vec::new();
    if let Some(error) = &status.store_error {
        troubles.push(format!("{error}; notifications go out from memory, and a crash would lose them"));
    }
    if status.deliveries.unwritten {
        troubles.push("results of deliveries cannot be written down: a crash now would repeat them".to_owned());
    }
    if let Some(error) = &status.heartbeat_error {
        troubles.push(format!("the heartbeat failed: {error}"));
    }
    troubles.extend(status.unusable.iter().map(|why| cannot_be_told(why)));
    troubles
}

fn cannot_be_told(why: &str) -> String {
    format!("an integration cannot be told: {why}")
}

impl News {
    fn in_words(&self) -> String {
        let reset = style::RESET;
        match self {
            News::Attempt(attempted) => attempt_in_words(attempted),
            News::Check(check) => check_in_words(check),
            News::Trouble(text) => {
                format!("{}{:<9}{reset}  {}", style::ERROR, "trouble", output::shortened(text, 1000))
            }
            News::Over(text) => {
                format!("{}{:<9}{reset}  no more: {}", style::VALID, "over", output::shortened(text, 1000))
            }
        }
    }

    fn in_json(&self, at: Timestamp) -> String {
        let json = match self {
            News::Attempt(attempted) => attempt_in_json(at, attempted),
            News::Check(Check { resources, warning, critical, unknown, took_ms }) => json!({
                "at": at,
                "event": "check",
                "resources": resources,
                "warning": warning,
                "critical": critical,
                "unknown": unknown,
                "took_ms": took_ms,
            }),
            News::Trouble(text) => json!({ "at": at, "event": "trouble", "message": text }),
            News::Over(text) => json!({ "at": at, "event": "over", "message": text }),
        };
        output::json_line(&json).unwrap_or_default()
    }
}

const fn word(arrives: Arrival) -> &'static str {
    match arrives {
        Arrival::Delivered => "delivered",
        Arrival::Published => "published",
        Arrival::Retry => "retry",
        Arrival::Dead => "dead",
    }
}

fn attempt_in_words(attempted: &Attempted) -> String {
    let (reset, dim) = (style::RESET, style::DIM);
    let color = match attempted.arrives {
        Arrival::Delivered | Arrival::Published => style::VALID,
        Arrival::Retry => style::UNSIGNED,
        Arrival::Dead => style::INVALID,
    };
    let status = attempted.status.map(|status| format!("{status} ")).unwrap_or_default();
    let mut words = format!(
        "{color}{:<9}{reset}  {} {dim}{}{reset}  {}  {dim}{status}in {:.1} ms, attempt {}{reset}",
        word(attempted.arrives),
        attempted.integration,
        attempted.kind,
        output::shortened(&attempted.text, 300),
        attempted.took.as_secs_f64() * 1e3,
        attempted.attempt,
    );
    if let Some(error) = &attempted.error {
        words.push_str(&format!("\n              {color}{}{reset}", output::shortened(error, 300)));
    }
    words
}

fn attempt_in_json(at: Timestamp, attempted: &Attempted) -> Value {
    json!({
        "at": at,
        "event": "attempt",
        "outcome": word(attempted.arrives),
        "integration": attempted.integration,
        "type": attempted.kind.as_str(),
        "id": attempted.event,
        "text": attempted.text.as_ref(),
        "attempt": attempted.attempt,
        "status": attempted.status,
        "error": attempted.error,
        "took_ms": attempted.took.as_secs_f64() * 1e3,
    })
}

fn check_in_words(check: &Check) -> String {
    let Check { resources, warning, critical, unknown, took_ms } = check;
    let (reset, dim) = (style::RESET, style::DIM);
    let color = match (critical, warning + unknown) {
        (0, 0) => style::VALID,
        (0, _) => style::UNSIGNED,
        _ => style::INVALID,
    };
    format!(
        "{color}{:<9}{reset}  {} {}: {warning} warning, {critical} critical, {unknown} unknown  \
         {dim}in {took_ms:.1} ms{reset}",
        "checked",
        output::grouped(*resources),
        if *resources == 1 { "resource" } else { "resources" },
    )
}
