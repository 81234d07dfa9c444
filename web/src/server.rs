//! The accept loop: from a bound listener until told to stop.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Connection;
use crate::limits::Limits;
use crate::peer::{Peer, Shared};
use crate::tls::Tls;

/// What happened below the level of requests.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) refused: AtomicU64,
    accepted: AtomicU64,
    closed: AtomicU64,
    failed_handshakes: AtomicU64,
}

impl Counters {
    /// Requests that were answered (400, 414, 431) or cut before they became one: malformed, too large or too slow.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections that were accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections that are open.
    pub fn open(&self) -> u64 {
        // In this order, so that one which opens and closes meanwhile does not count as less than none.
        let closed = self.closed.load(Ordering::Relaxed);
        self.accepted().saturating_sub(closed)
    }

    /// Connections that ended before TLS was agreed on.
    pub fn failed_handshakes(&self) -> u64 {
        self.failed_handshakes.load(Ordering::Relaxed)
    }
}

/// Counts a connection as closed, however it ends.
struct Open(Arc<Counters>);

impl Open {
    fn new(counters: Arc<Counters>) -> Self {
        counters.accepted.fetch_add(1, Ordering::Relaxed);
        Open(counters)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Serves HTTP/1.0 and 1.1, over TLS when it is given, on `listener` until `shutdown` completes, then lets requests under way finish.
///
/// `handler` gets each request with its peer. Dropping the returned future stops everything at once.
pub async fn serve<H, F, B>(
    listener: TcpListener,
    limits: Limits,
    tls: Option<Tls>,
    counters: Arc<Counters>,
    handler: H,
    shutdown: impl Future<Output = ()>,
) where
    H: Fn(Peer, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Error: Into<Box<dyn StdError + Send + Sync>>, Data: Send> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let draining = CancellationToken::new();
    let cut = CancellationToken::new();
    let _cut_on_drop = cut.clone().drop_guard();
    let connections = TaskTracker::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, address, slot) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        // Answers are small; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let stream = Shared::new(stream);
        // Each connection asks tokens of its own: one that all ask would go from processor to processor.
        let (handler, peer) = (handler.clone(), stream.peer(address, tls.is_some(), cut.child_token()));
        let ended = peer.hung_up();
        let answer = move |request| {
            let response = handler(peer.clone(), request);
            async move { Ok::<_, Infallible>(response.await) }
        };
        let connection = Connection { limits, counters: counters.clone(), draining: draining.child_token() };
        let (tls, open) = (tls.clone(), Open::new(counters.clone()));
        connections.spawn(async move {
            let _held = (slot, open);
            let served = async {
                match tls {
                    None => connection.serve(stream, answer).await,
                    Some(tls) => serve_tls(&tls, connection, stream, answer).await,
                }
            };
            tokio::select! {
                () = ended => {}
                () = served => {}
            }
        });
    }
    // In this order: whoever is no longer let in can rely on that those who are know of it.
    draining.cancel();
    drop(listener);
    connections.close();
    // What is not done by then is cut when the guard drops.
    let _ = tokio::time::timeout(limits.drain, connections.wait()).await;
}

async fn serve_tls<A, F, B>(tls: &Tls, connection: Connection, stream: Shared, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Send + Sync,
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Error: Into<Box<dyn StdError + Send + Sync>>, Data: Send> + Send + 'static,
{
    let handshake = tokio::time::timeout(connection.limits.header_timeout, tls.accept(stream));
    let agreed = tokio::select! {
        agreed = handshake => agreed,
        () = connection.draining.cancelled() => return,
    };
    match agreed {
        Ok(Ok(stream)) => connection.serve(stream, answer).await,
        Ok(Err(_)) | Err(_) => {
            connection.counters.failed_handshakes.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = match slots.clone().acquire_owned().await {
        Ok(slot) => slot,
        Err(_closed) => std::future::pending().await, // nobody closes it
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            // A peer that hung up while it waited is its own affair; out of file descriptors passes when others hang up.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
