//! What the control API changes, for those who look on.

use tokio::sync::broadcast;
use uuid::Uuid;

/// Something that changed other than by a delivery's coming.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// One delivery was removed.
    Removed(Uuid),
    /// Many were; a list that somebody has is of no more use.
    ManyRemoved,
}

/// Tells everybody who looks on, each of whom may miss some when it is slow and then knows that it did.
#[derive(Clone, Debug)]
pub(crate) struct Notices(broadcast::Sender<Notice>);

impl Default for Notices {
    fn default() -> Self {
        /// That many may be on their way to a client.
        const MOST: usize = 256;
        Notices(broadcast::Sender::new(MOST))
    }
}

impl Notices {
    pub(crate) fn tell(&self, notice: Notice) {
        let _ = self.0.send(notice); // nobody may be looking on
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}
