//! The connection to the servers, which comes back by itself.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::{self, context::ContextBuilder};
use async_nats::{Client, ConnectErrorKind, Event, Server, ServerError};
use tokio::sync::watch;

use crate::{NatsError, NatsOptions};

/// How long a server may take to answer a request.
const PATIENCE: Duration = Duration::from_secs(5);

const NOT_LET_IN: &str = "the server does not let us in";

/// A connection to one of the servers; to another one when that goes away. Clones share it.
#[derive(Clone)]
pub struct Connection {
    client: Client,
    jetstream: jetstream::Context,
    connected: watch::Receiver<bool>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Where an option cannot be used, no server answers, or one does not let us in.
    pub async fn connect(options: &NatsOptions) -> Result<Self, NatsError> {
        Self::make(options, false).await
    }

    /// Connects, or goes on trying to: the servers need not be there yet.
    ///
    /// # Errors
    ///
    /// Where an option cannot be used.
    pub async fn connect_or_retry(options: &NatsOptions) -> Result<Self, NatsError> {
        Self::make(options, true).await
    }

    async fn make(options: &NatsOptions, retry: bool) -> Result<Self, NatsError> {
        let (is_connected, connected) = watch::channel(false);
        let trouble = Arc::<Mutex<Option<String>>>::default();
        let (is_connected, noted, tried) = (Arc::new(is_connected), trouble.clone(), trouble.clone());
        let connect = options.connect_options()?.reconnect_to_server_callback(move |servers, _| {
            if let Some(trouble) = latest_trouble(&servers) {
                *tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
            }
            std::future::ready(None) // the client chooses
        });
        let mut connect = connect.event_callback(move |event| {
            let (is_connected, noted) = (is_connected.clone(), noted.clone());
            async move {
                let trouble = match event {
                    Event::Connected => {
                        is_connected.send_replace(true);
                        None
                    }
                    Event::Disconnected | Event::Closed => {
                        is_connected.send_replace(false);
                        Some("the connection was closed".to_owned())
                    }
                    Event::ServerError(ServerError::AuthorizationViolation) => Some(NOT_LET_IN.to_owned()),
                    Event::ServerError(error) => Some(error.to_string()),
                    // Of an attempt to connect this is the kind alone, such as "IO error"; the servers themselves have it all.
                    Event::ClientError(error) => {
                        noted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
                        return;
                    }
                    _ => return,
                };
                *noted.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
            }
        });
        if retry {
            connect = connect.retry_on_initial_connect();
        }
        let servers = options.to_string();
        let client = connect.connect(options.servers.clone()).await.map_err(|error| match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                NatsError::Unauthorized { servers }
            }
            _ => NatsError::Away { servers, reason: error.to_string() },
        })?;
        let jetstream = ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        Ok(Connection { client, jetstream, connected, trouble })
    }

    /// Whether it is connected now, and each change of that.
    #[must_use]
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }

    /// What went wrong last, unless it is connected.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        if *self.connected.borrow() {
            return None;
        }
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// JetStream: every request to it ends within five seconds.
    #[must_use]
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }
}

/// What was wrong with the servers when they were last tried; which one, where there are several.
fn latest_trouble(servers: &[Server]) -> Option<String> {
    let troubles = servers.iter().filter_map(|server| {
        let mut trouble = server.last_error.as_deref()?;
        if trouble.starts_with(&ConnectErrorKind::AuthorizationViolation.to_string()) {
            trouble = NOT_LET_IN;
        }
        // Not the whole address, which may have a password.
        let place = format!("{}:{}: ", server.addr.host(), server.addr.port());
        Some(format!("{}{trouble}", if servers.len() > 1 { &place } else { "" }))
    });
    let troubles: Vec<_> = troubles.collect();
    (!troubles.is_empty()).then(|| troubles.join("; "))
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("connected", &*self.connected.borrow()).finish_non_exhaustive()
    }
}
