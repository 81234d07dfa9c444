//! The engine between a store on disk and webhooks on loopback.

use std::collections::HashMap;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookseal_health::{Notification, Resource, Severity};
use hookseal_web::{Counters, Limits, Peer};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::engine::{Engine, Unwritten};
use crate::store::events::{NewDelivery, NewEvent, insert};
use crate::{
    ChannelOptions, Channels, Content, DeliverySettings, Integration, Message, NetworkGuard, Settings, Store, Vault,
};

/// What came: the path, and the event's id.
type Came = (String, Uuid);

type Answer = Arc<dyn Fn(&str, usize) -> StatusCode + Send + Sync>;

/// A server that answers as it is told and remembers what came.
#[derive(Clone)]
struct Webhooks {
    url: String,
    came: Arc<Mutex<Vec<Came>>>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    answer: Answer,
}

impl Webhooks {
    /// `answer` is asked with the path and the number of requests before.
    async fn start(answer: impl Fn(&str, usize) -> StatusCode + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (came, at_once, most_at_once) = Default::default();
        let webhooks = Webhooks { url, came, at_once, most_at_once, answer: Arc::new(answer) };
        let handler = {
            let webhooks = webhooks.clone();
            move |_: Peer, request| webhooks.clone().take(request)
        };
        let counters = Arc::new(Counters::default());
        tokio::spawn(hookseal_web::serve(listener, Limits::default(), None, counters, handler, std::future::pending()));
        webhooks
    }

