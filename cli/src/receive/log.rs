//! The log: one line for each delivery, written by a thread of its own so that a slow terminal holds up no sender.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use hookseal::Explanation;
use hookseal_receiver::{Delivery, DeliveryView, Forwarded, Verdict};
use serde_json::json;
use tokio::sync::oneshot;

use super::LogFormat;
use super::line::{pretty, pretty_explanation, pretty_forward};
use crate::output::{grouped, json_line, message};

/// Lines that may wait for the terminal; those that come when it is full are counted instead.
const QUEUE: usize = 8192;

/// For what is left to be written once the receiver has stopped.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Log {
    sender: Sender,
    /// Completes when the writer ends: early when whoever read the log has gone.
    writer: Option<oneshot::Receiver<()>>,
}

#[derive(Clone)]
pub(super) struct Sender {
    queue: Option<SyncSender<Entry>>,
    counts: Arc<Counts>,
}

/// What is written.
enum Entry {
    Delivery(Arc<Delivery>),
    /// Why a delivery was refused, some time after its own line.
    Explanation(Arc<Delivery>, Box<Explanation>),
    /// What became of a delivery on its way to an app, some time after its own line.
    Forwarded(Arc<Delivery>, Box<Forwarded>),
}

#[derive(Default)]
struct Counts {
    valid: AtomicU64,
    invalid: AtomicU64,
    unsigned: AtomicU64,
    /// Lines that were not written since the last one that was.
    skipped: AtomicU64,
}

impl Log {
    pub(super) fn start(format: LogFormat) -> Self {
        let counts = Arc::new(Counts::default());
        if format == LogFormat::Off {
            return Log { sender: Sender { queue: None, counts }, writer: None };
        }
        let (queue, entries) = sync_channel(QUEUE);
        let (ended, writer) = oneshot::channel();
        let counted = counts.clone();
        std::thread::spawn(move || {
            // An error means that nobody reads any more.
            let _ = write_all(&entries, format, &counted);
            let _ = ended.send(());
        });
        Log { sender: Sender { queue: Some(queue), counts }, writer: Some(writer) }
    }

    pub(super) fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Completes when whoever read the log has gone.
    pub(super) async fn reader_gone(&mut self) {
        match &mut self.writer {
            Some(writer) => {
                let _ = writer.await;
                self.writer = None;
            }
            None => std::future::pending().await,
        }
    }

    /// Waits a while for what is left to be written, and says what came in all.
    pub(super) async fn finish(self) -> impl fmt::Display {
        let Sender { queue, counts } = self.sender;
        drop(queue);
        if let Some(writer) = self.writer
            && tokio::time::timeout(PATIENCE, writer).await.is_err()
        {
            message("The end of the log is not written: nobody reads it.");
        }
        Total(counts)
    }
}

impl Sender {
    pub(super) fn send(&self, delivery: &Arc<Delivery>) {
        let count = match delivery.verdict {
            Verdict::Valid => &self.counts.valid,
            Verdict::Invalid => &self.counts.invalid,
            Verdict::Unsigned => &self.counts.unsigned,
        };
        count.fetch_add(1, Ordering::Relaxed);
        self.queue(Entry::Delivery(delivery.clone()));
    }

    /// Nothing is said where nothing is proved: the delivery's own line has the hint.
    pub(super) fn explain(&self, delivery: &Arc<Delivery>, explanation: &Explanation) {
        if !explanation.causes.is_empty() {
            self.queue(Entry::Explanation(delivery.clone(), Box::new(explanation.clone())));
        }
    }

    pub(super) fn forwarded(&self, delivery: &Arc<Delivery>, forwarded: &Forwarded) {
        self.queue(Entry::Forwarded(delivery.clone(), Box::new(forwarded.clone())));
    }

    fn queue(&self, entry: Entry) {
        if let Some(queue) = &self.queue
            && let Err(TrySendError::Full(_)) = queue.try_send(entry)
        {
            self.counts.skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes until the queue ends, or until nobody reads any more.
fn write_all(entries: &Receiver<Entry>, format: LogFormat, counts: &Counts) -> io::Result<()> {
    // JSON is escaped already, and must not lose what looks like a terminal's escape.
    let mut stdout: Box<dyn Write> = match format {
        LogFormat::Json => Box::new(io::BufWriter::new(io::stdout())),
        LogFormat::Pretty | LogFormat::Off => Box::new(io::BufWriter::new(anstream::stdout())),
    };
    while let Ok(first) = entries.recv() {
        // Flushed whenever there is nothing more to write, so that a line is seen as soon as it is there.
        for entry in std::iter::once(first).chain(entries.try_iter()) {
            ignore_unless_gone(writeln!(stdout, "{}", text(&entry, format)?))?;
        }
        let skipped = counts.skipped.swap(0, Ordering::Relaxed);
        if skipped > 0 {
            message(&format!("{} lines are not shown: the terminal is too slow.", grouped(skipped)));
        }
        ignore_unless_gone(stdout.flush())?;
    }
    Ok(())
}

fn text(entry: &Entry, format: LogFormat) -> io::Result<String> {
    let text = match (entry, format) {
        (Entry::Delivery(delivery), LogFormat::Json) => json_line(&DeliveryView::without_headers(delivery))?,
        (Entry::Explanation(delivery, explanation), LogFormat::Json) => {
            json_line(&json!({ "explains": delivery.id, "explanation": explanation }))?
        }
        (Entry::Forwarded(delivery, forwarded), LogFormat::Json) => {
            json_line(&json!({ "forwards": delivery.id, "forward": forwarded }))?
        }
        (Entry::Delivery(delivery), _) => pretty(delivery),
        (Entry::Explanation(delivery, explanation), _) => pretty_explanation(delivery, explanation),
        (Entry::Forwarded(delivery, forwarded), _) => pretty_forward(delivery, forwarded),
    };
    Ok(text)
}

/// A full disk behind stdout must not stop the receiver; a closed pipe says that nobody looks any more.
fn ignore_unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

struct Total(Arc<Counts>);

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (valid, invalid, unsigned) = (load(&self.0.valid), load(&self.0.invalid), load(&self.0.unsigned));
        let all = valid + invalid + unsigned;
        let noun = if all == 1 { "delivery" } else { "deliveries" };
        let (all, valid, invalid, unsigned) = (grouped(all), grouped(valid), grouped(invalid), grouped(unsigned));
        write!(f, "{all} {noun}: {valid} valid, {invalid} invalid, {unsigned} unsigned")
    }
}
