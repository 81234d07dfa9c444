//! One delivery on its way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::{Channels, Exchange, Integration, Message, MessageError, Outcome, Sent};

/// An attempt that is to be made.
pub(super) struct Delivery {
    pub(super) number: i64,
    pub(super) attempt: u32,
    pub(super) integration: Arc<Integration>,
    pub(super) recipient: Option<String>,
    pub(super) message: Arc<Result<Message, MessageError>>,
}

/// An attempt that has ended.
pub(super) struct Finished {
    pub(super) number: i64,
    pub(super) attempt: u32,
    pub(super) message: Arc<Result<Message, MessageError>>,
    pub(super) sent: Sent,
}

/// Tells of the end of an attempt, however it comes about.
struct Ticket {
    finished: Option<Finished>,
    ends: mpsc::UnboundedSender<Finished>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(finished) = self.finished.take() {
            let _ = self.ends.send(finished); // nobody waits for it any more when the engine has stopped
        }
    }
}

/// Sends it, in a task of its own.
pub(super) fn spawn(channels: Channels, delivery: Delivery, ends: mpsc::UnboundedSender<Finished>) {
    let Delivery { number, attempt, integration, recipient, message } = delivery;
    // What is told when the task ends before it has anything better to tell.
    let sent = failed(
        Outcome::Retry { after: None, endpoint: false },
        "the attempt was broken off by an error of hookseal's own",
    );
    let mut ticket = Ticket { finished: Some(Finished { number, attempt, message: message.clone(), sent }), ends };
    tokio::spawn(async move {
        fail::fail_point!("send");
        let sent = match &*message {
            Ok(message) => channels.send(&integration, recipient.as_deref(), message).await,
            // It cannot be read the next time either.
            Err(error) => failed(Outcome::Refused, error.to_string()),
        };
        fail::fail_point!("send_done");
        if let Some(finished) = &mut ticket.finished {
            finished.sent = sent;
        }
    });
}

fn failed(outcome: Outcome, error: impl Into<String>) -> Sent {
    let (request, answer) = (String::new(), String::new());
    let error = Some(error.into());
    Sent { outcome, exchange: Exchange { request, status: None, answer, error, took: Duration::ZERO } }
}
