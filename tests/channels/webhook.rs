//! `health.webhook`.

use std::time::{Duration, Instant};

use hookseal::Verifier;
use hookseal_health::Severity;
use hookseal_notifier::{Channels, Outcome, Sent};
use hookseal_tests::KEY;
use jiff::Timestamp;

use crate::fake::{Fake, Misbehaviour, misbehaving, nobody};
use crate::setting::{IMPATIENT, PATIENT, channels, configured, keeps_secret, message, retry, webhook};

async fn sent_to(url: &str, timeout: Duration) -> Sent {
    channels(timeout).send(&webhook(url, Some(KEY)), None, &message(Severity::Critical)).await
}

#[tokio::test]
async fn the_json_is_posted_as_it_is_stored_and_signed() {
    let receiver = Fake::always(204, &[], "").await;
    let message = message(Severity::Critical);
    let integration = webhook(&receiver.url("/health?team=a%20b"), Some(KEY));
    let sent = channels(PATIENT).send(&integration, None, &message).await;
    assert_eq!((sent.outcome, sent.exchange.status, &sent.exchange.error), (Outcome::Delivered, Some(204), &None));

    let seen = receiver.one();
    assert_eq!((seen.method.as_str(), seen.uri.to_string().as_str()), ("POST", "/health?team=a%20b"));
    assert_eq!(seen.body, message.body);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-hookseal-event-id"), Some(&*message.id.to_string()));
    assert_eq!(seen.header("content-length"), Some(&*message.body.len().to_string()));
    assert!(seen.header("user-agent").unwrap().starts_with("hookseal/"));
    let signature = seen.header("x-jws-signature").unwrap();
    Verifier::for_shared_key(KEY).unwrap().verify(&seen.body, signature).unwrap();

    let Sent { exchange, .. } = sent;
    assert!(exchange.request.starts_with(&format!("POST {} HTTP/1.1\n", receiver.url("/health?team=a%20b"))));
    assert!(exchange.request.ends_with(std::str::from_utf8(&message.body).unwrap()), "{}", exchange.request);
    assert!(!exchange.took.is_zero());
    keeps_secret(&exchange, &[KEY]);
}

#[tokio::test]
async fn without_a_shared_key_it_is_not_signed() {
    let receiver = Fake::always(200, &[], "thanks").await;
    let sent = channels(PATIENT).send(&webhook(&receiver.url("/"), None), None, &message(Severity::Warning)).await;
    assert_eq!((sent.outcome, &*sent.exchange.answer), (Outcome::Delivered, "thanks"));
    assert_eq!(receiver.one().header("x-jws-signature"), None);
}

#[tokio::test]
async fn each_status_means_what_the_table_says() {
    for (status, outcome) in [
        (200, Outcome::Delivered),
        (202, Outcome::Delivered),
        (299, Outcome::Delivered),
        (304, Outcome::Refused),
        (400, Outcome::Refused),
        (401, Outcome::Refused),
        (404, Outcome::Refused),
        (410, Outcome::Refused),
        (499, Outcome::Refused),
        (407, retry(None, true)),
        (408, retry(None, false)),
        (425, retry(None, false)),
        (429, retry(None, true)),
        (500, retry(None, false)),
        (501, retry(None, true)),
        (502, retry(None, true)),
        (503, retry(None, true)),
        (599, retry(None, true)),
    ] {
        let receiver = Fake::always(status, &[], "").await;
        let sent = sent_to(&receiver.url("/"), PATIENT).await;
        assert_eq!((sent.outcome, sent.exchange.status), (outcome, Some(status)));
        let error = sent.exchange.error;
        assert_eq!(error.is_some(), outcome != Outcome::Delivered, "{status}: {error:?}");
        assert!(error.is_none_or(|error| error.contains(&status.to_string())), "{status}");
        assert_eq!(receiver.seen().len(), 1, "{status} is not tried again here");
    }
}

