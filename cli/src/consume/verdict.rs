//! What a delivery that was consumed proves, once more and with one's own key: who can publish to the stream need not be a
//! receiver.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::{Error, HEADER_NAME, Verifier};
use hookseal_receiver::{Delivery, DeliveryView};
use serde::Serialize;

use crate::style;

/// A delivery as `--json` prints it: as the receiver's API gives it, and its body.
#[derive(Serialize)]
pub(super) struct Consumed<'a> {
    #[serde(flatten)]
    delivery: DeliveryView<'a>,
    /// The raw octets, in base64.
    body: String,
    /// What verifying again says; `null` where there is no key.
    verified: Option<Verified>,
}

impl<'a> Consumed<'a> {
    pub(super) fn new(delivery: &'a Delivery, verified: Option<Verified>) -> Self {
        Consumed { delivery: DeliveryView::new(delivery), body: STANDARD.encode(&delivery.body), verified }
    }
}

#[derive(Serialize)]
pub(super) struct Verified {
    valid: bool,
    code: Option<&'static str>,
}

impl Verified {
    pub(super) fn of(delivery: &Delivery, verifier: &Verifier) -> Self {
        let outcome = verify(delivery, verifier);
        Verified { valid: outcome.is_ok(), code: outcome.err().map(|error| error.code()) }
    }
}

fn verify(delivery: &Delivery, verifier: &Verifier) -> Result<(), Error> {
    let name = HEADER_NAME.to_ascii_lowercase();
    let signature = hookseal::single_signature(delivery.headers.get(&name))?;
    verifier.verify(&delivery.body, signature).map(|_| ())
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => write!(f, "{}verified again{}: valid", style::VALID, style::RESET),
            Some(code) => write!(f, "{}verified again{}: {code}", style::INVALID, style::RESET),
        }
    }
}
