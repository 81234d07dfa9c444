//! `health.slack`, against a Slack that follows its documents.

use std::time::{Duration, Instant};

use hookseal_health::Severity;
use hookseal_notifier::{Channels, Outcome, Sent};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::fake::{Fake, Misbehaviour, Seen, misbehaving, nobody};
use crate::setting::{IMPATIENT, PATIENT, TOKEN, configured, keeps_secret, message, retry, saying, slack};

fn channels(api: &str, timeout: Duration) -> Channels {
    let mut options = configured(&format!("[slack]\napi_url = {api:?}"));
    options.timeout = timeout;
    Channels::new(options).unwrap()
}

async fn sent_to(api: &str, timeout: Duration) -> Sent {
    channels(api, timeout).send(&slack("#ops"), None, &message(Severity::Critical)).await
}

/// What Slack's documents say of both methods: JSON in UTF-8 with a bearer token, and errors with HTTP 200.
fn answer(seen: &Seen) -> Response<Full<Bytes>> {
    let failed = |error: &str| json!({"ok": false, "error": error});
    let body = match seen.uri.path() {
        _ if seen.header("authorization") != Some(&format!("Bearer {TOKEN}")) => failed("invalid_auth"),
        _ if seen.header("content-type") != Some("application/json; charset=utf-8") => failed("invalid_json"),
        "/api/auth.test" => json!({"ok": true, "url": "https://team.slack.com/", "team": "T", "user": "bot"}),
        "/api/chat.postMessage" => match seen.json() {
            post if post["channel"] == "#no-such" => failed("channel_not_found"),
            post if post["text"].as_str().is_none_or(str::is_empty) => failed("no_text"),
            post if post["text"].as_str().is_some_and(|text| text.chars().count() > 40_000) => failed("msg_too_long"),
            post => json!({"ok": true, "channel": "C0123", "ts": "1503435956.000247", "message": post}),
        },
        _ => failed("unknown_method"),
    };
    Response::new(Full::new(Bytes::from(body.to_string())))
}

#[tokio::test]
async fn a_message_is_posted_with_its_figures_and_a_colour() {
    let fake = Fake::start(answer).await;
    // With or without the slash at its end.
    let channels = channels(&fake.url("/api"), PATIENT);
    let mut colours = Vec::new();
    for severity in [Severity::Warning, Severity::Critical, Severity::AllClear] {
        let sent = channels.send(&slack("#ops"), None, &message(severity)).await;
        assert_eq!((sent.outcome, sent.exchange.status), (Outcome::Delivered, Some(200)), "{sent:?}");
        keeps_secret(&sent.exchange, &[TOKEN]);
        assert!(sent.exchange.request.contains("authorization: [REDACTED]"), "{}", sent.exchange.request);
    }
    for seen in fake.seen() {
        assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/api/chat.postMessage"));
        let post = seen.json();
        assert_eq!(post["channel"], "#ops");
        assert!(post["text"].as_str().unwrap().starts_with("Disk space on app is "));
        let attachment = &post["attachments"][0];
        assert_eq!(attachment["fallback"], post["text"]);
        assert_eq!(attachment["blocks"][0]["type"], "section");
        assert_eq!(attachment["blocks"][0]["fields"][0]["text"], "Service\napp");
        assert_eq!(attachment["blocks"][1]["type"], "context");
        colours.push(attachment["color"].as_str().unwrap().to_owned());
    }
    colours.dedup();
    assert_eq!(colours.len(), 3, "each severity has its own: {colours:?}");
}

#[tokio::test]
async fn nothing_is_markup_and_what_is_too_long_is_cut() {
    let fake = Fake::start(answer).await;
    let channels = channels(&fake.url("/api/"), PATIENT);
    let sent = channels.send(&slack("C0123456789"), None, &saying("*a*", "<!channel> & <http://x|y>")).await;
    assert_eq!(sent.outcome, Outcome::Delivered);
    let post = fake.one().json();
    assert_eq!(post["text"], "&lt;!channel&gt; &amp; &lt;http://x|y&gt;");
    assert_eq!((&post["mrkdwn"], &post["unfurl_links"]), (&json!(false), &json!(false)));
    for text in texts(&post["attachments"]) {
        assert_eq!(text["type"], "plain_text", "{text}");
    }
    // Each of these is five characters in Slack's counting.
    let long = saying(&"s".repeat(10_000), &"&".repeat(30_000));
    assert_eq!(channels.send(&slack("#ops"), None, &long).await.outcome, Outcome::Delivered);
    let post = fake.seen()[1].json();
    let text = post["text"].as_str().unwrap();
    assert!((39_990..=40_000).contains(&text.chars().count()) && text.ends_with("&amp;…"), "{}", text.len());
    for text in texts(&post["attachments"]) {
        assert!(text["text"].as_str().unwrap().chars().count() <= 2_000);
    }
}

