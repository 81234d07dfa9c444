//! The whole notifier, with commands for disks and webhooks on loopback.

#[cfg(target_os = "linux")]
mod full_disk;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hookseal_web::{Counters, Limits, Peer};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;
use crate::{ActivityFilter, IntegrationId, MasterKey, Redeliver, Secret, Service, Settings, Vault, Watched};

/// Takes requests to any path, and keeps what came to it.
#[derive(Clone)]
struct Endpoint {
    url: String,
    came: watch::Sender<Vec<(String, Value)>>,
    is_down: Arc<AtomicBool>,
}

impl Endpoint {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let endpoint = Endpoint { url, came: watch::Sender::new(Vec::new()), is_down: Arc::default() };
        let taking = endpoint.clone();
        let handler = move |_: Peer, request| taking.clone().take(request);
        let counters = Arc::new(Counters::default());
        tokio::spawn(hookseal_web::serve(listener, Limits::default(), None, counters, handler, std::future::pending()));
        endpoint
    }

    async fn take(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut response = Response::new(Full::default());
        if self.is_down.load(Ordering::SeqCst) && path != "/other" {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        } else {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            self.came.send_modify(|came| came.push((path, body)));
        }
        response
    }

    /// What came to a path: severities, or types where there is none.
    fn told(&self, path: &str) -> Vec<String> {
        told(&self.came.borrow(), path)
    }

    async fn until(&self, path: &str, expected: &[&str]) {
        let mut came = self.came.subscribe();
        let in_time = came.wait_for(|came| told(came, path) == expected);
        let in_time = tokio::time::timeout(Duration::from_secs(60), in_time).await.is_ok();
        assert!(in_time, "{expected:?} should have come to {path}: {:?}", self.told(path));
    }
}

fn told(came: &[(String, Value)], path: &str) -> Vec<String> {
    let word = |body: &Value| body["payload"]["severity"].as_str().or(body["type"].as_str()).map(str::to_owned);
    came.iter().filter(|(to, _)| to == path).map(|(_, body)| word(body).unwrap_or_default()).collect()
}

