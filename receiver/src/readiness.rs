//! Whether the receiver can do its work: what `/_hookseal/healthz` says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::inbox::Inbox;

pub(crate) struct Readiness {
    inbox: Arc<dyn Inbox>,
    /// When a delivery was last not kept. Looked at only while the flag says so: most deliveries are kept.
    failed: Mutex<Option<Instant>>,
    has_failed: AtomicBool,
    /// When the inbox was last asked, and what it said.
    asked: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(crate) fn new(inbox: Arc<dyn Inbox>) -> Self {
        Readiness {
            inbox,
            failed: Mutex::default(),
            has_failed: AtomicBool::new(false),
            asked: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn inbox(&self) -> &Arc<dyn Inbox> {
        &self.inbox
    }

    /// A delivery was kept.
    pub(crate) fn passed(&self) {
        if self.has_failed.load(Ordering::Relaxed) {
            self.has_failed.store(false, Ordering::Relaxed);
        }
    }

    /// A delivery was not kept.
    pub(crate) fn failed(&self) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// Whether the inbox takes deliveries, as far as can be known without one: strangers may ask this, so that it costs no
    /// more than one small write a second.
    pub(crate) async fn is_ready(&self) -> bool {
        /// What was not kept may have been larger than what is written to find out. It is believed for so long; then the
        /// next delivery has to tell.
        const BELIEVED: Duration = Duration::from_secs(10);
        const FRESH: Duration = Duration::from_secs(1);
        const LONGEST: Duration = Duration::from_secs(2);
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has_failed.load(Ordering::Relaxed) && failed.is_some_and(|failed| failed.elapsed() < BELIEVED) {
            return false;
        }
        let mut asked = self.asked.lock().await;
        match *asked {
            Some((at, is_ready)) if at.elapsed() < FRESH => is_ready,
            _ => {
                let is_ready = matches!(timeout(LONGEST, self.inbox.check()).await, Ok(Ok(())));
                *asked = Some((Instant::now(), is_ready));
                is_ready
            }
        }
    }
}
