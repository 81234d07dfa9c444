//! The notifier's log: a line for each attempt to deliver, and for what is new with the checks. It is written by a thread
//! of its own, so that a slow terminal holds up nothing; lines that it is too slow for are counted.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use clap::ValueEnum;
use hookseal_notifier::{Arrival, Attempted, Notifier, Status};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::{output, style};

/// Lines that may wait for whoever reads them.
const QUEUE: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Pretty,
    Json,
    Off,
}

/// Logs until the notifier has ended.
pub(super) async fn log(notifier: &Notifier, format: LogFormat) {
    if format == LogFormat::Off {
        return std::future::pending().await;
    }
    let (queue, lines) = sync_channel(QUEUE);
    std::thread::spawn(move || write_all(&lines, format));
    let mut queue = Queue { lines: queue, skipped: 0, format };
    let mut attempts = notifier.attempts();
    let mut statuses = notifier.subscribe();
    let mut shown = Shown::default();
    loop {
        tokio::select! {
            attempted = attempts.recv() => match attempted {
                Ok(attempted) => queue.push(&Line::attempt(&attempted)),
                Err(RecvError::Lagged(missed)) => queue.skipped += missed,
                Err(RecvError::Closed) => return,
            },
            changed = statuses.changed() => {
                if changed.is_err() {
                    return;
                }
                for line in shown.news(&statuses.borrow_and_update().clone()) {
                    queue.push(&line);
                }
            }
        }
    }
}

struct Queue {
    lines: SyncSender<String>,
    skipped: u64,
    format: LogFormat,
}

impl Queue {
    fn push(&mut self, line: &Line) {
        if self.skipped > 0 {
            let skipped = Line::trouble(&format!("{} lines are not shown: nobody reads fast enough", self.skipped));
            if self.lines.try_send(skipped.text(self.format)).is_ok() {
                self.skipped = 0;
            }
        }
        // A log that nobody reads any more is no reason to stop watching.
        if let Err(TrySendError::Full(_)) = self.lines.try_send(line.text(self.format)) {
            self.skipped += 1;
        }
    }
}

fn write_all(lines: &Receiver<String>, format: LogFormat) {
    while let Ok(line) = lines.recv() {
        // JSON is escaped already, and must not lose what looks like a terminal's escape.
        let _ = match format {
            LogFormat::Json => writeln!(std::io::stdout(), "{line}"),
            LogFormat::Pretty | LogFormat::Off => writeln!(anstream::stdout(), "{line}"),
        };
    }
}

/// What was said last of the checks, so that only what is new is said.
#[derive(Default)]
struct Shown {
    counts: Option<(usize, usize, usize)>,
    troubles: Vec<String>,
}

impl Shown {
    fn news(&mut self, status: &Status) -> Vec<Line> {
        let mut lines = Vec::new();
        let counts = (status.warning, status.critical, status.unknown);
        if let Some(round) = status.round.filter(|_| self.counts != Some(counts)) {
            self.counts = Some(counts);
            lines.push(Line::check(status, round.resources, round.took.as_secs_f64() * 1e3));
        }
        let troubles = troubles(status);
        for trouble in troubles.iter().filter(|trouble| !self.troubles.contains(trouble)) {
            lines.push(Line::trouble(trouble));
        }
        for gone in self.troubles.iter().filter(|trouble| !troubles.contains(trouble)) {
            lines.push(Line::over(gone));
        }
        self.troubles = troubles;
        lines
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
    troubles.extend(status.unusable.iter().map(|why| format!("an integration cannot be told: {why}")));
    troubles
}

/// A line, for people and for programs.
struct Line {
    at: Timestamp,
    pretty: String,
    json: Value,
}

impl Line {
    fn attempt(attempted: &Attempted) -> Self {
        let (reset, dim) = (style::RESET, style::DIM);
        let (color, word) = match attempted.arrives {
            Arrival::Delivered => (style::VALID, "delivered"),
            Arrival::Retry => (style::UNSIGNED, "retry"),
            Arrival::Dead => (style::INVALID, "dead"),
        };
        let (kind, integration) = (attempted.kind, &attempted.integration);
        let took = attempted.took.as_secs_f64() * 1e3;
        let status = attempted.status.map(|status| format!("{status} ")).unwrap_or_default();
        let mut pretty = format!(
            "{color}{word:<9}{reset}  {integration} {dim}{kind}{reset}  {}  {dim}{status}in {took:.1} ms, attempt {}{reset}",
            output::shortened(&attempted.text, 300),
            attempted.attempt,
        );
        if let Some(error) = &attempted.error {
            pretty.push_str(&format!("\n              {color}{}{reset}", output::shortened(error, 300)));
        }
        let json = json!({
            "event": "attempt",
            "outcome": word,
            "integration": integration,
            "type": kind.as_str(),
            "id": attempted.event,
            "text": attempted.text.as_ref(),
            "attempt": attempted.attempt,
            "status": attempted.status,
            "error": attempted.error,
            "took_ms": took,
        });
        Line::now(pretty, json)
    }

    fn check(status: &Status, resources: u64, took: f64) -> Self {
        let Status { warning, critical, unknown, .. } = status;
        let color = match (critical, warning + unknown) {
            (0, 0) => style::VALID,
            (0, _) => style::UNSIGNED,
            _ => style::INVALID,
        };
        let pretty = format!(
            "{color}{:<9}{}  {} {}: {warning} warning, {critical} critical, {unknown} unknown  {}in {took:.1} ms{}",
            "checked",
            style::RESET,
            output::grouped(resources),
            if resources == 1 { "resource" } else { "resources" },
            style::DIM,
            style::RESET,
        );
        let json = json!({
            "event": "check",
            "resources": resources,
            "warning": warning,
            "critical": critical,
            "unknown": unknown,
            "took_ms": took,
        });
        Line::now(pretty, json)
    }

    fn trouble(text: &str) -> Self {
        let pretty = format!("{}{:<9}{}  {}", style::ERROR, "trouble", style::RESET, output::shortened(text, 1000));
        Line::now(pretty, json!({ "event": "trouble", "message": text }))
    }

    fn over(text: &str) -> Self {
        let pretty =
            format!("{}{:<9}{}  no more: {}", style::VALID, "over", style::RESET, output::shortened(text, 1000));
        Line::now(pretty, json!({ "event": "over", "message": text }))
    }

    fn now(pretty: String, json: Value) -> Self {
        Line { at: Timestamp::now(), pretty, json }
    }

    fn text(&self, format: LogFormat) -> String {
        if format == LogFormat::Json {
            let mut object = serde_json::Map::new();
            object.insert("at".to_owned(), json!(self.at));
            object
                .extend(self.json.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
            return output::json_line(&object).unwrap_or_default();
        }
        let time = self.at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f");
        format!("{}{time}{}  {}", style::DIM, style::RESET, self.pretty)
    }
}
