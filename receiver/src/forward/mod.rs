//! Deliveries go on to an app: in the background with retries, or while the sender waits for the app's answer.

mod attempt;
mod forwarder;
mod hops;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

pub(crate) use forwarder::{ForwardObserver, Forwarder, Job, Slot};

/// Where deliveries go on to, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Forward {
    to: Uri,
    /// Whether deliveries go on that are not valid. The sender is told that they are not, all the same.
    pub all: bool,
    /// Whether the sender gets the app's answer, and waits for it. Nothing is tried again then: that is the sender's part.
    pub answer: bool,
    /// How long the app may take to answer. 30 s unless told.
    pub timeout: Duration,
    /// For how long, counted from its arrival, a delivery is tried again. An hour unless told.
    pub retry_for: Duration,
    /// Each app has its own, so that one that hangs holds up its own deliveries only.
    pub(crate) turns: Arc<Semaphore>,
}

/// Attempts at a time in the background, for each app.
const AT_A_TIME: usize = 16;

/// A URL that deliveries cannot go on to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// It lacks a part, or has one too many.
    #[error(
        "{url:?} is no URL to forward to; give scheme, host and perhaps a path, such as http://127.0.0.1:3000/hooks"
    )]
    Malformed {
        /// The URL.
        url: String,
    },
    /// It has a user name or a password, which is not repeated here: it would show wherever the URL does.
    #[error(
        "a URL to forward to may have no user name or password before its host; give it as http://127.0.0.1:3000/hooks"
    )]
    Credentials,
}

/// What became of a delivery that goes on to an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Forwarded {
    /// The URL.
    pub to: String,
    /// How far it is.
    pub state: ForwardState,
    /// The status of the app's last answer.
    pub status: Option<u16>,
    /// How long the last attempt took, in milliseconds.
    pub took_ms: Option<f64>,
    /// Attempts until now.
    pub attempts: u32,
    /// Why the last attempt had no answer.
    pub error: Option<String>,
    /// The beginning of the last answer's body, up to 4 KiB.
    pub body: Option<String>,
}

/// How far a delivery is that goes on to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForwardState {
    /// It will be tried, again or for the first time.
    Pending,
    /// The app has answered 2xx.
    Delivered,
    /// The app has answered that it does not want it, which trying again would not change.
    Refused,
    /// The app was not there for as long as it was tried.
    Failed,
}

/// The part of a delivery that changes after it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForwardCell(Option<Arc<Mutex<Forwarded>>>);

impl Forward {
    /// To an app at this URL. Deliveries to `/` go exactly there, others to their own path below it; queries go along.
    pub fn to(url: &str) -> Result<Self, InvalidUrl> {
        let invalid = || InvalidUrl::Malformed { url: url.to_owned() };
        if has_credentials(url) {
            return Err(InvalidUrl::Credentials);
        }
        let to = url.parse::<Uri>().map_err(|_| invalid())?;
        let is_http = matches!(to.scheme_str(), Some("http" | "https"));
        if !is_http || to.host().is_none_or(str::is_empty) || to.query().is_some() {
            return Err(invalid());
        }
        Ok(Forward {
            to,
            all: false,
            answer: false,
            timeout: Duration::from_secs(30),
            retry_for: Duration::from_secs(3600),
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        })
    }

    /// The URL for a delivery to this target.
    pub(crate) fn url(&self, target: &str) -> Uri {
        let base = self.to.path().trim_end_matches('/');
        let path = match target.strip_prefix('/') {
            Some(rest) if base.is_empty() || !(rest.is_empty() || rest.starts_with('?')) => format!("{base}/{rest}"),
            Some(query) => format!("{}{query}", self.to.path()),
            None => self.to.path().to_owned(), // `OPTIONS *`
        };
        let mut parts = self.to.clone().into_parts();
        if let Ok(path) = PathAndQuery::try_from(path) {
            parts.path_and_query = Some(path);
        }
        Uri::from_parts(parts).unwrap_or_else(|_| self.to.clone())
    }
}

impl ForwardCell {
    pub(crate) fn pending(to: &Uri) -> Self {
        ForwardCell::of(Forwarded::pending(to))
    }

    pub(crate) fn of(forwarded: Forwarded) -> Self {
        ForwardCell(Some(Arc::new(Mutex::new(forwarded))))
    }

    pub(crate) fn get(&self) -> Option<Forwarded> {
        self.0.as_deref().map(|cell| lock(cell).clone())
    }

    pub(crate) fn set(&self, forwarded: Forwarded) {
        if let Some(cell) = &self.0 {
            *lock(cell) = forwarded;
        }
    }
}

impl Forwarded {
    pub(crate) fn pending(to: &Uri) -> Self {
        Forwarded {
            to: to.to_string(),
            state: ForwardState::Pending,
            status: None,
            took_ms: None,
            attempts: 0,
            error: None,
            body: None,
        }
    }
}

/// Whether a URL's authority has user information (RFC 3986 §3.2.1).
pub(crate) fn has_credentials(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    rest.split(['/', '?', '#', '\\']).next().is_some_and(|authority| authority.contains('@'))
}

fn lock(cell: &Mutex<Forwarded>) -> MutexGuard<'_, Forwarded> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_goes_to_its_own_path_below_the_url() {
        for (url, target, expected) in [
            ("http://app:3000", "/", "http://app:3000/"),
            ("http://app:3000", "/a?b=c", "http://app:3000/a?b=c"),
            ("http://app/", "//a%00", "http://app//a%00"),
            ("https://app/hooks", "/", "https://app/hooks"),
            ("https://app/hooks", "/?a=b", "https://app/hooks?a=b"),
            ("https://app/hooks/", "/a", "https://app/hooks/a"),
            ("https://app/hooks/", "/", "https://app/hooks/"),
            ("https://app/hooks", "*", "https://app/hooks"),
        ] {
            assert_eq!(Forward::to(url).unwrap().url(target).to_string(), expected, "{url} {target}");
        }
        for url in ["app:3000", "/hooks", "ftp://app/", "http://", "http:///a", "http://app/?a=b", ""] {
            assert!(Forward::to(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_refused_and_not_repeated() {
        for url in ["http://user:pw@app/", "https://user@app:1", "http://@app/", "user:pw@app", "http://u:p w@app/"] {
            let error = Forward::to(url).unwrap_err();
            assert_eq!(error, InvalidUrl::Credentials, "{url}");
            assert!(!error.to_string().contains("pw"), "{error}");
        }
        assert!(Forward::to("http://app/a@b").is_ok());
    }
}
