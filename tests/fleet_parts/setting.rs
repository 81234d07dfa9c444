//! A server, hosts whose disks are files with figures, workers, and an endpoint that can be taken down.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use hookseal_notifier::{
    Config, Fleet, FleetOptions, Form, Integration, IntegrationType, MasterKey, NatsOptions, NetworkGuard,
    NewIntegration, Notifier, Secret, Settings, Store, Vault, Worker, WorkerBuilder,
};
use hookseal_tests::{KEY, NatsServer, PATIENCE};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PROJECT: &str = "shop";

pub(crate) fn vault() -> Vault {
    Vault::new(Some(MasterKey::new([7; 32])))
}

/// Quick retries: the schedule's shape is tested where it is decided.
pub(crate) fn config(more: &str) -> Config {
    Config::parse(&format!(
        "project = \"{PROJECT}\"\ninterval = \"1h\"\nallow_network = [\"127.0.0.1/32\"]\n{more}\n\
         [delivery]\nfirst_delay = \"100ms\"\nlongest_delay = \"400ms\"\ntimeout = \"2s\"\ngive_up_after = \"1h\"\n"
    ))
    .unwrap()
}

pub(crate) fn options(servers: &str) -> FleetOptions {
    let mut options = FleetOptions::new(NatsOptions::parse(servers).unwrap(), &config(""));
    options.ack_wait = Duration::from_secs(3);
    options.beat = Duration::from_millis(500);
    options
}

pub(crate) async fn fleet(server: &NatsServer) -> Fleet {
    let fleet = Fleet::connect(options(&server.url()), vault()).await.unwrap();
    let mut connected = fleet.connected();
    tokio::time::timeout(PATIENCE, connected.wait_for(|connected| *connected)).await.unwrap().unwrap();
    fleet
}

pub(crate) fn worker(fleet: &Fleet) -> WorkerBuilder {
    Worker::builder(fleet.clone(), config(""))
}

pub(crate) fn webhook(address: SocketAddr, path: &str) -> Settings {
    let form =
        Form { url: Some(format!("http://{address}{path}")), shared_key: Some(Secret::new(KEY)), ..Form::default() };
    let network = NetworkGuard::new(vec!["127.0.0.1/32".parse().unwrap()]);
    form.create(IntegrationType::Webhook, &network).unwrap()
}

pub(crate) async fn add(fleet: &Fleet, settings: Settings) -> Integration {
    let (project, environment) = (PROJECT.to_owned(), "main".to_owned());
    fleet.add_integration(NewIntegration { settings, partitions: 1, project, environment }).await.unwrap()
}

pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A host with one service, whose figures are what a test says.
pub(crate) struct Host {
    folder: TempDir,
    pub(crate) notifier: Option<Notifier>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let host = Host { folder: tempfile::tempdir().unwrap(), notifier: None };
        host.set(50);
        host
    }

    pub(crate) async fn start(fleet: &Fleet) -> Self {
        let mut host = Self::new();
        host.run(fleet).await;
        host
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.folder.path().join("hookseal.db"), vault()).unwrap()
    }

    pub(crate) async fn run(&mut self, fleet: &Fleet) {
        let figures = self.folder.path().join("figures").display().to_string();
        let service = format!("[[service]]\nname = \"database\"\ncommand = [\"cat\", \"{figures}\"]\n");
        let builder = Notifier::builder(config(&service), self.store()).fleet(fleet.clone());
        let notifier = builder.start().await.unwrap();
        let mut status = notifier.subscribe();
        let checked = status.wait_for(|status| status.round.is_some());
        tokio::time::timeout(PATIENCE, checked).await.unwrap().unwrap();
        self.notifier = Some(notifier);
    }

    /// So much of its disk is free, in percent.
    fn set(&self, percent: u64) {
        let figures = format!("{{\"available\":{},\"total\":1000000}}", percent * 10_000);
        let next = self.folder.path().join("next");
        std::fs::write(&next, figures).unwrap();
        std::fs::rename(next, self.folder.path().join("figures")).unwrap();
    }

    /// The same, and waits until it has been checked.
    pub(crate) async fn becomes(&self, percent: u64) {
        self.set(percent);
        let notifier = self.notifier.as_ref().unwrap();
        let mut status = notifier.subscribe();
        let before = status.borrow_and_update().round.unwrap().at;
        notifier.check_now();
        let checked = status.wait_for(|status| status.round.is_some_and(|round| round.at > before));
        tokio::time::timeout(PATIENCE, checked).await.unwrap().unwrap();
    }

    /// Falls below the warning line and comes back, so often: two transitions each.
    pub(crate) async fn wavers(&self, times: usize) {
        for _ in 0..times {
            self.becomes(15).await;
            self.becomes(50).await;
        }
    }

    /// Waits until it knows so many integrations.
    pub(crate) async fn knows(&self, integrations: usize) {
        let store = self.notifier.as_ref().unwrap().store().clone();
        eventually("the host knows the fleet's integrations", || async {
            (store.integrations().unwrap().len() == integrations).then_some(())
        })
        .await;
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.notifier.as_ref().unwrap().status().deliveries.waiting
    }

    pub(crate) async fn has_handed_over(&self) {
        let store = self.notifier.as_ref().unwrap().store().clone();
        let filter = hookseal_notifier::ActivityFilter { limit: 1000, ..Default::default() };
        eventually("the host has handed over all it has", || async {
            let activities = store.activities(&filter).unwrap();
            activities.iter().all(|activity| activity.result.is_some()).then_some(())
        })
        .await;
    }
}

/// What an endpoint was sent.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) event: String,
    pub(crate) is_signed: bool,
    pub(crate) body: Value,
}

/// Somebody's server. It answers with what it is told to.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    status: AtomicU16,
    answer: Mutex<String>,
    received: Mutex<Vec<Received>>,
    slow: Mutex<HashMap<String, Duration>>,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            status: AtomicU16::new(200),
            answer: Mutex::new(String::new()),
            received: Mutex::default(),
            slow: Mutex::default(),
        });
        let app = Router::new().fallback(take).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Endpoint { address, inner }
    }

    pub(crate) fn answers(&self, status: u16) {
        self.inner.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn says(&self, answer: &str) {
        *self.inner.answer.lock().unwrap() = answer.to_owned();
    }

    /// On this path, it takes so long.
    pub(crate) fn is_slow(&self, path: &str, time: Duration) {
        self.inner.slow.lock().unwrap().insert(path.to_owned(), time);
    }

    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        self.inner.received.lock().unwrap().iter().filter(|received| received.path == path).cloned().collect()
    }

    /// The severities that came, each event once, in their order.
    pub(crate) fn severities(&self, path: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let first = self.received(path).into_iter().filter(|received| {
            let is_new = !seen.contains(&received.event);
            seen.push(received.event.clone());
            is_new
        });
        first.map(|received| received.body["payload"]["severity"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub(crate) async fn gets(&self, count: usize, path: &str) -> Vec<Received> {
        eventually(&format!("{count} deliveries to {path}"), || async {
            Some(self.received(path)).filter(|received| received.len() >= count)
        })
        .await
    }
}

async fn take(State(inner): State<Arc<Inner>>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let path = uri.path().to_owned();
    let slow = inner.slow.lock().unwrap().get(&path).copied();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let received = Received {
        path,
        event: header("x-hookseal-event-id"),
        is_signed: header("x-jws-signature") == hookseal_tests::signature(&body),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    inner.received.lock().unwrap().push(received);
    if let Some(time) = slow {
        tokio::time::sleep(time).await;
    }
    let status = StatusCode::from_u16(inner.status.load(Ordering::SeqCst)).unwrap();
    (status, inner.answer.lock().unwrap().clone())
}
