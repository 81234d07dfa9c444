//! An inbox that takes no deliveries: said when it begins and when it is over, and not once for each delivery.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hookseal_receiver::InboxError;

use crate::output::{self, grouped};
use crate::style;

/// While it lasts, it is said so often.
const AGAIN: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub(super) struct Trouble {
    failing: Arc<Mutex<Option<Lasting>>>,
    /// When it was last said that a delivery is too large: the sender's fault, and over with that delivery.
    too_large: Arc<Mutex<Option<Instant>>>,
}

struct Lasting {
    refused: u64,
    said: Instant,
}

impl Trouble {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Called for each delivery that could not be kept.
    pub(super) fn observer(&self) -> impl Fn(&InboxError) + Send + Sync + 'static {
        let trouble = self.clone();
        move |error| trouble.failed(error)
    }

    fn failed(&self, error: &InboxError) {
        if error.is_too_large() {
            return self.refused_for_size(error);
        }
        let mut lasting = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
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

    fn refused_for_size(&self, error: &InboxError) {
        let mut said = self.too_large.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() >= AGAIN) {
            *said = Some(Instant::now());
            output::message(&format!("{}error:{} {error}; its sender was told (413)", style::ERROR, style::RESET));
        }
    }

    /// Called for each delivery that was kept.
    pub(super) fn passed(&self) {
        let lasting = self.failing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Lasting { refused, .. }) = lasting {
            output::message(&format!("The inbox takes deliveries again; {} were refused meanwhile.", grouped(refused)));
        }
    }
}
