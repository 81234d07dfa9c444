//! The dashboard: a page, and the API below `/_hookseal/` that it learns everything from.

mod changes;
mod deliveries;
mod events;
mod fleet;
mod health;
mod history;
mod integrations;
mod silences;
mod snapshot;
mod status;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use hookseal_health::Thresholds;
use hookseal_web::{Access, Counters, Guard, Limits, Peer, Problem, RustEmbed, control_api};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::store::{NotFound, Store, StoreError};

use changes::Changes;
pub(crate) use snapshot::Live;

/// The notifier's page with its API, on a store. Where no daemon runs with it, it shows what one has last written.
pub struct Dashboard {
    store: Store,
    about: About,
    token: Option<String>,
    live: Option<Arc<dyn Live>>,
}

/// What the configuration says of what is shown.
#[derive(Clone)]
struct About {
    project: String,
    environment: String,
    thresholds: Thresholds,
    interval: Duration,
}

impl Dashboard {
    /// One that asks for the configuration's token.
    #[must_use]
    pub fn new(store: Store, config: &Config) -> Self {
        let Config { project, environment, thresholds, interval, token, .. } = config;
        Dashboard {
            store,
            about: About {
                project: project.clone(),
                environment: environment.clone(),
                thresholds: *thresholds,
                interval: *interval,
            },
            token: token.as_ref().map(|token| token.expose().to_owned()),
            live: None,
        }
    }

    /// Shows how things stand in the notifier that runs.
    #[must_use]
    pub(crate) fn live(mut self, live: Arc<dyn Live>) -> Self {
        self.live = Some(live);
        self
    }

    /// Whether nobody could use the API on this address: it can be reached from elsewhere, and there is no token.
    #[must_use]
    pub fn is_closed_on(&self, address: SocketAddr) -> bool {
        self.guard(address).is_closed()
    }

    /// Serves until `shutdown` completes, then lets requests under way finish.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        const TIDY_EVERY: Duration = Duration::from_secs(30);
        // An address that cannot be known is taken for one that strangers can reach.
        let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let access = Access::new(self.guard(address));
        let stopping = CancellationToken::new();
        let api = self.router(access.clone(), stopping.clone());
        let handler = move |peer: Peer, request: Request<Incoming>| hookseal_web::answer(api.clone(), peer, request);
        let shutdown = async move {
            let tidy = async {
                loop {
                    tokio::time::sleep(TIDY_EVERY).await;
                    access.tidy();
                }
            };
            tokio::select! {
                () = shutdown => stopping.cancel(),
                () = tidy => {}
            }
        };
        let counters = Arc::new(Counters::default());
        hookseal_web::serve(listener, Limits::default(), None, counters, handler, shutdown).await;
    }

    fn guard(&self, address: SocketAddr) -> Guard {
        Guard::new(address, self.token.clone())
    }

    fn router(self, access: Access, stopping: CancellationToken) -> Router {
        let api = Api {
            changes: Arc::new(Changes::new(self.store.path())),
            store: self.store,
            about: self.about,
            live: self.live,
            started: Instant::now(),
            started_at: Timestamp::now(),
            looks: Arc::new(Semaphore::new(MOST_LOOKS)),
            fleet: fleet::Known::default(),
            access: access.clone(),
            stopping,
        };
        let guarded = Router::new()
            .route("/_hookseal/api/status", get(status::status))
            .route("/_hookseal/api/history", get(history::history))
            .route("/_hookseal/api/integrations", get(integrations::list))
            .route("/_hookseal/api/deliveries", get(deliveries::list))
            .route("/_hookseal/api/deliveries/{id}", get(deliveries::show))
            .route("/_hookseal/api/deliveries/{id}/redeliver", post(deliveries::redeliver_one))
            .route("/_hookseal/api/redeliver", post(deliveries::redeliver_many))
            .route("/_hookseal/api/silences", get(silences::list).post(silences::add))
            .route("/_hookseal/api/silences/{id}", delete(silences::end))
            .route("/_hookseal/api/fleet", get(fleet::fleet))
            .route("/_hookseal/api/events", get(events::events))
            .route("/_hookseal/api/openapi.json", get(openapi))
            .route("/_hookseal/metrics", get(health::metrics))
            .with_state(api.clone());
        // Whoever keeps the notifier running asks this, token or not; it tells nothing of what is watched.
        let open = Router::new().route("/_hookseal/healthz", get(health::healthz)).with_state(api);
        control_api::<Page>(guarded, open, access)
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Static files, which learn everything from the API.
#[derive(RustEmbed)]
#[folder = "page"]
struct Page;

/// What the endpoints share.
#[derive(Clone)]
struct Api {
    store: Store,
    about: About,
    live: Option<Arc<dyn Live>>,
    started: Instant,
    started_at: Timestamp,
    changes: Arc<Changes>,
    /// Places for those who look on, each of whom holds a connection.
    looks: Arc<Semaphore>,
    /// What was last known of the fleet.
    #[cfg_attr(not(feature = "nats"), expect(dead_code, reason = "there is none"))]
    fleet: fleet::Known,
    access: Access,
    stopping: CancellationToken,
}

/// Pages that may look on at a time.
const MOST_LOOKS: usize = 64;

/// Described by hand, in the order of the documentation; a test holds it against the router.
const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

/// Asks the store, which may make its caller wait.
async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(question).await.map_err(Problem::internal)?.map_err(Problem::from)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::NotFound(NotFound::Unknown { .. }) => (StatusCode::NOT_FOUND, "not_found"),
            StoreError::NotFound(NotFound::Ambiguous { .. }) => (StatusCode::CONFLICT, "ambiguous"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
        };
        let message = error.to_string();
        let mut characters = message.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        Problem::new(status, code, first.chain(characters).chain(['.']).collect::<String>())
    }
}

#[cfg(test)]
mod tests;
