//! hookseal-tower in front of real servers: axum's and hyper's, over a socket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, State};
use axum::http::{HeaderValue, Request as HttpRequest, Response as HttpResponse};
use axum::routing::post;
use axum::{Extension, Json, Router};
use hookseal::{Verified, Verifier};
use hookseal_tests::{Answer, Connection, KEY, Request, SignatureVector, eventually, signature};
use hookseal_tower::{Signed, VerifyLayer};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

/// A server of the test's own. It stops when this is dropped.
struct Server {
    address: SocketAddr,
    _runtime: Runtime,
}

impl Server {
    fn start<F: Future<Output = ()> + Send + 'static>(serve: impl FnOnce(TcpListener) -> F) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener));
        Server { address, _runtime: runtime }
    }

    fn axum(app: Router) -> Self {
        Server::start(async move |listener| axum::serve(listener, app).await.unwrap())
    }

    fn exchange(&self, request: &Request) -> Answer {
        let mut connection = Connection::to(self.address);
        let _ = connection.send(request.octets()); // it may be refused before all of it is sent
        connection.answer()
    }
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(Verifier::for_shared_key(KEY).unwrap())
}

/// Answers with the body, and counts.
fn echoing(layer: VerifyLayer) -> (Server, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let app = Router::new().route("/", post(echo)).with_state(calls.clone()).layer(layer);
    (Server::axum(app), calls)
}

async fn echo(
    State(calls): State<Arc<AtomicUsize>>,
    Extension(verified): Extension<Verified>,
    body: Bytes,
) -> (OneHeader, Bytes) {
    calls.fetch_add(1, Ordering::Relaxed);
    ([("x-key", verified.key.format.as_str())], body)
}

type OneHeader = [(&'static str, &'static str); 1];

fn refusal(answer: &Answer) -> (u16, Option<String>) {
    (answer.status, answer.code())
}

fn refused(status: u16, code: &str) -> (u16, Option<String>) {
    (status, Some(code.to_owned()))
}

