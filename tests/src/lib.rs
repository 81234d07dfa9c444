//! Black-box tests across the parts; this library holds what they share: the built command, a running receiver, HTTP by
//! hand, the test vectors, and the Python and Node.js that other implementations
//! run on.

mod fleet;
mod http;
mod mortal;
mod nats;
mod node;
mod program;
mod python;
mod receiver;
mod vectors;

use std::time::{Duration, Instant};

pub use fleet::{fleet_config, fleet_on, fleet_vault};
pub use http::{Answer, Connection, Request};
pub use mortal::die_at;
pub use nats::{NatsCluster, NatsServer};
pub use node::node;
pub use program::{Outcome, closed_pipe, hookseal, hookseal_bin, run, run_with_input};
pub use python::{python, python_lines, python_lines_for, seed};
pub use receiver::Receiver;
pub use vectors::{DroppedReading, KeyVector, Reading, SharedKey, SignatureVector};

/// A shared key, that of RFC 7797 §4.2.
pub const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// How long anything may take before a test gives up. Generous: a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The `X-JWS-Signature` of a body, signed with [`KEY`].
pub fn signature(body: &[u8]) -> String {
    let key = hookseal::Key::from_jwk_k(KEY).expect("it is a JWK's k");
    hookseal::Signer::new(key).sign(body)
}

/// Asks again and again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
