//! Prints signed deliveries for the load generator, a line each: the signature, a tab, the body.

use std::io::{self, Write as _};

use hookseal::{Key, Signer};
use hookseal_health::{Notification, Resource, Severity};
use jiff::Timestamp;
use uuid::Uuid;

/// The size of a body on the vendor's page, less the few octets in which its sample differs.
const SIZE: usize = 1_490;
const COUNT: u128 = 512;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shared_key = std::env::args().nth(1).ok_or("usage: deliveries SHARED_KEY")?;
    let signer = Signer::new(Key::from_jwk_k(&shared_key)?);
    let mut out = io::stdout().lock();
    for number in 1..=COUNT {
        let mut body = serde_json::to_value(Notification::example(
            Resource::Disk,
            Severity::Warning,
            Uuid::from_u128(number),
            Timestamp::UNIX_EPOCH,
        ))?;
        body["padding"] = "".into();
        let padding = SIZE - body.to_string().len();
        body["padding"] = "x".repeat(padding).into();
        let body = body.to_string();
        writeln!(out, "{}\t{body}", signer.sign(body.as_bytes()))?;
    }
    Ok(())
}
