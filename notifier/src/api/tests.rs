mod description;

use std::collections::BTreeSet;

use axum::body::Body;
use hookseal_health::{Notification, Reading, Resource, Severity, State as Health};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use rusqlite::params;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::integration::{IntegrationId, Settings, SharedKey};
use crate::message::{Content, Message};
use crate::secret::{Secret, Vault};
use crate::store::events::{self, NewDelivery, NewEvent};
use crate::store::{HistoryPoint, LastRound, ResourceStatus, history as samples, resources};

const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// A store, and the API on it.
struct Desk {
    store: Store,
    router: Router,
    _folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Desk::with(|dashboard| dashboard)
    }

    fn with(change: impl FnOnce(Dashboard) -> Dashboard) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None)).unwrap();
        let config = Config { project: "shop".to_owned(), ..Config::default() };
        let guard = Guard::new(([127, 0, 0, 1], 0).into(), None);
        let router =
            change(Dashboard::new(store.clone(), &config)).router(Access::new(guard), CancellationToken::new());
        Desk { store, router, _folder: folder }
    }

    async fn answer(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> http::Response<Body> {
        let mut request = Request::builder().method(method).uri(format!("/_hookseal/{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (peer, _) = Peer::inside(([127, 0, 0, 1], 1).into());
        let request = request.extension(peer).body(Body::from(body)).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let headers = [("host", "localhost"), ("content-type", "application/json")];
        let answer = self.answer(method, path, &headers, body.to_string()).await;
        let status = answer.status().as_u16();
        let octets = answer.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&octets).unwrap_or(Value::Null);
        description::assert_fits(method, path, status, &body);
        (status, body)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn refusal(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let (status, body) = self.ask(method, path, body).await;
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{path}: {body}");
        (status, body["code"].as_str().unwrap().to_owned())
    }

    fn watch(&self, status: ResourceStatus) {
        self.store.write_blocking(move |transaction| resources::put(transaction, &status)).unwrap();
    }

    fn webhook(&self) -> IntegrationId {
        let shared_key = SharedKey::new(Secret::new(KEY), hookseal::KeyFormat::Jwk).unwrap();
        let url = "https://example.com/health?team=a".parse().unwrap();
        self.store.add_integration(Settings::Webhook { url, shared_key: Some(shared_key) }).unwrap().id
    }

    /// Delivers an event in this state, after one attempt.
    fn deliver(&self, integration: &IntegrationId, state: &'static str) -> String {
        let now = Timestamp::now();
        let notification = Notification::example(Resource::Disk, Severity::Warning, Uuid::now_v7(), now);
        let message = Message::try_from(Content::Notification(notification)).unwrap();
        let delivery = NewDelivery::new(integration.clone(), None, "app/disk".to_owned());
        let id = delivery.id.clone();
        let event = NewEvent { message, deliveries: vec![delivery] };
        let named = id.clone();
        self.store
            .write_blocking(move |transaction| {
                events::insert(transaction, &event, now)?;
                if state == "pending" {
                    return Ok(());
                }
                transaction.execute("UPDATE delivery SET state = ?1, attempts = 1 WHERE id = ?2", params![state, named])?;
                transaction.execute(
                    "INSERT INTO attempt SELECT number, 1, ?2, 5000, 'refused', 410, 'POST /health', 'Gone', 'it says 410' \
                     FROM delivery WHERE id = ?1",
                    params![named, now.as_microsecond()],
                )?;
                Ok(())
            })
            .unwrap();
        id
    }
}

fn status(service: &str, resource: Resource, state: Health, available: u64) -> ResourceStatus {
    ResourceStatus {
        service: service.to_owned(),
        resource,
        state,
        since: Timestamp::UNIX_EPOCH,
        announced: state,
        reading: Reading::new(available, 1_000),
        sampled_at: Some(Timestamp::UNIX_EPOCH),
        unknown_rounds: 0,
        unknown_reason: None,
        watched: true,
    }
}

fn round(at: Timestamp) -> LastRound {
    LastRound { at, took: Duration::from_millis(5), interval: Duration::from_secs(300), resources: 1 }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let description: Value = serde_json::from_str(OPENAPI).unwrap();
    let described: BTreeSet<_> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let routes = include_str!("mod.rs").split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let sessions = ["/_hookseal/api/login", "/_hookseal/api/logout"];
    assert_eq!(described, routes.chain(sessions).collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn strangers_and_other_sites_are_kept_out() {
    let desk = Desk::new();
    for (headers, expected) in [
        (&[("host", "localhost:1")][..], 200),
        (&[("host", "evil.example")], 403),
        (&[("host", "localhost"), ("x-forwarded-for", "192.0.2.1")], 403),
        (&[("host", "localhost"), ("sec-fetch-site", "cross-site")], 403),
    ] {
        let answer = desk.answer("GET", "api/status", headers, String::new()).await;
        assert_eq!(answer.status(), expected, "{headers:?}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    let plain = [("host", "localhost"), ("content-type", "text/plain")];
    let answer = desk.answer("POST", "api/redeliver", &plain, r#"{"state":"dead"}"#.to_owned()).await;
    assert_eq!(answer.status(), 415);
    let page = desk.answer("GET", "", &[("host", "evil.example")], String::new()).await;
    assert_eq!(page.status(), 200, "the page tells nothing");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("require-trusted-types-for 'script'"));
}

#[tokio::test]
async fn the_status_has_the_worst_first_and_counts_all() {
    let desk = Desk::new();
    desk.watch(status("a", Resource::Disk, Health::Ok, 500));
    desk.watch(status("b", Resource::Disk, Health::Ok, 500));
    desk.watch(status("b", Resource::Inodes, Health::Critical, 99));
    desk.watch(ResourceStatus {
        unknown_rounds: 3,
        unknown_reason: Some("no".to_owned()),
        ..status("c", Resource::Disk, Health::Ok, 1)
    });
    desk.watch(status("d", Resource::Disk, Health::Warning, 150));
    let found = desk.get("api/status").await;
    let order: Vec<_> =
        found["resources"].as_array().unwrap().iter().map(|one| one["service"].as_str().unwrap()).collect();
    assert_eq!(order, ["b", "b", "d", "c", "a"]);
    let counts = json!({"services": 4, "resources": 5, "ok": 3, "warning": 1, "critical": 1, "unknown": 1});
    assert_eq!(found["counts"], counts);
    let inodes = &found["resources"][1];
    assert_eq!((&inodes["percent"], &inodes["available"], &inodes["total"]), (&json!(9.9), &json!(99), &json!(1000)));
    assert_eq!(inodes["lines"], json!({"warning": 200, "critical": 100}));
    assert_eq!((&found["project"], &found["environment"]), (&json!("shop"), &json!("main")));

    let found = desk.get("api/status?limit=1").await;
    assert_eq!((found["resources"].as_array().unwrap().len(), &found["more"]), (2, &json!(3)));
    assert_eq!(found["counts"], counts, "whatever was asked for");
    assert_eq!(desk.get("api/status?q=C").await["resources"][0]["unknown_reason"], "no");
    assert_eq!(desk.get("api/status?service=C").await["resources"], json!([]));
    assert_eq!(desk.refusal("GET", "api/status?servce=a", Value::Null).await, (400, "invalid_query".to_owned()));
}

/// A notifier as it could be.
struct Running {
    trouble: Option<String>,
}

impl Live for Running {
    fn resources(&self) -> Vec<ResourceStatus> {
        vec![status("a", Resource::Disk, Health::Ok, 321)]
    }

    fn round(&self) -> Option<LastRound> {
        Some(round(Timestamp::now()))
    }

    fn health(&self) -> Result<(), String> {
        self.trouble.clone().map_or(Ok(()), Err)
    }

    fn metrics(&self) -> Result<String, fmt::Error> {
        Ok("# EOF\n".to_owned())
    }
}

#[tokio::test]
async fn what_a_notifier_remembers_is_newer_than_the_store() {
    let desk = Desk::with(|dashboard| dashboard.live(Arc::new(Running { trouble: None })));
    desk.watch(status("a", Resource::Disk, Health::Ok, 322));
    let found = desk.get("api/status").await;
    assert_eq!(found["resources"][0]["available"], 321);
    assert_eq!((&found["round"]["interval_seconds"], &found["trouble"]), (&json!(300.0), &json!(null)));
    assert_eq!(desk.get("healthz").await["status"], "ok");
    let metrics = desk.answer("GET", "metrics", &[("host", "localhost")], String::new()).await;
    assert_eq!(metrics.into_body().collect().await.unwrap().to_bytes(), "# EOF\n");

    let trouble = Some("the disk is full".to_owned());
    let desk = Desk::with(|dashboard| dashboard.live(Arc::new(Running { trouble })));
    let (code, health) = desk.ask("GET", "healthz", Value::Null).await;
    assert_eq!((code, &health["status"]), (503, &json!("trouble")));
    assert_eq!(health["trouble"], "the disk is full");
    let stranger = desk.answer("GET", "healthz", &[("host", "evil.example")], String::new()).await;
    assert_eq!(stranger.into_body().collect().await.unwrap().to_bytes(), r#"{"status":"trouble"}"#);
    assert_eq!(desk.get("api/status").await["trouble"], "the disk is full");
}

#[tokio::test]
async fn without_a_notifier_the_store_is_shown_and_said_to_be_old() {
    let desk = Desk::new();
    let write = |at: Timestamp| {
        let round = round(at);
        desk.store.write_blocking(move |transaction| resources::put_round(transaction, &round)).unwrap();
    };
    for (at, expected) in
        [(None, 503), (Some(Timestamp::now()), 200), (Some(Timestamp::now() - SignedDuration::from_mins(12)), 503)]
    {
        at.into_iter().for_each(write);
        let (code, health) = desk.ask("GET", "healthz", Value::Null).await;
        assert_eq!(code, expected, "{health}");
        assert_eq!(desk.get("api/status").await["trouble"].is_null(), code == 200);
    }
    assert_eq!(desk.refusal("GET", "metrics", Value::Null).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_history_is_as_long_as_a_plot_is_wide() {
    let desk = Desk::new();
    desk.watch(status("a", Resource::Disk, Health::Ok, 500));
    let now = Timestamp::now();
    desk.store
        .write_blocking(move |transaction| {
            for minute in 0..2_000_i64 {
                let at = now - SignedDuration::from_mins(minute + 1);
                let reading = Reading::new(500 + (minute % 10) as u64, 1_000).unwrap();
                samples::put(transaction, "a", Resource::Disk, HistoryPoint { at, reading })?;
            }
            Ok(())
        })
        .unwrap();
    let path =
        |since: SignedDuration| format!("api/history?service=a&resource=disk&points=50&since={:.0}", now - since);
    let found = desk.get(&path(SignedDuration::from_hours(24))).await;
    let points = found["points"].as_array().unwrap();
    assert!((50..=52).contains(&points.len()), "{}", points.len());
    assert_eq!((&points[20]["low"], &points[20]["high"]), (&json!(50), &json!(50.9)));
    assert_eq!(points[0]["at"], found["since"], "what was before is how it begins");
    let whole = desk.get(&path(SignedDuration::from_hours(24 * 30))).await;
    assert!(whole["points"].as_array().unwrap().len() < 10);
    for (path, expected) in [
        ("api/history?service=b&resource=disk", (404, "not_found")),
        ("api/history?service=a&resource=inodes", (404, "not_found")),
        ("api/history?service=a&resource=memory", (400, "invalid_query")),
        ("api/history?service=a&resource=disk&since=yesterday", (400, "invalid_query")),
        ("api/history?resource=disk", (400, "invalid_query")),
    ] {
        assert_eq!(desk.refusal("GET", path, Value::Null).await, (expected.0, expected.1.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn integrations_show_how_they_fare_and_no_secret() {
    let desk = Desk::new();
    let webhook = desk.webhook();
    desk.store.add_integration(Settings::PagerDuty { routing_key: Secret::new("s3cret-routing-key") }).unwrap();
    desk.deliver(&webhook, "pending");
    desk.deliver(&webhook, "dead");
    let found = desk.get("api/integrations").await;
    let [first, second] = found["integrations"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!(first["settings"], json!({"url": "https://example.com/health?team=a", "key_format": "jwk"}));
    assert_eq!((&first["type"], &first["health"]["state"]), (&json!("health.webhook"), &json!("untried")));
    assert_eq!(first["deliveries"], json!({"pending": 1, "dead": 1}));
    assert_eq!((&second["settings"], &second["deliveries"]), (&json!({}), &json!({"pending": 0, "dead": 0})));
    let text = found.to_string();
    assert!(!text.contains(KEY) && !text.contains("s3cret"), "{text}");

    let set = |columns: &'static str| {
        let sql = format!("UPDATE integration SET {columns} WHERE type = 'health.webhook'");
        desk.store.write_blocking(move |transaction| transaction.execute(&sql, [])).unwrap();
    };
    for (columns, expected) in [
        ("succeeded_at = 1", "ok"),
        ("failing_since = 1, failures = 3, last_error = 'it says 503'", "failing"),
        ("paused_at = 1", "paused"),
    ] {
        set(columns);
        let health = &desk.get("api/integrations").await["integrations"][0]["health"];
        assert_eq!(health["state"], expected, "{health}");
    }
}

#[tokio::test]
async fn deliveries_are_listed_shown_and_delivered_again() {
    let desk = Desk::new();
    let webhook = desk.webhook();
    let dead: Vec<_> = (0..3).map(|_| desk.deliver(&webhook, "dead")).collect();
    let (delivered, pending) = (desk.deliver(&webhook, "delivered"), desk.deliver(&webhook, "pending"));
    let ids = |list: &Value| -> Vec<String> {
        let deliveries = list["deliveries"].as_array().unwrap();
        deliveries.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = desk.get("api/deliveries?limit=3").await;
    assert_eq!(ids(&all), [pending.clone(), delivered.clone(), dead[2].clone()]);
    let rest = desk.get(&format!("api/deliveries?limit=3&cursor={}", all["next"].as_str().unwrap())).await;
    assert_eq!((ids(&rest), &rest["next"]), (vec![dead[1].clone(), dead[0].clone()], &Value::Null));
    for (state, expected) in [("dead", 3), ("delivered", 1), ("pending", 1), ("scheduled", 0), ("in_progress", 0)] {
        let found = desk.get(&format!("api/deliveries?integration={webhook}&state={state}")).await;
        assert_eq!(ids(&found).len(), expected, "{state}");
    }
    let detail = desk.get(&format!("api/deliveries/{}", dead[0])).await;
    let attempt = json!({"number": 1, "took_ms": 5.0, "outcome": "refused", "status": 410, "request": "POST /health",
        "answer": "Gone", "error": "it says 410", "started_at": detail["attempts"][0]["started_at"]});
    assert_eq!(detail["attempts"], json!([attempt]));

    let again = |id: &str| format!("api/deliveries/{id}/redeliver");
    assert_eq!(desk.ask("POST", &again(&dead[0]), json!({})).await, (200, json!({"redelivered": 1})));
    assert_eq!(desk.refusal("POST", &again(&dead[0]), json!({})).await, (409, "not_over".to_owned()));
    assert_eq!(desk.ask("POST", &again(&delivered), json!({})).await.0, 200);
    assert_eq!(desk.refusal("POST", &again("no-such-delivery"), json!({})).await, (404, "not_found".to_owned()));
    let other = json!({"state": "dead", "integration": "no-such-integration"});
    assert_eq!(desk.refusal("POST", "api/redeliver", other).await, (404, "not_found".to_owned()));
    let delivered = desk.refusal("POST", "api/redeliver", json!({"state": "delivered"})).await;
    assert_eq!(delivered, (400, "invalid_redelivery".to_owned()));
    let dead = json!({"state": "dead", "integration": webhook});
    assert_eq!(desk.ask("POST", "api/redeliver", dead).await, (200, json!({"redelivered": 2})));
    let status = desk.get("api/status").await;
    assert_eq!(status["deliveries"], json!({"pending": 5, "dead": 0}));
}

#[tokio::test]
async fn what_is_paused_is_tried_again_when_somebody_says_so() {
    let desk = Desk::new();
    let webhook = desk.webhook();
    let dead = desk.deliver(&webhook, "dead");
    let pause = "UPDATE integration SET paused_at = 1, failing_since = 1, failures = 9";
    desk.store.write_blocking(move |transaction| transaction.execute(pause, [])).unwrap();
    assert_eq!(desk.ask("POST", &format!("api/deliveries/{dead}/redeliver"), json!({})).await.0, 200);
    let health = &desk.get("api/integrations").await["integrations"][0]["health"];
    assert_eq!((&health["state"], &health["failures"]), (&json!("failing"), &json!(9)));
}

#[tokio::test]
async fn silences_come_and_go() {
    let desk = Desk::new();
    desk.watch(status("app", Resource::Disk, Health::Ok, 500));
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let wanted = json!({"service": "app", "severity": "warning", "until": until});
    let (code, made) = desk.ask("POST", "api/silences", wanted).await;
    assert_eq!((code, &made["service"], &made["severity"]), (201, &json!("app"), &json!("warning")));
    assert_eq!(desk.ask("POST", "api/silences", json!({"until": until})).await.0, 201);
    assert_eq!(desk.get("api/silences").await["silences"].as_array().unwrap().len(), 2);
    for wrong in [
        json!({}),
        json!({"until": Timestamp::UNIX_EPOCH}),
        json!({"until": "tomorrow"}),
        json!({"until": until, "service": "ap"}),
        json!({"until": until, "severity": "all-clear"}),
        json!({"until": until, "resource": "disk"}),
    ] {
        assert_eq!(desk.refusal("POST", "api/silences", wrong).await, (400, "invalid_silence".to_owned()));
    }
    let path = format!("api/silences/{}", made["id"].as_str().unwrap());
    let (code, ended) = desk.ask("DELETE", &path, json!({})).await;
    assert_eq!((code, &ended["id"]), (200, &made["id"]));
    assert_eq!(desk.refusal("DELETE", &path, json!({})).await, (404, "not_found".to_owned()));
    assert_eq!(desk.get("api/silences").await["silences"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_looks_on_hears_of_changes_whoever_makes_them() {
    const SOON: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let dashboard = Dashboard::new(store.clone(), &Config::default());
    let server = tokio::spawn(dashboard.serve(listener, stop.clone().cancelled_owned()));

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /_hookseal/api/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut next = async || {
        let event = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(event) = line.strip_prefix("event: ") {
                    return Some(event.to_owned());
                }
            }
            None
        };
        tokio::time::timeout(SOON, event).await.unwrap()
    };
    assert_eq!(next().await.unwrap(), "hello");
    // As another process does, and as this one.
    let other = Store::open(store.path(), Vault::new(None)).unwrap();
    for store in [&other, &store] {
        store.silence(None, None, Timestamp::now() + SignedDuration::from_hours(1)).unwrap();
        assert_eq!(next().await.unwrap(), "changed");
    }
    stop.cancel();
    assert_eq!(next().await, None);
    server.await.unwrap();
}
