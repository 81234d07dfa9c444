//! The other end of a connection, and the stream to it that both hyper and a handler can look at.

use std::io::{self, ErrorKind, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Who sent a request.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Where the connection comes from.
    pub address: SocketAddr,
    /// Whether it came over TLS.
    pub encrypted: bool,
    stream: Weak<TcpStream>,
    hung_up: CancellationToken,
}

impl Peer {
    /// A peer inside this process, and what is cancelled when a handler hangs up on it.
    pub fn inside(address: SocketAddr) -> (Self, CancellationToken) {
        let hung_up = CancellationToken::new();
        (Peer { address, encrypted: false, stream: Weak::new(), hung_up: hung_up.clone() }, hung_up)
    }

    /// Completes when a handler has hung up, or the server is cut short.
    pub(crate) fn hung_up(&self) -> impl Future<Output = ()> + Send + use<> {
        self.hung_up.clone().cancelled_owned()
    }

    /// Ends the connection at once, without another octet.
    pub fn hang_up(&self) {
        self.hung_up.cancel();
    }

    /// Ends the connection at once with a reset (RST), as a crashed machine or an impatient middlebox does.
    pub fn reset(&self) {
        if let Some(stream) = self.stream.upgrade() {
            // Closing a socket that lingers for no time resets the connection. Where that fails, it is closed as usual.
            let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
        }
        self.hung_up.cancel();
    }

    /// Completes when the peer has closed the connection, or its side of it.
    ///
    /// hyper does not look at a connection while an answer is being made, so that whoever shuts its side early is still
    /// answered. A handler that lets its peer wait should look for itself.
    pub async fn gone(&self) {
        /// For a peer that has sent its next request already: what comes after that cannot be seen.
        const LOOK_AGAIN: Duration = Duration::from_secs(1);
        while let Some(stream) = self.stream.upgrade() {
            match stream.peek(&mut [0]).await {
                Ok(0) | Err(_) => return,
                Ok(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }
}

/// A TCP stream that more than one can look at.
#[derive(Debug)]
pub(crate) struct Shared(Arc<TcpStream>);

impl Shared {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Shared(Arc::new(stream))
    }

    pub(crate) fn peer(&self, address: SocketAddr, encrypted: bool, hung_up: CancellationToken) -> Peer {
        Peer { address, encrypted, stream: Arc::downgrade(&self.0), hung_up }
    }

    /// Looks at the first octets, which stay to be read.
    pub(crate) async fn peek(&self, octets: &mut [u8]) -> io::Result<usize> {
        self.0.peek(octets).await
    }

    fn poll_write_with(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match write(&self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(context))?;
            match self.0.try_read_buf(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done.map(|_length| ())),
            }
        }
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write(octets))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(())) // a socket keeps nothing back
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}
