//! The log: one line for each delivery, written by a thread of its own so that a slow terminal holds up no sender.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use hookseal_receiver::{Delivery, DeliveryView, Verdict};
use tokio::sync::oneshot;

use super::LogFormat;
use super::line::pretty;
use crate::output::grouped;

/// Lines that may wait for the terminal; those that come when it is full are counted instead.
const QUEUE: usize = 8192;

pub(super) struct Log {
    sender: Sender,
    writer: Option<JoinHandle<()>>,
}

#[derive(Clone)]
pub(super) struct Sender {
    queue: Option<SyncSender<Arc<Delivery>>>,
    counts: Arc<Counts>,
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
    /// The log, and a signal that whoever read it is gone.
    pub(super) fn start(format: LogFormat) -> (Self, oneshot::Receiver<()>) {
        let (gone, reader_gone) = oneshot::channel();
        let counts = Arc::new(Counts::default());
        if format == LogFormat::Off {
            // Kept open, since a dropped sender would look like a reader that is gone.
            std::mem::forget(gone);
            return (Log { sender: Sender { queue: None, counts }, writer: None }, reader_gone);
        }
        let (queue, deliveries) = sync_channel(QUEUE);
        let writer = std::thread::spawn({
            let counts = counts.clone();
            move || {
                if write_all(&deliveries, format, &counts).is_err() {
                    let _ = gone.send(());
                } else {
                    std::mem::forget(gone);
                }
            }
        });
        (Log { sender: Sender { queue: Some(queue), counts }, writer: Some(writer) }, reader_gone)
    }

    pub(super) fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Writes what is left and says what came in all.
    pub(super) fn finish(self) -> impl fmt::Display {
        let Sender { queue, counts } = self.sender;
        drop(queue);
        if let Some(writer) = self.writer {
            let _ = writer.join();
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
        if let Some(queue) = &self.queue
            && let Err(TrySendError::Full(_)) = queue.try_send(delivery.clone())
        {
            self.counts.skipped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes until the queue ends, or until nobody reads any more.
fn write_all(deliveries: &Receiver<Arc<Delivery>>, format: LogFormat, counts: &Counts) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(anstream::stdout());
    while let Ok(first) = deliveries.recv() {
        // Flushed whenever there is nothing more to write, so that a line is seen as soon as it is there.
        for delivery in std::iter::once(first).chain(deliveries.try_iter()) {
            let written = match format {
                LogFormat::Json => write_json(&mut stdout, &delivery),
                LogFormat::Pretty | LogFormat::Off => writeln!(stdout, "{}", pretty(&delivery)),
            };
            ignore_unless_gone(written)?;
        }
        let skipped = counts.skipped.swap(0, Ordering::Relaxed);
        if skipped > 0 {
            crate::output::message(&format!("{} lines are not shown: the terminal is too slow.", grouped(skipped)));
        }
        ignore_unless_gone(stdout.flush())?;
    }
    Ok(())
}

fn write_json(out: &mut impl Write, delivery: &Delivery) -> io::Result<()> {
    let line = serde_json::to_string(&DeliveryView::without_headers(delivery))?;
    writeln!(out, "{line}")
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