#[test]
fn the_handler_gets_the_body_as_it_came() {
    let (server, calls) = echoing(layer());
    let every_octet: Vec<u8> = (0..=255).collect();
    for body in [&b""[..], b"$.02", "{\"text\": \"\u{e9}\"}\r\n".as_bytes(), &every_octet, &[b'x'; 300_000]] {
        let answer = server.exchange(&Request::post("/").signed(body));
        assert_eq!((answer.status, answer.header("x-key")), (200, Some("jwk")));
        assert!(answer.body == body, "{} octets", body.len());
    }
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

#[test]
fn chunks_are_one_body_to_the_handler() {
    let (server, _) = echoing(layer());
    let body = b"chunk by chunk";
    let head = Request::post("/").header("Transfer-Encoding", "chunked").header("X-JWS-Signature", signature(body));
    let mut connection = Connection::to(server.address);
    connection.send(head.head()).unwrap();
    for octet in body {
        connection.send([b"1\r\n", &[*octet][..], b"\r\n"].concat()).unwrap();
    }
    connection.send("0\r\nTrailer: dropped\r\n\r\n").unwrap();
    let answer = connection.answer();
    assert_eq!((answer.status, &*answer.body), (200, &body[..]));
}

#[test]
fn what_is_refused_never_reaches_the_handler() {
    let (server, calls) = echoing(layer().max_body(1000));
    let signed = signature(b"{}");

    let unsigned = Request::post("/").body("{}");
    assert_eq!(refusal(&server.exchange(&unsigned)), refused(401, "missing_signature"));

    let two = Request::post("/").header("X-JWS-Signature", &signed).header("x-jws-signature", &signed).body("{}");
    assert_eq!(refusal(&server.exchange(&two)), refused(400, "multiple_signatures"));
    let joined = Request::post("/").header("X-JWS-Signature", format!("{signed}, {signed}")).body("{}");
    assert_eq!(refusal(&server.exchange(&joined)), refused(400, "multiple_signatures"));

    let changed = Request::post("/").header("X-JWS-Signature", &signed).body("{ }");
    let answer = server.exchange(&changed);
    assert_eq!(refusal(&answer), refused(401, "signature_mismatch"));
    assert_eq!(answer.body, b"{\"code\":\"signature_mismatch\"}\n", "the sender learns the code and nothing else");
    assert_eq!(answer.header("www-authenticate"), Some("X-JWS-Signature"));

    let large = Request::post("/").signed([b'x'; 1001]);
    assert_eq!(refusal(&server.exchange(&large)), refused(413, "body_too_large"));
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[test]
fn a_body_that_is_not_wanted_is_not_asked_for() {
    let (server, calls) = echoing(layer());
    let head = |request: Request| request.header("Expect", "100-continue").head();
    let answer_to = |head: Vec<u8>| {
        let mut connection = Connection::to(server.address);
        connection.send(head).unwrap();
        (connection.answer(), connection)
    };
    let large = Request::post("/").header("X-JWS-Signature", signature(b"")).header("Content-Length", "99999999");
    assert_eq!(refusal(&answer_to(head(large)).0), refused(413, "body_too_large"));
    let unsigned = Request::post("/").header("Content-Length", "2");
    assert_eq!(refusal(&answer_to(head(unsigned)).0), refused(401, "missing_signature"));

    let signed = Request::post("/").header("X-JWS-Signature", signature(b"{}")).header("Content-Length", "2");
    let (go_on, mut connection) = answer_to(head(signed));
    assert_eq!(go_on.status, 100);
    connection.send("{}").unwrap();
    assert_eq!(connection.answer().status, 200);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_body_without_an_end_is_cut_off_at_the_limit() {
    let (server, calls) = echoing(layer().max_body(100_000));
    let head = Request::post("/").header("Transfer-Encoding", "chunked").header("X-JWS-Signature", signature(b""));
    let mut connection = Connection::to(server.address);
    connection.send(head.head()).unwrap();
    let chunk = [b"1000\r\n", &[b'x'; 0x1000][..], b"\r\n"].concat();
    let sender = connection.second_handle();
    let sending = thread::spawn(move || while sender.send(&chunk).is_ok() {});
    assert_eq!(refusal(&connection.answer()), refused(413, "body_too_large"));
    drop(connection);
    sending.join().unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[test]
fn senders_that_hang_up_half_way_leave_nothing_behind() {
    let incomplete = Arc::new(AtomicUsize::new(0));
    let counter = incomplete.clone();
    let observed = layer().on_refused(move |_, refusal| {
        assert_eq!(refusal.code(), "incomplete_body");
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let (server, calls) = echoing(observed);
    // What they send is signed: only that it is not all of it keeps it from being valid.
    let head = Request::post("/").header("Content-Length", "1000").header("X-JWS-Signature", signature(b"half"));
    for _ in 0..50 {
        let connection = Connection::to(server.address);
        connection.send(head.octets()).unwrap();
        connection.send("half").unwrap();
    }
    // A body that breaks its framing is told so.
    let broken =
        Request::post("/").header("Transfer-Encoding", "chunked").header("X-JWS-Signature", signature(b"half"));
    let mut connection = Connection::to(server.address);
    connection.send([&broken.octets()[..], b"4\r\nhalf\r\nnot a length\r\n"].concat()).unwrap();
    assert_eq!(refusal(&connection.answer()), refused(400, "incomplete_body"));
    assert!(incomplete.load(Ordering::Relaxed) >= 1);

    assert_eq!(server.exchange(&Request::post("/").signed("{}")).status, 200);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn under_load_every_verdict_is_the_right_one() {
    let (server, calls) = echoing(layer().max_body(10_000));
    let sent = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..8 {
            let (server, sent) = (&server, &sent);
            scope.spawn(move || {
                for number in 0..100_usize {
                    let body = vec![b'a' + worker as u8; number * 37 % 4000];
                    let (request, status) = match number % 5 {
                        0 => (Request::post("/").body(&body), 401),
                        1 => (Request::post("/").signed([b'x'; 10_001]), 413),
                        2 => (Request::post("/").header("X-JWS-Signature", "a.b").body(&body), 400),
                        3 => (Request::post("/").header("X-JWS-Signature", signature(b"other")).body(&body), 401),
                        _ => (Request::post("/").signed(&body), 200),
                    };
                    let answer = server.exchange(&request);
                    assert_eq!(answer.status, status, "{worker}, {number}");
                    if status == 200 {
                        assert!(answer.body == body);
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(sent.into_inner(), 160);
    assert_eq!(calls.load(Ordering::Relaxed), 160);
}

#[test]
fn the_extractor_verifies_and_then_extracts() {
    #[derive(Clone)]
    struct App {
        verify: VerifyLayer,
    }
    impl FromRef<App> for VerifyLayer {
        fn from_ref(app: &App) -> Self {
            app.verify.clone()
        }
    }
    async fn parsed(Signed { body: Json(event), .. }: Signed<Json<serde_json::Value>>) -> String {
        event["type"].to_string()
    }
    async fn raw(delivery: Signed<Bytes>) -> (OneHeader, Bytes) {
        ([("x-key", delivery.verified.key.format.as_str())], delivery.body)
    }
    let app = Router::<App>::new().route("/parsed", post(parsed)).route("/raw", post(raw));
    let server = Server::axum(app.with_state(App { verify: layer().max_body(4 << 20) }));

    let json = |path| Request::post(path).header("Content-Type", "application/json");
    let event = br#"{"type":"health.low_disk"}"#;
    let answer = server.exchange(&json("/parsed").signed(event));
    assert_eq!((answer.status, &*answer.body), (200, &br#""health.low_disk""#[..]));
    assert_eq!(refusal(&server.exchange(&json("/parsed").body(event))), refused(401, "missing_signature"));
    // It is signed, but what the inner extractor makes of it is another matter.
    assert_eq!(server.exchange(&json("/parsed").signed("no JSON")).status, 400);

    // More than axum's own limit of 2 MB: the layer's is the one that counts.
    let large = vec![b'x'; 3 << 20];
    let answer = server.exchange(&Request::post("/raw").signed(&large));
    assert_eq!((answer.status, answer.header("x-key")), (200, Some("jwk")));
    assert!(answer.body == large);
    let larger = vec![b'x'; (4 << 20) + 1];
    assert_eq!(refusal(&server.exchange(&Request::post("/raw").signed(larger))), refused(413, "body_too_large"));
}

#[test]
fn it_stands_in_front_of_hyper_without_axum() {
    let service = ServiceBuilder::new().concurrency_limit(8).layer(layer()).concurrency_limit(4).service(service_fn(
        async |request: HttpRequest<Full<Bytes>>| Ok::<_, Infallible>(HttpResponse::new(request.into_body())),
    ));
    let server = Server::start(async move |listener| {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut connection = Connection::to(server.address);
                for number in 0..20 {
                    let body = format!("number {number}");
                    connection.send(Request::post("/").signed(&body).octets()).unwrap();
                    assert_eq!(connection.answer().body, body.into_bytes());
                }
            });
        }
    });
    assert_eq!(refusal(&server.exchange(&Request::post("/").body("{}"))), refused(401, "missing_signature"));
    // Senders that never send their bodies hold the places of the limit behind the layer, and give them back when they go.
    let stuck: Vec<_> = (0..4)
        .map(|_| {
            let connection = Connection::to(server.address);
            let head = Request::post("/").header("Content-Length", "2").header("X-JWS-Signature", signature(b"{}"));
            connection.send(head.head()).unwrap();
            connection
        })
        .collect();
    drop(stuck);
    eventually("the limit has room again", || {
        (server.exchange(&Request::post("/").signed("{}")).status == 200).then_some(())
    });
}

/// Every vector, through axum's router. Not through a socket: a sender of HTTP cannot say them all.
#[test]
fn every_vector_gets_its_verdict() {
    let runtime = Runtime::new().unwrap();
    let send = |vector: &SignatureVector, signature: HeaderValue| {
        let app = Router::new().route("/", post(async |body: Bytes| body)).layer(VerifyLayer::new(vector.verifier()));
        let request = HttpRequest::post("/").header("X-JWS-Signature", signature);
        runtime.block_on(async {
            let answer = app.oneshot(request.body(Body::from(vector.body())).unwrap()).await.unwrap();
            (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
        })
    };
    for vector in SignatureVector::valid() {
        let (status, body) = send(&vector, vector.signature.parse().unwrap());
        assert!((status, &body[..]) == (200, &vector.body()[..]), "{}: {status}", vector.id);
    }
    let mut unsayable = 0;
    for vector in SignatureVector::invalid() {
        let Ok(signature) = HeaderValue::from_bytes(vector.signature.as_bytes()) else {
            unsayable += 1;
            assert!(vector.signature.chars().any(|c| c.is_ascii_control()), "{}", vector.id);
            continue;
        };
        let (status, body) = send(&vector, signature);
        let code = vector.code.as_deref().unwrap();
        assert_eq!(body, format!("{{\"code\":\"{code}\"}}\n"), "{}", vector.id);
        assert!([400, 401].contains(&status), "{}: {status}", vector.id);
    }
    assert!(unsayable < 20, "{unsayable} vectors have control characters");
}
