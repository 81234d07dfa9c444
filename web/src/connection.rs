//! One connection: hyper's HTTP/1 within the limits, and a close that does not take the answer away.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;
use crate::server::Counters;

pub(crate) struct Connection {
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    pub(crate) draining: CancellationToken,
}

impl Connection {
    pub(crate) async fn serve<S, A, F, B>(self, stream: S, answer: A)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: Fn(Request<Incoming>) -> F + Send + Sync,
        F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
        B: Body<Error: Into<Box<dyn StdError + Send + Sync>>, Data: Send> + Send + 'static,
    {
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.limits.write_timeout));

        let service = service_fn(|request| -> Pin<Box<dyn Future<Output = _> + Send>> { Box::pin(answer(request)) });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_header_size(self.limits.header_size)
            .max_buf_size(self.limits.header_size.max(8 * 1024))
            // A peer may shut its side, or be gone, once it has sent its request: what it sent counts.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);

        let mut told = false;
        let outcome = loop {
            let done = std::future::poll_fn(|context| connection.poll_without_shutdown(context));
            tokio::select! {
                // An answer that is given once the end has begun says that the connection ends with it.
                biased;
                () = self.draining.cancelled(), if !told => {
                    told = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                outcome = done => break outcome,
            }
        };
        let parts = connection.into_parts();
        let was_idle = parts.read_buf.is_empty();
        match outcome {
            // Nothing came any more: there is nobody to tell.
            Err(error) if error.is_timeout() && was_idle => return,
            Err(error) if error.is_parse() || error.is_timeout() => {
                self.counters.refused.fetch_add(1, Ordering::Relaxed);
            }
            _ if told && was_idle => return,
            _ => {}
        }
        let mut stream = parts.io.into_inner();
        if stream.shutdown().await.is_ok() {
            self.read_on(stream).await;
        }
    }

    /// Reads on for a while after our side is closed. A socket closed with unread octets sends a reset, which can reach the
    /// peer before it has read why it was refused.
    async fn read_on<S: AsyncRead + AsyncWrite>(&self, mut stream: Pin<Box<TimeoutStream<S>>>) {
        stream.as_mut().set_read_timeout_pinned(Some(self.limits.linger));
        let mut discarded = [0; 4096];
        let until_the_end = async { while stream.read(&mut discarded).await.is_ok_and(|length| length > 0) {} };
        let _ = tokio::time::timeout(5 * self.limits.linger, until_the_end).await;
    }
}
