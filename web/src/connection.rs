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
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
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
    pub(crate) async fn serve<A, F, B>(self, stream: TcpStream, answer: A)
    where
        A: Fn(Request<Incoming>) -> F + Send + Sync,
        F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
        B: Body<Error: Into<Box<dyn StdError + Send + Sync>>, Data: Send> + Send + 'static,
    {
        // Answers are small; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.limits.write_timeout));

        let service = service_fn(|request| -> Pin<Box<dyn Future<Output = _> + Send>> { Box::pin(answer(request)) });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_header_size(self.limits.header_size)
            .max_buf_size(self.limits.header_size.max(8 * 1024))
            .half_close(true) // `printf … | nc` shuts its side before it reads the answer
            .serve_connection(TokioIo::new(stream), service);

        let mut told = false;
        let outcome = loop {
            let done = std::future::poll_fn(|context| connection.poll_without_shutdown(context));
            tokio::select! {
                outcome = done => break outcome,
                () = self.draining.cancelled(), if !told => {
                    told = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        if outcome.is_err_and(|error| error.is_parse() || error.is_timeout()) {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
        }
        self.close(connection.into_parts().io.into_inner()).await;
    }

    /// Closes our side first and reads on for a while. A socket closed with unread octets sends a reset, which can reach
    /// the peer before it has read why it was refused.
    async fn close(&self, mut stream: Pin<Box<TimeoutStream<TcpStream>>>) {
        if stream.shutdown().await.is_err() {
            return;
        }
        let mut discarded = [0; 4096];
        let read_on = async { while stream.read(&mut discarded).await.is_ok_and(|length| length > 0) {} };
        let _ = tokio::time::timeout(self.limits.linger, read_on).await;
    }
}
