//! How a receiver is set up.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hookseal::{Explain, Explanation, Verifier};
use hookseal_web::{Limits, RateLimit, Tls};
use tokio::net::{TcpListener, TcpSocket};

use crate::body::BodyLimits;
use crate::delivery::Delivery;
use crate::explain::ExplanationObserver;
use crate::faults::FaultRule;
use crate::forward::{Forward, ForwardObserver, Forwarded};
use crate::inbox::{Inbox, InboxError, MemoryInbox, Retention};
use crate::respond::ResponseRule;
use crate::rules::{Active, Rules};
use crate::server::{Receiver, StartError};

/// Called with each delivery once it is in the inbox, before the sender is answered. It must not block.
pub(crate) type Observer = Arc<dyn Fn(&Arc<Delivery>) + Send + Sync>;

/// Called when a delivery could not be kept.
pub(crate) type FailureObserver = Arc<dyn Fn(&InboxError) + Send + Sync>;

/// Sets up a [`Receiver`]; see [`Receiver::builder`].
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    pub(crate) listener: Option<TcpListener>,
    pub(crate) address: SocketAddr,
    pub(crate) rules: Rules,
    pub(crate) keep_credentials: bool,
    pub(crate) token: Option<String>,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) tls: Option<Tls>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) limits: Limits,
    pub(crate) body_limits: BodyLimits,
    pub(crate) inbox: Option<Arc<dyn Inbox>>,
    pub(crate) observer: Option<Observer>,
    pub(crate) failure_observer: Option<FailureObserver>,
    pub(crate) forward_observer: Option<ForwardObserver>,
    pub(crate) forward_queue: usize,
    pub(crate) explanation_observer: Option<ExplanationObserver>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            listener: None,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            rules: Rules::default(),
            keep_credentials: false,
            token: None,
            admin: None,
            tls: None,
            rate_limit: None,
            limits: Limits::default(),
            body_limits: BodyLimits {
                size: 1 << 20,
                idle: Duration::from_secs(15),
                total: Duration::from_secs(60),
                together: 256 << 20,
            },
            inbox: None,
            observer: None,
            failure_observer: None,
            forward_observer: None,
            forward_queue: 10_000,
            explanation_observer: None,
        }
    }

    /// The keys that deliveries may be signed with. Without any, a signed delivery is `no_usable_key`.
    pub fn verifier(mut self, verifier: Verifier) -> Self {
        self.rules.verifier = Some(verifier);
        self
    }

    /// Where to listen; a free port of 127.0.0.1 unless told.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// A listener that is bound already, instead of [`listen`](Self::listen).
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Answers 204 to every delivery that could be read, whatever its signature: for looking on, not for guarding.
    pub fn accept_all(mut self, accept_all: bool) -> Self {
        self.rules.accept_all = accept_all;
        self
    }

    /// Keeps the values of `Authorization` and `Cookie`, which are redacted unless told.
    pub fn keep_credentials(mut self, keep: bool) -> Self {
        self.keep_credentials = keep;
        self
    }

    /// What the control API asks for when it is used from elsewhere than this machine.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Puts the control API, and all else below `/_hookseal/`, on an address of its own.
    pub fn admin_listen(mut self, address: SocketAddr) -> Self {
        self.admin = Some(address);
        self
    }

    /// Serves HTTPS. Keep a clone to [`replace`](Tls::replace) the certificate while the receiver runs.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// How many deliveries one peer may send; as many as it likes unless told.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// The largest body that is accepted, in octets; 1 MiB unless told.
    pub fn max_body(mut self, octets: usize) -> Self {
        self.body_limits.size = octets;
        self
    }

    /// The octets that all bodies which are being read may take together; beyond, a sender is told to try again. 256 MiB
    /// unless told.
    pub fn max_bodies_together(mut self, octets: usize) -> Self {
        self.body_limits.together = octets;
        self
    }

    /// How long a body may take: between two pieces, and as a whole. 15 s and 60 s unless told.
    pub fn body_timeout(mut self, idle: Duration, total: Duration) -> Self {
        self.body_limits.idle = idle;
        self.body_limits.total = total;
        self
    }

    /// What peers may take of the server.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where deliveries are kept; a [`MemoryInbox`] with its default limits unless told.
    pub fn inbox(mut self, inbox: Arc<dyn Inbox>) -> Self {
        self.inbox = Some(inbox);
        self
    }

    /// Called with each delivery once it is in the inbox, before the sender is answered. It must not block.
    pub fn on_delivery(mut self, observer: impl Fn(&Arc<Delivery>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The shared keys as they are written, which `GET …/deliveries/{id}/explain` needs: a verifier's keys cannot be read
    /// back. They stay in memory until the receiver is gone, and are zeroized then.
    pub fn explain_with(mut self, explain: Explain) -> Self {
        self.rules.explain = Some(explain);
        self
    }

    /// Called with what was refused and why, some time after the sender was answered. It must not block.
    ///
    /// Only on a loopback address, and with [`explain_with`](Self::explain_with): one delivery at a time, and as long as
    /// that takes no more than 2 % of a processor. Others are left out.
    pub fn on_explanation(mut self, observer: impl Fn(&Arc<Delivery>, &Explanation) + Send + Sync + 'static) -> Self {
        self.explanation_observer = Some(Arc::new(observer));
        self
    }

    /// Called when the inbox did not take a delivery, whose sender is told to try again (503), or that it is too large
    /// ([`InboxError::is_too_large`]; 413). It must not block.
    pub fn on_inbox_failure(mut self, observer: impl Fn(&InboxError) + Send + Sync + 'static) -> Self {
        self.failure_observer = Some(Arc::new(observer));
        self
    }

    /// What is done with deliveries, all at once: replaces what [`verifier`](Self::verifier), [`respond`](Self::respond) and
    /// the like have set.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// What is answered to accepted deliveries to some paths; 204 where there is no rule. The first one for a path decides.
    pub fn respond(mut self, rule: ResponseRule) -> Self {
        self.rules.responses.push(rule);
        self
    }

    /// Answers badly on purpose. The first rule that strikes decides.
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.rules.faults.push(rule);
        self
    }

    /// Where deliveries go on to.
    pub fn forward(mut self, forward: Forward) -> Self {
        self.rules.forward = Some(forward);
        self
    }

    /// Deliveries that may be under way to an app at a time; when there are so many, senders are told to try again. 10,000
    /// unless told, and never more than 64 MiB together.
    pub fn forward_queue(mut self, deliveries: usize) -> Self {
        self.forward_queue = deliveries;
        self
    }

    /// Called with each delivery whose way to its app has ended, well or badly. It must not block.
    pub fn on_forwarded(mut self, observer: impl Fn(&Arc<Delivery>, &Forwarded) + Send + Sync + 'static) -> Self {
        self.forward_observer = Some(Arc::new(observer));
        self
    }

    /// Binds the address and serves on the current Tokio runtime until the [`Receiver`] is shut down or dropped.
    pub async fn start(mut self) -> Result<Receiver, StartError> {
        let active = Active::new(std::mem::take(&mut self.rules))?;
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => bind(self.address)?,
        };
        let admin = self.admin.map(bind).transpose()?;
        let inbox = self.inbox.take().unwrap_or_else(|| Arc::new(MemoryInbox::new(Retention::IN_MEMORY)));
        Receiver::spawn(self, listener, admin, inbox, active)
    }
}

/// As `TcpListener::bind`, with room for a burst of connections that wait to be accepted.
fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    const BACKLOG: u32 = 1024;
    let bind = || -> io::Result<TcpListener> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A port whose last connections are still closing is free; on Windows the option would mean more than that.
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|source| StartError::Listen { address, source })
}