    async fn take(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let path = request.uri().path().to_owned();
        let header = request.headers()["x-hookseal-event-id"].to_str().unwrap().parse::<Uuid>().unwrap();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(Message::read(body).unwrap().id, header);
        let status = {
            let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
            came.push((path.clone(), header));
            (self.answer)(&path, came.len() - 1)
        };
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        response
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Bench {
    folder: TempDir,
    store: Store,
    channels: Channels,
    settings: DeliverySettings,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None)).unwrap();
        let network = NetworkGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let options = ChannelOptions { network, ..ChannelOptions::default() };
        let milliseconds = Duration::from_millis;
        let settings = DeliverySettings {
            first_delay: milliseconds(20),
            longest_delay: milliseconds(60),
            recovery_rate: 2_000,
            ..DeliverySettings::default()
        };
        Bench { folder, store, channels: Channels::new(options).unwrap(), settings }
    }

    fn webhook(&self, url: &str) -> Integration {
        self.store.add_integration(Settings::Webhook { url: url.parse().unwrap(), shared_key: None }).unwrap()
    }

    /// An event for each of these lanes, in this order, for all integrations.
    async fn tell(&self, lanes: &[String], integrations: &[Integration]) -> Vec<Uuid> {
        let events: Vec<NewEvent> = lanes
            .iter()
            .map(|lane| NewEvent {
                message: message(),
                deliveries: integrations
                    .iter()
                    .map(|integration| NewDelivery::new(integration.id.clone(), None, lane.clone()))
                    .collect(),
            })
            .collect();
        let ids = events.iter().map(|event| event.message.id).collect();
        let now = Timestamp::now();
        self.store
            .write(move |transaction| events.iter().try_for_each(|event| insert(transaction, event, now)))
            .await
            .unwrap();
        ids
    }

    async fn engine(&self) -> Engine {
        Engine::start(self.store.clone(), self.channels.clone(), self.settings.clone()).await.unwrap()
    }

    /// How many deliveries are in each state, as the file has it.
    fn states(&self) -> HashMap<String, u32> {
        self.store
            .read(|connection| {
                let mut select = connection.prepare("SELECT state, count(*) FROM delivery GROUP BY state")?;
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .unwrap()
    }

    async fn until_delivered(&self, count: u32) {
        self.until(count, "delivered").await;
    }

    async fn until(&self, count: u32, state: &str) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.states().get(state).copied() != Some(count) {
            assert!(tokio::time::Instant::now() < deadline, "{:?}", self.states());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn message() -> Message {
    let (id, now) = (Uuid::now_v7(), Timestamp::now());
    let notification = Notification::example(Resource::Disk, Severity::Critical, id, now);
    Message::try_from(Content::Notification(notification)).unwrap()
}

/// The ids that came to a path, each once, in the order in which they first came.
fn in_order(came: &[Came], path: &str) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = Vec::new();
    for (_, id) in came.iter().filter(|(came, _)| came == path) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    ids
}

#[tokio::test]
async fn each_integration_hears_of_each_event_once_and_in_order() {
    let webhooks = Webhooks::start(|_, _| StatusCode::NO_CONTENT).await;
    let bench = Bench::new();
    let integrations: Vec<_> = (0..3).map(|number| bench.webhook(&format!("{}/{number}", webhooks.url))).collect();
    let ids = bench.tell(&vec!["app/disk".to_owned(); 20], &integrations).await;
    let engine = bench.engine().await;
    bench.until_delivered(60).await;
    let came = webhooks.came();
    assert_eq!(came.len(), 60);
    for number in 0..3 {
        assert_eq!(in_order(&came, &format!("/{number}")), ids);
    }
    assert_eq!((engine.tally().delivered(), engine.tally().dead(), engine.tally().retried()), (60, 0, 0));
    let attempts: u32 = bench
        .store
        .read(|connection| {
            connection.query_row(
                "SELECT count(*) FROM attempt WHERE outcome = 'delivered' AND status = 204",
                [],
                |row| row.get(0),
            )
        })
        .unwrap();
    assert_eq!(attempts, 60);
}

#[tokio::test]
async fn what_fails_comes_again_with_the_same_id_and_in_order() {
    // Two of three fail.
    let webhooks = Webhooks::start(|_, number| match number % 3 {
        0 => StatusCode::SERVICE_UNAVAILABLE,
        1 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    })
    .await;
    let bench = Bench::new();
    let integration = bench.webhook(&format!("{}/a", webhooks.url));
    let ids = bench.tell(&vec!["app/disk".to_owned(); 6], slice::from_ref(&integration)).await;
    let engine = bench.engine().await;
    bench.until_delivered(6).await;
    assert_eq!(in_order(&webhooks.came(), "/a"), ids);
    assert_eq!(engine.tally().retried(), 12);
    let health = bench.store.endpoint_health(&integration.id).unwrap();
    assert_eq!((health.failures, health.failing_since, health.last_error), (0, None, None));
    assert!(health.succeeded_at.is_some());
}

#[tokio::test]
async fn one_that_refuses_or_is_not_there_holds_up_no_other() {
    let webhooks = Webhooks::start(|path, _| match path {
        "/gone" => StatusCode::GONE,
        _ => StatusCode::OK,
    })
    .await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let bench = Bench::new();
    let urls = [format!("{}/a", webhooks.url), format!("{}/gone", webhooks.url), format!("http://{closed}/")];
    let integrations = urls.each_ref().map(|url| bench.webhook(url));
    bench.tell(&vec!["app/disk".to_owned(); 5], &integrations).await;
    let engine = bench.engine().await;
    bench.until_delivered(5).await;
    bench.until(5, "dead").await;
    while bench.store.endpoint_health(&integrations[2].id).unwrap().failures == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.stop().await;
    let states = bench.states();
    assert_eq!((states["delivered"], states["dead"], states["pending"]), (5, 5, 5), "{states:?}");
    let health = bench.store.endpoint_health(&integrations[2].id).unwrap();
    assert!(health.failures > 0 && health.failing_since.is_some(), "{health:?}");
    assert!(health.last_error.unwrap().contains("refused"));
}

#[tokio::test]
async fn what_was_under_way_when_a_daemon_ended_is_sent_again() {
    let webhooks = Webhooks::start(|_, _| StatusCode::OK).await;
    let bench = Bench::new();
    let integration = bench.webhook(&format!("{}/a", webhooks.url));
    let ids = bench.tell(&vec!["app/disk".to_owned(); 2], &[integration]).await;
    let numbers = bench.store.waiting().unwrap().into_iter().map(|waiting| waiting.number).collect::<Vec<_>>();
    let claimed =
        bench.store.report_and_claim(Arc::new([]), vec![numbers[0]], Timestamp::now().as_microsecond()).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].attempt), (1, 1));
    let _engine = bench.engine().await;
    bench.until_delivered(2).await;
    assert_eq!(in_order(&webhooks.came(), "/a"), ids);
    let outcomes: Vec<String> = bench
        .store
        .read(|connection| {
            let mut select = connection.prepare("SELECT outcome FROM attempt ORDER BY delivery, number")?;
            select.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap();
    assert_eq!(outcomes, ["interrupted", "delivered", "delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_taken_in_order_without_a_storm() {
    const COUNT: usize = 1_000;
    let down = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_down = down.clone();
    let webhooks = Webhooks::start(move |_, _| match is_down.load(Ordering::SeqCst) {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::OK,
    })
    .await;
    let bench = Bench::new();
    let integration = bench.webhook(&format!("{}/a", webhooks.url));
    let lanes: Vec<String> = (0..COUNT).map(|number| format!("service {}/disk", number % 50)).collect();
    let ids = bench.tell(&lanes, &[integration]).await;
    let engine = bench.engine().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let while_down = webhooks.came().len();
    assert!((1..80).contains(&while_down), "{while_down} requests while it was down");
    down.store(false, Ordering::SeqCst);
    bench.until_delivered(COUNT as u32).await;
    assert!(webhooks.most_at_once.load(Ordering::SeqCst) <= 16);
    // The engine hears of the last one a moment after it is on the disk.
    while engine.tally().waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let came = webhooks.came();
    let came = in_order(&came[while_down..], "/a");
    assert_eq!(came.len(), COUNT);
    let place: HashMap<Uuid, usize> = came.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for lane in 0..50 {
        let places: Vec<usize> = ids.iter().skip(lane).step_by(50).map(|id| place[id]).collect();
        assert!(places.is_sorted(), "service {lane}: {places:?}");
    }
}

#[tokio::test]
async fn an_integration_that_is_deleted_takes_its_deliveries_along() {
    let webhooks = Webhooks::start(|_, _| StatusCode::SERVICE_UNAVAILABLE).await;
    let bench = Bench::new();
    let integration = bench.webhook(&format!("{}/a", webhooks.url));
    bench.tell(&vec!["app/disk".to_owned(); 5], slice::from_ref(&integration)).await;
    let engine = bench.engine().await;
    while webhooks.came().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.store.delete_integration(&integration.id).unwrap();
    engine.look();
    while engine.tally().waiting() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.stop().await;
    assert_eq!(bench.states(), HashMap::new());
}

#[tokio::test]
async fn what_cannot_be_written_down_is_sent_all_the_same_and_written_later() {
    let webhooks = Webhooks::start(|_, _| StatusCode::OK).await;
    let bench = Bench::new();
    let integration = bench.webhook(&format!("{}/a", webhooks.url));
    let mut ids = bench.tell(&["app/disk".to_owned()], slice::from_ref(&integration)).await;
    let engine = bench.engine().await;
    bench.until_delivered(1).await;
    ids.extend(bench.tell(&["app/disk".to_owned()], slice::from_ref(&integration)).await);
    let other = rusqlite::Connection::open(bench.folder.path().join("hookseal.db")).unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'refused'); END";
    other.execute_batch(refuse).unwrap();
    engine.look();
    let unwritten = message();
    ids.push(unwritten.id);
    let (integration, body) = (integration.id.to_string(), unwritten.body.to_vec());
    engine.send_unwritten(vec![Unwritten {
        integration,
        lane: "app/disk".to_owned(),
        recipient: None,
        body: body.into(),
    }]);
    while webhooks.came().len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(engine.tally().is_unwritten());
    other.execute_batch("DROP TRIGGER refuse").unwrap();
    bench.until_delivered(2).await;
    // The engine hears of it a moment after it is on the disk.
    while engine.tally().is_unwritten() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Nothing came twice, and in this order.
    assert_eq!(webhooks.came().into_iter().map(|(_, id)| id).collect::<Vec<_>>(), ids);
}
