//! Servers that behave as they are told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Which connection it came on.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A server that answers every request as a function says.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Response<Full<Bytes>> + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let all = seen.clone();
        let address = accept(move |connection, stream| {
            let (all, answer) = (all.clone(), answer.clone());
            async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let (all, answer) = (all.clone(), answer.clone());
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        let seen = Seen { method: head.method, uri: head.uri, headers: head.headers, body, connection };
                        let response = answer(&seen);
                        all.lock().unwrap().push(seen);
                        Ok::<_, hyper::Error>(response)
                    }
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await;
        Fake { address, seen }
    }

    /// One that gives every request the same answer.
    pub(crate) async fn always(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let body = body.to_owned();
        Self::start(move |_| {
            let mut response = Response::new(Full::new(Bytes::from(body.clone())));
            *response.status_mut() = status.try_into().unwrap();
            response.headers_mut().extend(headers.clone());
            response
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(crate) fn one(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

/// What a server may do instead of answering.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Misbehaviour {
    /// Closes with a reset, once the request is there.
    Reset,
    /// Closes without an octet.
    Empty,
    /// Reads and says nothing.
    Silence,
    /// Answers with what is not HTTP.
    Garbage,
    /// Says that more is to come, and closes.
    CutShort,
    /// A body without an end.
    Endless,
    /// A head without an end.
    EndlessHead,
    /// A head, and then an octet of the body now and then.
    Drip,
    /// Another protocol than was asked for.
    Upgrade,
}

/// Starts a server that misbehaves; says the status, where there is one, before.
pub(crate) async fn misbehaving(how: Misbehaviour, status: u16) -> SocketAddr {
    accept(move |_, mut stream| async move {
        let mut request = vec![0; 64 * 1024];
        let _ = stream.read(&mut request).await;
        let head = format!("HTTP/1.1 {status} x\r\nContent-Type: text/plain\r\n");
        let _ = match how {
            Misbehaviour::Reset => stream.set_zero_linger(),
            Misbehaviour::Empty => Ok(()),
            Misbehaviour::Silence => {
                std::future::pending::<()>().await;
                Ok(())
            }
            Misbehaviour::Garbage => stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\0\xff\r\n\r\n").await,
            Misbehaviour::CutShort => {
                stream.write_all(format!("{head}Content-Length: 100\r\n\r\nhalf").as_bytes()).await
            }
            Misbehaviour::Endless => {
                let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
                let piece = vec![b'x'; 64 * 1024];
                while stream.write_all(&piece).await.is_ok() {}
                Ok(())
            }
            Misbehaviour::EndlessHead => {
                let _ = stream.write_all(head.as_bytes()).await;
                let line = format!("X-Filler: {}\r\n", "x".repeat(8000));
                while stream.write_all(line.as_bytes()).await.is_ok() {}
                Ok(())
            }
            Misbehaviour::Drip => {
                let _ = stream.write_all(format!("{head}Content-Length: 100000\r\n\r\n").as_bytes()).await;
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
                Ok(())
            }
            Misbehaviour::Upgrade => {
                stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n").await
            }
        };
    })
    .await
}

/// An address that nobody listens on.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Starts a server that does this with each connection, and counts them.
pub(crate) async fn accept<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(usize, TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connection = 0;
        while let Ok((stream, _)) = listener.accept().await {
            connection += 1;
            tokio::spawn(serve(connection, stream));
        }
    });
    address
}