#[tokio::test]
async fn retry_after_is_told() {
    for (status, value, seconds) in [(429, "2", Some(2)), (503, "7200", Some(3600)), (500, "soon", None)] {
        let receiver = Fake::always(status, &[("retry-after", value)], "").await;
        let sent = sent_to(&receiver.url("/"), PATIENT).await;
        assert_eq!(sent.outcome, retry(seconds, status != 500), "{status} {value}");
    }
    let soon = Timestamp::now() + Duration::from_secs(90);
    let date = soon.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let receiver = Fake::always(503, &[("retry-after", &date)], "").await;
    match sent_to(&receiver.url("/"), PATIENT).await.outcome {
        Outcome::Retry { after: Some(after), .. } => assert!((60..=91).contains(&after.as_secs()), "{after:?}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Fake::always(200, &[], "").await;
    for status in [301, 302, 303, 307, 308] {
        let receiver = Fake::always(status, &[("location", &elsewhere.url("/there"))], "").await;
        let sent = sent_to(&receiver.url("/"), PATIENT).await;
        assert_eq!(sent.outcome, Outcome::Refused);
        let error = sent.exchange.error.unwrap();
        assert!(error.contains("/there") && error.ends_with("redirects are not followed"), "{error}");
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn whoever_does_not_answer_is_tried_again() {
    use Misbehaviour::{Empty, EndlessHead, Garbage, Reset, Silence, Upgrade};
    for (how, says) in [
        (Reset, "reset"),
        (Empty, "closed"),
        (Silence, "no answer within 400ms"),
        (Garbage, ""),
        (EndlessHead, ""),
        (Upgrade, "answered 101, which is no final status"),
    ] {
        let address = misbehaving(how, 200).await;
        let started = Instant::now();
        let sent = sent_to(&format!("http://{address}/"), IMPATIENT).await;
        assert_eq!((sent.outcome, sent.exchange.status), (retry(None, true), None), "{how:?}");
        let error = sent.exchange.error.unwrap();
        assert!(error.contains(says) && !error.contains('\n'), "{how:?}: {error}");
        assert!(started.elapsed() < Duration::from_secs(8), "{how:?}: {:?}", started.elapsed());
    }
    let sent = sent_to(&format!("http://{}/", nobody().await), PATIENT).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert_eq!(sent.exchange.error.as_deref(), Some("cannot connect: connection refused"));
    // A resolver that is not reached says nothing, and not that there is no such name.
    let sent = sent_to("http://no-such-host.invalid/", IMPATIENT).await;
    assert_eq!(sent.outcome, retry(None, true));
    let error = sent.exchange.error.unwrap();
    assert!(
        error.starts_with("cannot connect: no-such-host.invalid does not resolve: ")
            || error.starts_with("no answer within"),
        "{error}"
    );
}

#[tokio::test]
async fn the_status_decides_whatever_the_body_does() {
    use Misbehaviour::{CutShort, Drip, Endless};
    for how in [CutShort, Drip, Endless] {
        for (status, outcome) in [(200, Outcome::Delivered), (503, retry(None, true))] {
            let address = misbehaving(how, status).await;
            let sent = sent_to(&format!("http://{address}/"), IMPATIENT).await;
            assert_eq!((sent.outcome, sent.exchange.status), (outcome, Some(status)), "{how:?}");
            assert!(sent.exchange.answer.len() <= 4096, "{how:?}: {}", sent.exchange.answer.len());
        }
    }
}

#[tokio::test]
async fn connections_are_kept() {
    let receiver = Fake::always(204, &[], "").await;
    let (channels, integration) = (channels(PATIENT), webhook(&receiver.url("/"), None));
    for _ in 0..20 {
        let sent = channels.send(&integration, None, &message(Severity::Warning)).await;
        assert_eq!(sent.outcome, Outcome::Delivered);
    }
    let connections = receiver.seen().iter().map(|seen| seen.connection).max();
    assert_eq!(connections, Some(1));
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_whole_url_and_told_who_we_are() {
    let proxy = Fake::always(200, &[], "").await;
    let channels = through(proxy.address);
    // A name that nobody here can resolve: the proxy would.
    let sent =
        channels.send(&webhook("http://receiver.example/health", Some(KEY)), None, &message(Severity::Warning)).await;
    assert_eq!(sent.outcome, Outcome::Delivered, "{sent:?}");
    let seen = proxy.one();
    assert_eq!(seen.uri.to_string(), "http://receiver.example/health");
    assert_eq!(seen.header("host"), Some("receiver.example"));
    assert_eq!(seen.header("proxy-authorization"), Some("Basic YWRhOnMzOmNyZXQ="));
    keeps_secret(&sent.exchange, &[KEY, "s3:cret", "YWRhOnMzOmNyZXQ="]);
}

#[tokio::test]
async fn through_a_proxy_https_is_a_tunnel() {
    let proxy = Fake::always(407, &[], "").await;
    let sent = through(proxy.address)
        .send(&webhook("https://receiver.example/health", Some(KEY)), None, &message(Severity::Warning))
        .await;
    assert_eq!(sent.outcome, retry(None, true));
    let error = sent.exchange.error.unwrap();
    assert!(error.contains("proxy"), "{error}");
    let seen = proxy.one();
    assert_eq!((seen.method.as_str(), seen.uri.to_string().as_str()), ("CONNECT", "receiver.example:443"));
    assert_eq!(seen.header("proxy-authorization"), Some("Basic YWRhOnMzOmNyZXQ="));
    assert_eq!(seen.header("x-jws-signature"), None);
}

fn through(proxy: std::net::SocketAddr) -> Channels {
    let options = configured(&format!(r#"proxy = "http://ada:s3%3Acret@{proxy}""#));
    let debug = format!("{options:?} {:?}", Channels::new(options.clone()).unwrap());
    assert!(!debug.contains("s3"), "{debug}");
    Channels::new(options).unwrap()
}
