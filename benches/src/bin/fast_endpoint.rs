//! What the notifier and its peer send to: it reads each body, answers 204, and knows how many came in what time.
//! `GET /` tells: their count, and microseconds from the first to the last. `DELETE /` begins anew.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

#[derive(Default)]
struct Count {
    deliveries: u64,
    first: Option<Instant>,
    last: Option<Instant>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8789".to_owned());
    let listener = TcpListener::bind(address).await?;
    let count = Arc::new(Mutex::new(Count::default()));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let count = count.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(request, count.clone()));
            let connection =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer);
            // A client that hangs up is not this server's error.
            let _ = connection.await;
        });
    }
}

async fn answer(request: Request<Incoming>, count: Arc<Mutex<Count>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let method = request.method().clone();
    let read = request.into_body().collect().await.is_ok();
    let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
    if method == Method::GET {
        let took = count.first.zip(count.last).map_or(0, |(first, last)| (last - first).as_micros());
        return Ok(Response::new(Full::from(format!("{} {took}", count.deliveries))));
    }
    if method == Method::DELETE {
        *count = Count::default();
        return Ok(Response::new(Full::default()));
    }
    if read {
        count.deliveries += 1;
        let now = Instant::now();
        count.first.get_or_insert(now);
        count.last = Some(now);
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = if read { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST };
    Ok(response)
}