/// All objects with a `text`.
fn texts(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(map) if map.contains_key("text") => vec![value],
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn each_error_is_what_the_documents_say() {
    let later_for_all = ["ratelimited", "rate_limited", "service_unavailable"];
    let later = ["request_timeout", "internal_error", "fatal_error"];
    let never = [
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "msg_too_long",
        "no_text",
        "something_new",
    ];
    let all = later_for_all.map(|name| (name, retry(None, true))).into_iter();
    let all = all.chain(later.map(|name| (name, retry(None, false)))).chain(never.map(|name| (name, Outcome::Refused)));
    for (name, outcome) in all {
        let fake = Fake::always(200, &[], &json!({"ok": false, "error": name}).to_string()).await;
        let sent = sent_to(&fake.url("/api/"), PATIENT).await;
        assert_eq!((sent.outcome, sent.exchange.status), (outcome, Some(200)), "{name}");
        assert!(sent.exchange.error.unwrap().starts_with(&format!("Slack says {name}")));
    }
    let scope = r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"identify"}"#;
    let sent = sent_to(&Fake::always(200, &[], scope).await.url("/api/"), PATIENT).await;
    assert!(sent.exchange.error.unwrap().starts_with("Slack says missing_scope (needed: chat:write): "));
}

#[tokio::test]
async fn statuses_and_failures_are_what_the_documents_say() {
    for (status, outcome) in [
        (429, retry(Some(30), true)),
        (500, retry(Some(30), false)),
        (503, retry(Some(30), true)),
        (403, Outcome::Refused),
        (302, Outcome::Refused),
    ] {
        let fake = Fake::always(status, &[("retry-after", "30")], r#"{"ok":false,"error":"ratelimited"}"#).await;
        assert_eq!(sent_to(&fake.url("/api/"), PATIENT).await.outcome, outcome, "{status}");
    }
    let limited = Fake::always(200, &[("retry-after", "30")], r#"{"ok":false,"error":"ratelimited"}"#).await;
    assert_eq!(sent_to(&limited.url("/api/"), PATIENT).await.outcome, retry(Some(30), true));
    for body in ["", "<html>captive portal</html>", "[]", r#"{"error":"x"}"#, "{\"ok\":true"] {
        let fake = Fake::always(200, &[], body).await;
        assert_eq!(sent_to(&fake.url("/api/"), PATIENT).await.outcome, retry(None, true), "{body}");
    }
    use Misbehaviour::{CutShort, Drip, Empty, Endless, Garbage, Reset, Silence};
    for how in [CutShort, Drip, Empty, Endless, Garbage, Reset, Silence] {
        let address = misbehaving(how, 200).await;
        let started = Instant::now();
        let sent = sent_to(&format!("http://{address}/api/"), IMPATIENT).await;
        assert_eq!(sent.outcome, retry(None, true), "{how:?}");
        assert!(sent.exchange.error.is_some() && started.elapsed() < Duration::from_secs(8), "{how:?}");
    }
    let sent = sent_to(&format!("http://{}/api/", nobody().await), PATIENT).await;
    assert_eq!(sent.exchange.error.as_deref(), Some("cannot connect: connection refused"));
}

#[tokio::test]
async fn a_token_that_comes_back_does_not_show() {
    for (status, body) in [
        (200, format!(r#"{{"ok":false,"error":"{TOKEN}"}}"#)),
        (200, format!(r#"{{"ok":true,"token":"{TOKEN}"}}"#)),
        (500, format!("{} {TOKEN}", "x".repeat(4090))),
    ] {
        let fake = Fake::always(status, &[], &body).await;
        let sent = sent_to(&fake.url("/api/"), PATIENT).await;
        keeps_secret(&sent.exchange, &[TOKEN, "s3cret"]);
    }
}

#[tokio::test]
async fn validating_tries_the_token_and_then_the_channel() {
    let fake = Fake::start(answer).await;
    let channels = channels(&fake.url("/api/"), PATIENT);
    channels.validate(&slack("#ops")).await.unwrap();
    let seen = fake.seen();
    assert_eq!(
        seen.iter().map(|seen| seen.uri.path()).collect::<Vec<_>>(),
        ["/api/auth.test", "/api/chat.postMessage"]
    );
    assert!(seen[1].json()["text"].as_str().unwrap().starts_with("This is a test"));

    let reason = channels.validate(&slack("#no-such")).await.unwrap_err().to_string();
    assert!(reason.starts_with("Slack says channel_not_found: "), "{reason}");

    let revoked = Fake::always(200, &[], r#"{"ok":false,"error":"token_revoked"}"#).await;
    let reason = self::channels(&revoked.url("/api/"), PATIENT).validate(&slack("#ops")).await.unwrap_err().to_string();
    assert!(reason.starts_with("Slack says token_revoked: "), "{reason}");
    assert_eq!(revoked.one().uri.path(), "/api/auth.test");
}
