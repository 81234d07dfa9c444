//! Connections, none of which goes to an address that was not checked.

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use super::proxy::Proxy;
use super::stream::Stream;
use crate::channel::NetworkGuard;

type Error = Box<dyn StdError + Send + Sync>;
type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// Connects to the addresses that the guard lets through, or to a proxy.
///
/// The addresses that a name resolves to are checked where they are resolved, and the connection goes to those very
/// addresses: a name that resolves to another one a moment later gains nothing by it. A proxy resolves names itself, so
/// through one only literal addresses can be checked.
#[derive(Clone)]
pub(super) struct Connector {
    guard: Option<NetworkGuard>,
    proxy: Option<Proxy>,
    tcp: HttpConnector<Resolver>,
}

impl Connector {
    pub(super) fn new(guard: Option<NetworkGuard>, proxy: Option<Proxy>, timeout: Duration) -> Self {
        // The proxy is the operator's, and stands in a private network as a rule.
        let resolver = Resolver { guard: guard.clone().filter(|_| proxy.is_none()), gai: GaiResolver::new() };
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false); // TLS comes on top
        tcp.set_nodelay(true);
        // Shared by a name's addresses: one that does not answer leaves time for the next.
        tcp.set_connect_timeout(Some(timeout));
        Connector { guard, proxy, tcp }
    }

    /// The connector asks no resolver about a literal address, so that has to be checked here.
    fn check_literal(&self, target: &Uri) -> Result<(), Error> {
        let (Some(guard), Some(host)) = (&self.guard, target.host()) else { return Ok(()) };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let unscoped = host.split('%').next().unwrap_or(host);
        match unscoped.parse::<IpAddr>() {
            Ok(address) => Ok(guard.check(address)?),
            Err(_) => Ok(()),
        }
    }

    async fn connect(mut self, target: Uri) -> Result<Stream, Error> {
        self.check_literal(&target)?;
        match self.proxy {
            None => Ok(Stream { io: self.tcp.call(target).await?, proxied: false }),
            Some(proxy) if target.scheme() == Some(&Scheme::HTTPS) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp);
                if let Some(authorization) = proxy.authorization() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                let io =
                    tunnel.call(target).await.map_err(|error| format!("the proxy: {}", super::root_cause(&error)))?;
                Ok(Stream { io, proxied: false })
            }
            Some(proxy) => {
                let connection = self.tcp.call(proxy.uri().clone()).await;
                let io = connection.map_err(|error| format!("the proxy: {}", super::root_cause(&error)))?;
                Ok(Stream { io, proxied: true })
            }
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Error;
    type Future = Pending<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        Box::pin(self.clone().connect(target))
    }
}

fn unresolved(name: &Name, error: &std::io::Error) -> Error {
    let reason = super::root_cause(error);
    let reason = reason.strip_prefix("failed to lookup address information: ").unwrap_or(&reason);
    format!("{name} does not resolve: {reason}").into()
}

/// The system's resolver, behind the guard.
#[derive(Clone)]
pub(super) struct Resolver {
    guard: Option<NetworkGuard>,
    gai: GaiResolver,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Error;
    type Future = Pending<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.gai.call(name.clone());
        let guard = self.guard.clone();
        Box::pin(async move {
            let resolved = resolving.await.map_err(|error| unresolved(&name, &error))?;
            let Some(guard) = guard else { return Ok(resolved.collect::<Vec<_>>().into_iter()) };
            let mut forbidden = None;
            let allowed: Vec<_> = resolved
                .filter(|address| match guard.check(address.ip()) {
                    Ok(()) => true,
                    Err(error) => {
                        forbidden = Some(error.resolved_from(name.as_str()));
                        false
                    }
                })
                .collect();
            match forbidden {
                // A network that maps IPv4 into IPv6 (NAT64) resolves to both, and the one that is let through will do.
                Some(error) if allowed.is_empty() => Err(error.into()),
                _ => Ok(allowed.into_iter()),
            }
        })
    }
}
