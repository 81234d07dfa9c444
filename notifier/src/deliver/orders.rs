//! What whoever takes deliveries from the outbox is told, and how: an engine, or a fleet's publisher.

use std::future;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::Unwritten;

pub(crate) enum Order {
    /// There is something new.
    Look,
    /// What could not be written down, behind what was.
    Send(Vec<Unwritten>),
    /// Begins nothing more; the sender is told once all that is under way has ended.
    Stop(oneshot::Sender<()>),
}

/// Gives orders. When this is dropped, that is an order to stop.
pub(crate) struct Orders(mpsc::UnboundedSender<Order>);

/// Takes them.
pub(crate) struct Incoming {
    orders: mpsc::UnboundedReceiver<Order>,
    is_over: bool,
}

impl Orders {
    pub(crate) fn new() -> (Self, Incoming) {
        let (sender, orders) = mpsc::unbounded_channel();
        (Orders(sender), Incoming { orders, is_over: false })
    }

    pub(crate) fn look(&self) {
        let _ = self.0.send(Order::Look);
    }

    pub(crate) fn send_unwritten(&self, deliveries: Vec<Unwritten>) {
        let _ = self.0.send(Order::Send(deliveries));
    }

    /// Waits until all that is under way has ended.
    pub(crate) async fn stop(&self) {
        let (done, ended) = oneshot::channel();
        if self.0.send(Order::Stop(done)).is_ok() {
            let _ = ended.await;
        }
    }
}

impl Incoming {
    /// After the last one, which is to stop, there is none any more.
    pub(crate) async fn next(&mut self) -> Order {
        if self.is_over {
            return future::pending().await;
        }
        match self.orders.recv().await {
            Some(order) => order,
            None => {
                self.is_over = true;
                Order::Stop(oneshot::channel().0)
            }
        }
    }
}

/// For ever where there is no time.
pub(crate) async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => future::pending().await,
    }
}
