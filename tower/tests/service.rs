//! The layer as a service: what it hands on, what it refuses, and when it is ready.

#![allow(clippy::panic, clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use hookseal::{Error, Key, Signer, Verified, Verifier};
use hookseal_tower::{Refusal, VerifyLayer};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt as _, Full, Limited};
use proptest::prelude::*;
use tower::limit::ConcurrencyLimit;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

const HEADER: &str = "x-jws-signature";

fn key(octet: u8) -> Key {
    Key::from_bytes([octet; 32]).unwrap()
}

fn sign(body: &[u8]) -> String {
    Signer::new(key(7)).sign(body)
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(Verifier::new(key(7)))
}

fn signed<B>(body: B, octets: &[u8]) -> Request<B> {
    Request::post("/").header(HEADER, sign(octets)).body(body).unwrap()
}

/// Answers with the body that came.
async fn echo(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    assert!(request.extensions().get::<Verified>().is_some(), "what was verified is in the extensions");
    Ok(Response::new(request.into_body()))
}

/// The status, and what the service got or the code of the refusal.
async fn send<B>(layer: &VerifyLayer, request: Request<B>) -> (u16, Bytes)
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let response = layer.layer(service_fn(echo)).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

fn refusal(code: &str) -> Bytes {
    format!("{{\"code\":\"{code}\"}}\n").into()
}

/// A body as tonic and others have them: frames of any kind, an error type and a buffer of its own.
struct Frames(VecDeque<Result<Frame<VecDeque<u8>>, io::Error>>);

impl Frames {
    fn of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let frame = |piece: &[u8]| {
            // Wrapped around its buffer's end, so that whoever takes its first chunk only is found out.
            let (front, back) = piece.split_at(piece.len() / 2);
            let mut data = VecDeque::from(back.to_vec());
            front.iter().rev().for_each(|octet| data.push_front(*octet));
            assert!(piece.len() < 2 || data.chunk().len() < piece.len());
            Ok(Frame::data(data))
        };
        Frames(pieces.into_iter().map(frame).collect())
    }
}

impl Body for Frames {
    type Data = VecDeque<u8>;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<VecDeque<u8>>, io::Error>>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// A body that must not be read.
struct Untouched(u64);

impl Body for Untouched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body is read")
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn trailers_are_read_and_dropped() {
    let mut frames = Frames::of([&b"{"[..], b"", b"}"]);
    frames.0.push_back(Ok(Frame::trailers(HeaderMap::new())));
    assert_eq!(send(&layer(), signed(frames, b"{}")).await, (200, "{}".into()));
}

#[tokio::test]
async fn what_the_head_shows_is_refused_unread() {
    let limited = layer().max_body(10);
    assert_eq!(send(&limited, signed(Untouched(11), b"")).await, (413, refusal("body_too_large")));
    let unsigned = Request::post("/").body(Untouched(2)).unwrap();
    assert_eq!(send(&limited, unsigned).await, (401, refusal("missing_signature")));
    let twice = Request::post("/").header(HEADER, sign(b"{}")).header(HEADER, sign(b"{}")).body(Untouched(2)).unwrap();
    assert_eq!(send(&limited, twice).await, (400, refusal("multiple_signatures")));
    let malformed = Request::post("/").header(HEADER, "t=1,v1=0ae8").body(Untouched(2)).unwrap();
    assert_eq!(send(&limited, malformed).await, (400, refusal("malformed_compact")));
}

#[tokio::test]
async fn the_limit_holds_for_bodies_that_announce_nothing() {
    let limited = layer().max_body(4);
    assert_eq!(send(&limited, signed(Frames::of([&b"12"[..], b"34"]), b"1234")).await, (200, "1234".into()));
    let larger = signed(Frames::of([&b"12"[..], b"34", b"5"]), b"12345");
    assert_eq!(send(&limited, larger).await, (413, refusal("body_too_large")));
}

#[tokio::test]
async fn a_body_is_one_mebibyte_at_most_unless_told() {
    let mut body = vec![b'a'; 1 << 20];
    assert_eq!(send(&layer(), signed(Full::new(Bytes::from(body.clone())), &body)).await.0, 200);
    body.push(b'a');
    assert_eq!(send(&layer(), signed(Full::new(Bytes::from(body.clone())), &body)).await.0, 413);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_never_valid() {
    let mut frames = Frames::of([&b"{}"[..]]);
    frames.0.push_back(Err(io::ErrorKind::ConnectionReset.into()));
    // The octets that came are signed, but they are not all.
    assert_eq!(send(&layer(), signed(frames, b"{}")).await, (400, refusal("incomplete_body")));
}

#[tokio::test]
async fn a_limit_in_front_is_told_from_a_body_that_breaks_off() {
    let body = Limited::new(Full::new(Bytes::from("12345")), 4);
    assert_eq!(send(&layer(), signed(body, b"12345")).await, (413, refusal("body_too_large")));
}

#[tokio::test]
async fn a_refusal_says_a_code_and_nothing_else() {
    let request = signed(Full::new(Bytes::from("{ }")), b"{}");
    let response = layer().layer(service_fn(echo)).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let headers: Vec<_> = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    assert_eq!(headers, [("content-type", &b"application/json"[..]), ("www-authenticate", b"X-JWS-Signature")]);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), refusal("signature_mismatch"));
}