/// A store, and a disk that is as full as a file says.
struct Rig {
    folder: TempDir,
    endpoint: Endpoint,
    config: Config,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::start().await;
        let figures = folder.path().join("figures").to_str().unwrap().to_owned();
        let config = Config {
            interval: Duration::from_millis(50),
            allow_network: vec!["127.0.0.0/8".parse().unwrap()],
            heartbeat: Some(format!("{}/heartbeat", endpoint.url).parse().unwrap()),
            services: vec![Service {
                name: "db".to_owned(),
                watched: Watched::Command(vec!["cat".to_owned(), figures]),
                timeout: Duration::from_secs(5),
            }],
            ..Config::default()
        };
        let mut rig = Rig { folder, endpoint, config };
        rig.config.delivery.first_delay = Duration::from_millis(20);
        rig.config.delivery.longest_delay = Duration::from_millis(50);
        rig.available(50);
        rig
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Of 100.
    fn available(&self, available: u64) {
        // Renamed into its place, so that no half of it is read.
        let text = format!(r#"{{"available":{available},"total":100}}"#);
        std::fs::write(self.path("next"), text).unwrap();
        std::fs::rename(self.path("next"), self.path("figures")).unwrap();
    }

    /// As another process has it.
    fn store(&self) -> Store {
        Store::open(self.path("hookseal.db"), Vault::new(None)).unwrap()
    }

    fn webhook(&self, path: &str) -> IntegrationId {
        let url = format!("{}{path}", self.endpoint.url).parse().unwrap();
        self.store().add_integration(Settings::Webhook { url, shared_key: None }).unwrap().id
    }

    async fn start(&self) -> Notifier {
        let builder = Notifier::builder(self.config.clone(), self.store());
        builder.report_after(Duration::from_millis(300)).start().await.unwrap()
    }

    async fn until(notifier: &Notifier, is: impl FnMut(&Status) -> bool) {
        let mut status = notifier.subscribe();
        let in_time = tokio::time::timeout(Duration::from_secs(60), status.wait_for(is)).await.is_ok();
        assert!(in_time, "{:?}", notifier.status());
    }
}

#[tokio::test]
async fn it_tells_of_a_fall_and_of_the_rise_and_of_nothing_twice() {
    let rig = Rig::new().await;
    rig.webhook("/a");
    let notifier = rig.start().await;
    Rig::until(&notifier, |status| status.round.is_some()).await;
    rig.available(15);
    rig.endpoint.until("/a", &["warning"]).await;
    Rig::until(&notifier, |status| (status.warning, status.critical) == (1, 0)).await;
    rig.available(5);
    rig.endpoint.until("/a", &["warning", "critical"]).await;
    notifier.shutdown().await;

    let notifier = rig.start().await;
    rig.available(50);
    rig.endpoint.until("/a", &["warning", "critical", "all-clear"]).await;
    Rig::until(&notifier, |status| status.deliveries.delivered == 1 && status.has_ballast).await;
    assert!(!rig.endpoint.told("/heartbeat").is_empty());
    let status = notifier.status();
    assert_eq!((status.deliveries.delivered, status.deliveries.dead, status.store_error), (1, 0, None));
    assert_eq!(notifier.health(), Ok(()));
    let metrics = notifier.metrics().unwrap();
    for line in [
        "hookseal_notifications_total{severity=\"all-clear\"} 1",
        "hookseal_deliveries_delivered_total 1",
        "hookseal_available{service=\"db\",resource=\"disk\"} 50.0",
        "hookseal_state{service=\"db\",resource=\"disk\"} 0.0",
        "hookseal_store_writable 1.0",
        "hookseal_heartbeat_ok 1.0",
    ] {
        assert!(metrics.lines().any(|have| have == line), "{line} is not in\n{metrics}");
    }
    notifier.shutdown().await;
}

#[tokio::test]
async fn what_another_process_changes_counts_at_once() {
    let rig = Rig::new().await;
    rig.available(5);
    let notifier = rig.start().await;
    Rig::until(&notifier, |status| status.critical == 1).await;
    let id = rig.webhook("/a");
    rig.endpoint.until("/a", &["critical"]).await;
    rig.webhook("/other");
    rig.endpoint.until("/other", &["critical"]).await;
    // Through the same store, as the dashboard does.
    notifier.store().delete_integration(&id).unwrap();
    rig.available(50);
    rig.endpoint.until("/other", &["critical", "all-clear"]).await;
    assert_eq!(rig.endpoint.told("/a"), ["critical"]);
    // Once it is written down that it arrived.
    let store = rig.store();
    let last = store.activities(&ActivityFilter { limit: 1, ..ActivityFilter::default() }).unwrap();
    while store.redeliver(&Redeliver::One(last[0].id.clone())).unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    rig.endpoint.until("/other", &["critical", "all-clear", "all-clear"]).await;
    notifier.shutdown().await;
}

#[tokio::test]
async fn an_integration_that_fails_is_reported_through_the_others() {
    let rig = Rig::new().await;
    rig.webhook("/a");
    rig.webhook("/other");
    rig.endpoint.is_down.store(true, Ordering::SeqCst);
    rig.available(15);
    let notifier = rig.start().await;
    rig.endpoint.until("/other", &["warning", "integration.failing"]).await;
    Rig::until(&notifier, |status| status.heartbeat_error.is_some()).await;
    rig.endpoint.is_down.store(false, Ordering::SeqCst);
    rig.endpoint.until("/other", &["warning", "integration.failing", "integration.recovered"]).await;
    assert_eq!(rig.endpoint.told("/a")[..1], ["warning"]);
    let came = rig.endpoint.came.borrow();
    let (_, failing) = came.iter().find(|(_, body)| body["type"] == "integration.failing").unwrap();
    assert!(failing["payload"]["error"].as_str().unwrap().contains("503"), "{failing}");
}

#[tokio::test]
async fn there_is_one_daemon_and_the_next_one_may_start_when_it_has_ended() {
    let rig = Rig::new().await;
    let notifier = rig.start().await;
    let error = Notifier::builder(rig.config.clone(), rig.store()).start().await.unwrap_err();
    assert!(matches!(error, StartError::Store(StoreError::InUse { .. })), "{error}");
    notifier.shutdown().await;
    rig.start().await.shutdown().await;
}

#[tokio::test]
async fn without_the_master_key_it_does_not_start() {
    let rig = Rig::new().await;
    let store = Store::open(rig.path("hookseal.db"), Vault::new(Some(MasterKey::new([7; 32])))).unwrap();
    let settings = Settings::Slack { channel: "#ops".to_owned(), token: Secret::new("xoxb-1") };
    store.add_integration(settings).unwrap();
    let error = Notifier::builder(rig.config.clone(), rig.store()).start().await.unwrap_err().to_string();
    assert!(error.contains("HOOKSEAL_MASTER_KEY"), "{error}");
}

#[tokio::test]
async fn a_store_that_cannot_be_written_does_not_keep_it_from_telling() {
    let rig = Rig::new().await;
    rig.webhook("/a");
    let notifier = rig.start().await;
    Rig::until(&notifier, |status| status.round.is_some()).await;
    let execute = |sql: &'static str| {
        rig.store().write_blocking(move |transaction| transaction.execute_batch(sql)).unwrap();
    };
    execute("CREATE TRIGGER broken BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'no room'); END");
    rig.available(5);
    rig.endpoint.until("/a", &["critical"]).await;
    execute("DROP TRIGGER broken");
    Rig::until(&notifier, |status| status.store_error.is_none()).await;
    assert!(notifier.metrics().unwrap().contains("hookseal_unwritten_checks_total 1"));
    rig.available(50);
    rig.endpoint.until("/a", &["critical", "all-clear"]).await;
    notifier.shutdown().await;
}
