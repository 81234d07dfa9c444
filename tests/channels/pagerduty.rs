//! `health.pagerduty`, against an Events API v2 that follows its documents.

use std::time::{Duration, Instant};

use hookseal_health::Severity;
use hookseal_notifier::{
    Channels, Content, IntegrationType, Message, Notice, NoticeKind, NoticePayload, Outcome, Sent,
};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fake::{Fake, Misbehaviour, Seen, misbehaving};
use crate::setting::{
    IMPATIENT, PATIENT, ROUTING_KEY, configured, keeps_secret, message, notification, pagerduty, retry, saying,
};

fn channels(api: &str, timeout: Duration) -> Channels {
    let mut options = configured(&format!("[pagerduty]\napi_url = {api:?}"));
    options.timeout = timeout;
    Channels::new(options).unwrap()
}

async fn sent_to(api: &str, timeout: Duration) -> Sent {
    channels(api, timeout).send(&pagerduty(), None, &message(Severity::Critical)).await
}

/// Checks an event as the documents describe it, and keeps no alerts.
fn answer(seen: &Seen) -> Response<Full<Bytes>> {
    let problem = problem(seen);
    let (status, body) = match &problem {
        None => {
            (202, json!({"status": "success", "message": "Event processed", "dedup_key": seen.json()["dedup_key"]}))
        }
        Some(error) => {
            (400, json!({"status": "invalid event", "message": "Event object is invalid", "errors": [error]}))
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn problem(seen: &Seen) -> Option<&'static str> {
    let event: Value = serde_json::from_slice(&seen.body).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if seen.uri.path() != "/v2/enqueue" || seen.method != "POST" {
        return Some("no such method");
    }
    if seen.header("content-type") != Some("application/json") || seen.body.len() > 512 * 1024 {
        return Some("not JSON, or too long");
    }
    if text(&event["routing_key"]).is_none_or(|key| key != ROUTING_KEY) {
        return Some("Invalid routing key");
    }
    if text(&event["dedup_key"]).is_none_or(|key| key.is_empty() || key.len() > 255) {
        return Some("'dedup_key' is missing or too long");
    }
    match event["event_action"].as_str() {
        Some("resolve") => None,
        Some("trigger") => {
            let payload = &event["payload"];
            let summary = text(&payload["summary"]).unwrap_or_default();
            let severity = text(&payload["severity"]).unwrap_or_default();
            let time = text(&payload["timestamp"]).and_then(|time| time.parse::<Timestamp>().ok());
            match () {
                () if summary.is_empty() || summary.chars().count() > 1024 => Some("'summary' is missing or too long"),
                () if text(&payload["source"]).is_none_or(|source| source.is_empty()) => Some("'source' is missing"),
                () if !["critical", "error", "warning", "info"].contains(&&*severity) => Some("'severity' is wrong"),
                () if time.is_none() => Some("'timestamp' is wrong"),
                () => None,
            }
        }
        _ => Some("'event_action' is wrong"),
    }
}

#[tokio::test]
async fn an_alert_is_triggered_and_resolved_under_one_key() {
    let fake = Fake::start(answer).await;
    let channels = channels(&fake.url("/"), PATIENT);
    for severity in [Severity::Warning, Severity::Critical, Severity::AllClear] {
        let sent = channels.send(&pagerduty(), None, &message(severity)).await;
        assert_eq!((sent.outcome, sent.exchange.status), (Outcome::Delivered, Some(202)), "{sent:?}");
        keeps_secret(&sent.exchange, &[ROUTING_KEY]);
        assert!(sent.exchange.request.contains(r#""routing_key":"[REDACTED]""#), "{}", sent.exchange.request);
    }
    let events: Vec<_> = fake.seen().iter().map(Seen::json).collect();
    let actions: Vec<_> = events.iter().map(|event| &event["event_action"]).collect();
    assert_eq!(actions, ["trigger", "trigger", "resolve"]);
    for event in &events {
        assert_eq!(event["dedup_key"], "hookseal/xk4tq2mlpdy7e/main/app/disk");
    }
    assert_eq!(events[2].get("payload"), None);
    let payload = &events[1]["payload"];
    let notification = notification(Severity::Critical);
    assert_eq!(events[0]["payload"]["severity"], "warning");
    assert_eq!(
        payload,
        &json!({
            "summary": notification.text,
            "source": "app",
            "severity": "critical",
            "timestamp": "2026-11-25T03:04:05.678Z",
            "component": "app",
            "group": "xk4tq2mlpdy7e (main)",
            "class": "health.low_disk",
            "custom_details": notification,
        })
    );
}

#[tokio::test]
async fn what_is_long_is_cut_and_keys_stay_apart() {
    let fake = Fake::start(answer).await;
    let channels = channels(&fake.url("/v2/enqueue"), PATIENT);
    let long = "é".repeat(200);
    for service in [format!("{long}a"), format!("{long}b"), "a/b".to_owned(), "a%2Fb".to_owned()] {
        let sent = channels.send(&pagerduty(), None, &saying(&service, &"ö".repeat(3000))).await;
        assert_eq!(sent.outcome, Outcome::Delivered, "{:?}", sent.exchange.answer);
    }
    let mut keys: Vec<_> =
        fake.seen().iter().map(|seen| seen.json()["dedup_key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys[2], "hookseal/xk4tq2mlpdy7e/main/a%2Fb/disk");
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[tokio::test]
async fn another_integration_that_fails_is_an_alert_too() {
    let fake = Fake::start(answer).await;
    let channels = channels(&fake.url("/"), PATIENT);
    let at = Timestamp::UNIX_EPOCH;
    for (kind, action) in
        [(NoticeKind::Failing, "trigger"), (NoticeKind::Paused, "trigger"), (NoticeKind::Recovered, "resolve")]
    {
        let payload = NoticePayload {
            integration: "abcdefghijk23".parse().unwrap(),
            integration_type: IntegrationType::Slack,
            since: at,
            failures: 3,
            error: None,
        };
        let notice = Notice::new(kind, Uuid::nil(), at, "shop".to_owned(), vec!["main".to_owned()], payload);
        let message = Message::try_from(Content::Notice(notice)).unwrap();
        let sent = channels.send(&pagerduty(), None, &message).await;
        assert_eq!(sent.outcome, Outcome::Delivered);
        let event = fake.seen().last().unwrap().json();
        assert_eq!(event["event_action"], action);
        assert_eq!(event["dedup_key"], "hookseal/shop/main/integration/abcdefghijk23/failing");
    }
}

#[tokio::test]
async fn answers_are_what_the_documents_say() {
    for (status, outcome) in [
        (202, Outcome::Delivered),
        (400, Outcome::Refused),
        (403, Outcome::Refused),
        (429, retry(Some(7), true)),
        (500, retry(Some(7), false)),
        (502, retry(Some(7), true)),
    ] {
        let body = format!(r#"{{"status":"x","errors":["{ROUTING_KEY}"]}}"#);
        let fake = Fake::always(status, &[("retry-after", "7")], &body).await;
        let sent = sent_to(&fake.url("/"), PATIENT).await;
        assert_eq!(sent.outcome, outcome, "{status}");
        keeps_secret(&sent.exchange, &[ROUTING_KEY]);
    }
    for how in [Misbehaviour::Reset, Misbehaviour::Silence, Misbehaviour::Garbage, Misbehaviour::Empty] {
        let address = misbehaving(how, 202).await;
        let started = Instant::now();
        let sent = sent_to(&format!("http://{address}/"), IMPATIENT).await;
        assert_eq!(sent.outcome, retry(None, true), "{how:?}");
        assert!(started.elapsed() < Duration::from_secs(8));
    }
}

/// It must not wake anybody.
#[tokio::test]
async fn validating_opens_no_alert() {
    let fake = Fake::start(answer).await;
    channels(&fake.url("/"), PATIENT).validate(&pagerduty()).await.unwrap();
    let event = fake.one().json();
    assert_eq!(event["event_action"], "resolve");
    assert!(event["dedup_key"].as_str().unwrap().ends_with("/integration/abcdefghijk23/test"));

    let other = Fake::always(400, &[], r#"{"status":"invalid event","errors":["Invalid routing key"]}"#).await;
    let reason = channels(&other.url("/"), PATIENT).validate(&pagerduty()).await.unwrap_err().to_string();
    assert!(reason.contains("400") && reason.contains("Invalid routing key"), "{reason}");
}