#[tokio::test]
async fn whoever_runs_it_learns_why() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let layer = layer().on_refused(move |head, refusal| {
        log.lock().unwrap().push(format!("{} {}: {refusal}", head.method, head.uri));
        assert!(matches!(refusal, Refusal::Delivery(Error::SignatureMismatch { .. })));
    });
    send(&layer, signed(Full::new(Bytes::from("{ }")), b"{}")).await;
    send(&layer, signed(Full::new(Bytes::from("{}")), b"{}")).await;
    assert_eq!(*seen.lock().unwrap(), ["POST /: the signature does not match the key"]);
}

#[tokio::test]
async fn the_verifier_is_chosen_by_the_head() {
    let shop = Arc::new(Verifier::new(key(7)));
    let blog = Arc::new(Verifier::new(key(8)));
    let layer = VerifyLayer::choosing(move |head| match head.uri.path() {
        "/shop" => Some(shop.clone()),
        "/blog" => Some(blog.clone()),
        _ => None,
    });
    for (path, status) in [("/shop", 200), ("/blog", 401), ("/other", 401)] {
        let request = Request::post(path).header(HEADER, sign(b"{}")).body(Full::new(Bytes::from("{}"))).unwrap();
        let (answered, body) = send(&layer, request).await;
        assert_eq!(answered, status, "{path}");
        if status == 401 {
            assert_eq!(body, refusal("signature_mismatch"), "a sender does not learn who else there is");
        }
    }
}

#[tokio::test]
async fn a_clone_is_configured_on_its_own() {
    let one = layer();
    let other = one.clone().max_body(1);
    assert_eq!(send(&one, signed(Full::new(Bytes::from("{}")), b"{}")).await.0, 200);
    assert_eq!(send(&other, signed(Full::new(Bytes::from("{}")), b"{}")).await.0, 413);
}

/// Counts how often it was asked whether it is ready, and panics when it is called without having been.
struct Checked {
    ready: bool,
    asked: Arc<AtomicUsize>,
}

impl Clone for Checked {
    fn clone(&self) -> Self {
        // As with tower's limits, being ready is nothing that a clone inherits.
        Checked { ready: false, asked: self.asked.clone() }
    }
}

impl tower::Service<Request<Full<Bytes>>> for Checked {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been ready");
        std::future::ready(Ok(Response::new(request.into_body())))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut service = layer().layer(Checked { ready: false, asked: asked.clone() });
    for round in 1..=3 {
        let request = signed(Full::new(Bytes::from("{}")), b"{}");
        let response = call(&mut service, request).await.await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(asked.load(Ordering::Relaxed), round);
    }
}

#[tokio::test]
async fn a_refused_delivery_gives_back_what_it_reserved() {
    let mut service = layer().layer(ConcurrencyLimit::new(service_fn(echo), 1));
    for _ in 0..3 {
        let unsigned = Request::post("/").body(Full::new(Bytes::from("{}"))).unwrap();
        assert_eq!(call(&mut service, unsigned).await.await.unwrap().status(), 401);
    }

    // While one is under way the layer says that there is no room, as the service behind it does.
    let (mut sender, body) = Channel::<Bytes>::new(1);
    let under_way = call(&mut service, signed(body, b"{}")).await;
    assert!(!is_ready(&mut service));
    sender.send_data("{}".into()).await.unwrap();
    drop(sender);
    assert_eq!(under_way.await.unwrap().status(), 200);
    assert!(is_ready(&mut service));

    // And one whose future is dropped half-way, as when the sender hangs up, keeps nothing either.
    let (_sender, body) = Channel::<Bytes>::new(1);
    drop(service.call(signed(body, b"{}")));
    assert!(is_ready(&mut service));
}

/// Calls a service once it is ready.
async fn call<S, R>(service: &mut S, request: R) -> S::Future
where
    S: tower::Service<R>,
    S::Error: std::fmt::Debug,
{
    service.ready().await.unwrap().call(request)
}

fn is_ready(service: &mut impl tower::Service<Request<Full<Bytes>>>) -> bool {
    service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn its_future_can_go_to_another_thread_and_its_service_be_shared() {
    fn is_send<T: Send>(_: T) {}
    fn is_shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
    let mut service = layer().layer(Checked { ready: true, asked: Arc::default() });
    is_shareable(&layer());
    is_shareable(&service);
    is_send(service.call(signed(Full::new(Bytes::new()), b"")));
}

proptest! {
    /// However a body is cut into frames, the service gets its very octets, or, when one of them changes, nothing.
    #[test]
    fn the_body_arrives_untouched(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..12),
        flipped in any::<prop::sample::Index>(),
    ) {
        let body = pieces.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let whole = runtime.block_on(send(&layer(), signed(Frames::of(pieces.iter().map(Vec::as_slice)), &body)));
        prop_assert_eq!(whole, (200, Bytes::from(body.clone())));

        if !body.is_empty() {
            let mut changed = body.clone();
            changed[flipped.index(body.len())] ^= 1;
            let refused = runtime.block_on(send(&layer(), signed(Frames::of([changed.as_slice()]), &body)));
            prop_assert_eq!(refused, (401, refusal("signature_mismatch")));
        }
    }
}
