//! Where the notifier's daemons listen, from before they start until they have ended.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::failure::Failure;
use crate::ready;
use crate::receive::cannot_listen;

/// An address that is taken, or none, and the file that names it once there are answers.
pub(super) struct Listening {
    listener: Option<TcpListener>,
    ready_file: Option<PathBuf>,
    stops: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Listening {
    /// Takes the address, so that one that cannot be had is known before anything else is begun.
    pub(super) async fn bind(address: Option<SocketAddr>, ready_file: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = ready_file {
            ready::remove(path);
        }
        let listener = match address {
            Some(address) => Some(TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))?),
            None => None,
        };
        let ready_file = ready_file.map(Path::to_owned);
        Ok(Listening { listener, ready_file, stops: CancellationToken::new(), server: None })
    }

    /// Answers with what `serve` makes of the listener, and says that it does. Without an address nothing happens.
    pub(super) fn start<S>(
        &mut self,
        serve: impl FnOnce(TcpListener, SocketAddr, WaitForCancellationFutureOwned) -> S,
    ) -> Result<(), Failure>
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let address = listener.local_addr().map_err(|error| Failure::io(format!("cannot listen: {error}"), 1))?;
        self.server = Some(tokio::spawn(serve(listener, address, self.stops.clone().cancelled_owned())));
        self.ready_file.as_ref().map_or(Ok(()), |path| ready::write(path, &[address]))
    }

    /// Lets requests under way finish.
    pub(super) async fn end(self) {
        if let Some(path) = &self.ready_file {
            ready::remove(path);
        }
        self.stops.cancel();
        if let Some(server) = self.server {
            let _ = server.await; // it ends with its last request
        }
    }
}
