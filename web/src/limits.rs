use std::time::Duration;

/// What one peer, and all peers together, may take of a server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections open at a time; further ones wait in the kernel's queue. 8,192 unless told.
    pub connections: usize,
    /// Octets of a request's line and headers; more is answered with 431. 64 KiB unless told.
    pub header_size: usize,
    /// For a request's line and headers to arrive, and for an idle connection to start its next request. 15 s unless told.
    pub header_timeout: Duration,
    /// For a peer to take the next piece of an answer. 15 s unless told.
    pub write_timeout: Duration,
    /// For a peer that has its answer but goes on sending: between two pieces, and five times that in all. 2 s unless told.
    pub linger: Duration,
    /// For requests under way to finish once the server is told to stop. 10 s unless told.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 8_192,
            header_size: 64 * 1024,
            header_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(15),
            linger: Duration::from_secs(2),
            drain: Duration::from_secs(10),
        }
    }
}
