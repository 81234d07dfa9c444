//! Somebody's server, which remembers what it was told.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;

/// A path is an integration.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    integrations: BTreeMap<String, Heard>,
}

/// What an integration was told.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    events: HashSet<String>,
    /// For each service, the severities in the order in which their events first came.
    pub(crate) severities: BTreeMap<String, Vec<String>>,
    pub(crate) copies: usize,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::<Mutex<Told>>::default();
        let app = Router::new().fallback(hear).with_state(told.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Endpoint { address, told }
    }

    /// How many different events came, to all integrations together.
    pub(crate) fn events(&self) -> usize {
        self.told.lock().unwrap().integrations.values().map(|heard| heard.events.len()).sum()
    }

    pub(crate) fn heard(&self, path: &str) -> Heard {
        self.told.lock().unwrap().integrations.get(path).cloned().unwrap_or_default()
    }
}

async fn hear(State(told): State<Arc<Mutex<Told>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (id, payload) = (event["id"].as_str().unwrap_or_default().to_owned(), &event["payload"]);
    // What is not signed, or does not carry its event's id, did not come.
    if header("x-jws-signature") != hookseal_tests::signature(&body) || header("x-hookseal-event-id") != id {
        return StatusCode::BAD_REQUEST;
    }
    let mut told = told.lock().unwrap();
    let heard = told.integrations.entry(uri.path().to_owned()).or_default();
    if heard.events.insert(id) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        heard.severities.entry(text(&payload["service"])).or_default().push(text(&payload["severity"]));
    } else {
        heard.copies += 1;
    }
    StatusCode::NO_CONTENT
}
