//! The notifier's peer: a loop around hyper's client that posts notifications, signs nothing and remembers nothing.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hookseal_health::{Notification, Resource, Severity};
use http::Request;
use http::header::{CONTENT_TYPE, HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpStream;
use uuid::Uuid;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: bare_client ADDRESS COUNT CONNECTIONS";
    let address: Arc<str> = args.next().ok_or(usage)?.into();
    let count: u64 = args.next().ok_or(usage)?.parse()?;
    let connections: usize = args.next().ok_or(usage)?.parse()?;
    let next = Arc::new(AtomicU64::new(0));
    let loops: Vec<_> = (0..connections).map(|_| tokio::spawn(post(address.clone(), next.clone(), count))).collect();
    for end in loops {
        end.await??;
    }
    Ok(())
}

async fn post(address: Arc<str>, next: Arc<AtomicU64>, count: u64) -> Result<(), Failure> {
    let stream = TcpStream::connect(&*address).await?;
    stream.set_nodelay(true)?;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(());
        }
        let id = Uuid::from_u128(number.into());
        let notification = Notification::example(Resource::Disk, Severity::Critical, id, Timestamp::UNIX_EPOCH);
        let body = Bytes::from(serde_json::to_vec(&notification)?);
        let request = Request::post("/").header(HOST, &*address).header(CONTENT_TYPE, "application/json");
        client.ready().await?;
        let answer = client.send_request(request.body(Full::new(body))?).await?;
        if !answer.status().is_success() {
            return Err(format!("the endpoint answered {}", answer.status()).into());
        }
        answer.into_body().collect().await?;
    }
}
