//! An inbox that takes no deliveries: said when it begins and when it is over, and not once for each delivery.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hookseal_receiver::InboxError;

use crate::output::{self, grouped};
use crate::style;

/// While it lasts, it is said so often.
const AGAIN: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(super) struct Trouble(Arc<Mutex<Option<Lasting>>>);

struct Lasting {
    refused: u64,
    said: Instant,
}

impl Trouble {
    pub(super) fn new() -> Self {
        Trouble(Arc::new(Mutex::new(None)))
    }

    /// Called for each delivery that could not be kept.
    pub(super) fn observer(&self) -> impl Fn(&InboxError) + Send + Sync + 'static {
        let trouble = self.clone();
        move |error| trouble.failed(error)
    }

    fn failed(&self, error: &InboxError) {
        let mut lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (refused, is_due) = match &mut *lasting {
            None => (1, true),
            Some(lasting) => (lasting.refused + 1, lasting.said.elapsed() >= AGAIN),
        };
        let said = match &*lasting {
            Some(lasting) if !is_due => lasting.said,
            _ => Instant::now(),
        };
        *lasting = Some(Lasting { refused, said });
        if is_due {
            output::message(&format!(
                "{}error:{} {error}; senders are told to try again (503, {} so far)",
                style::ERROR,
                style::RESET,
                grouped(refused)
            ));
        }
    }

    /// Called for each delivery that was kept.
    pub(super) fn passed(&self) {
        let lasting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Lasting { refused, .. }) = lasting {
            output::message(&format!("The inbox takes deliveries again; {} were refused meanwhile.", grouped(refused)));
        }
    }
}
