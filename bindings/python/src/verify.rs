//! The classes `Verifier` and `VerifyStream`.

use std::iter;

use hookseal::Policy;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::body::{Body, detached};
use crate::error::{of_key, raised};
use crate::shared_key::{Reading, SharedKey, empty, flattened};
use crate::signature;
use crate::stream::{exclusive, finished};
use crate::verified::{DroppedReading, Verified};

/// Verifies X-JWS-Signature values.
///
/// Make one, and use it for every delivery, from any number of threads. A shared key that is a str is taken as it stands
/// in the platform's settings, in each reading that senders give it ("jwk", then "utf8") unless key_format names one;
/// bytes are the key itself. Several keys, as arguments or in a list, are how keys are rotated: a delivery is valid when
/// one of them signed it.
///
/// The policy "fixed" accepts the platform's own protected header alone, "rfc7797" any that RFC 7797 allows.
///
/// Raises InvalidKeyError when a key cannot be used.
///
/// >>> from hookseal import VerificationError, Verifier
/// >>> verifier = Verifier("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
/// >>> signature = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
/// >>> verifier.verify(b"$.02", signature)
/// Verified(key_index=0, key_format='jwk', header_parameters={})
/// >>> try:
/// ...     verifier.verify(b"$.03", signature)
/// ... except VerificationError as error:
/// ...     print(error.code, error.http_status)
/// signature_mismatch 401
#[pyclass(frozen, module = "hookseal")]
pub(crate) struct Verifier(hookseal::Verifier);

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (shared_key, *more, key_format = "auto", policy = "fixed", allow_weak_key = false))]
    fn new(
        shared_key: &Bound<'_, PyAny>,
        more: &Bound<'_, PyTuple>,
        key_format: &str,
        policy: &str,
        allow_weak_key: bool,
    ) -> PyResult<Self> {
        let py = more.py();
        let reading = Reading::or_auto(key_format)?;
        let policy = self::policy(policy)?;
        let shared_keys = flattened(iter::once(shared_key.clone()).chain(more))?;
        let verifiers = shared_keys.iter().enumerate().map(|(index, key)| {
            let verifier = SharedKey::of(key).and_then(|key| key.verifier(py, reading, allow_weak_key));
            verifier.map_err(|error| if shared_keys.len() > 1 { of_key(py, index, error) } else { error })
        });
        let verifier = verifiers.reduce(|all, next| Ok(all?.or(next?))).ok_or_else(empty)??;
        Ok(Verifier(verifier.with_policy(policy)))
    }

    /// Verifies the raw octets of a body against the header's value.
    ///
    /// The body is bytes, or anything like bytes; a str or what was parsed from JSON is a TypeError. The signature is the
    /// value as the framework gives it: str or bytes, None where there is none, or a list of all its values.
    ///
    /// Raises VerificationError, whose code says why.
    fn verify(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> PyResult<Verified> {
        let py = body.py();
        let body = Body::of(body)?;
        let signature = signature::single(signature)?;
        let verify = |octets: &[u8]| detached(py, octets.len(), || self.0.verify(octets, &signature));
        let outcome = match &body {
            Body::Fixed(octets) => verify(octets),
            Body::Shared(view) => match view.copy_if_small()? {
                Some(octets) => verify(&octets),
                None => self.verify_in_pieces(py, &body, &signature)?,
            },
        };
        outcome.map(Verified::from).map_err(|error| raised(py, &error))
    }

    /// Verifies a body that comes in pieces. The header's value is checked here, the signature in finish().
    ///
    /// >>> from hookseal import Verifier, sign
    /// >>> key = bytes(range(32))
    /// >>> stream = Verifier(key).stream(sign(b"$.02", key))
    /// >>> stream.update(b"$.")
    /// >>> stream.update(b"02")
    /// >>> stream.finish()
    /// Verified(key_index=0, key_format='bytes', header_parameters={})
    fn stream(&self, signature: &Bound<'_, PyAny>) -> PyResult<VerifyStream> {
        match self.0.stream(signature::single(signature)?) {
            Ok(stream) => Ok(VerifyStream(Some(stream))),
            Err(error) => Err(raised(signature.py(), &error)),
        }
    }

    /// The readings of the shared keys that cannot be used, and why.
    #[getter]
    fn dropped(&self) -> Vec<DroppedReading> {
        self.0.dropped().iter().map(DroppedReading::from).collect()
    }

    fn __repr__(&self) -> &'static str {
        "Verifier([REDACTED])"
    }
}

impl Verifier {
    /// The outer error is Python's, the inner one the delivery's.
    fn verify_in_pieces(&self, py: Python<'_>, body: &Body<'_, '_>, signature: &[u8]) -> PyResult<Outcome> {
        let mut stream = match self.0.stream(signature) {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        body.feed(py, |piece| stream.update(piece))?;
        Ok(stream.finish())
    }
}

type Outcome = Result<hookseal::Verified, hookseal::Error>;

pub(crate) fn policy(name: &str) -> PyResult<Policy> {
    match name {
        "fixed" => Ok(Policy::Fixed),
        "rfc7797" => Ok(Policy::Rfc7797),
        _ => Err(PyValueError::new_err(format!("policy must be fixed or rfc7797, not {name:?}"))),
    }
}

/// A verification under way; see Verifier.stream.
#[pyclass(module = "hookseal")]
pub(crate) struct VerifyStream(
    /// None once it is finished.
    Option<hookseal::VerifyStream>,
);

#[pymethods]
impl VerifyStream {
    /// Takes the next octets of the body.
    fn update(stream: &Bound<'_, Self>, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut stream = exclusive(stream)?;
        let stream = stream.0.as_mut().ok_or_else(finished)?;
        Body::of(chunk)?.feed(chunk.py(), |piece| stream.update(piece))
    }

    /// Compares the signature with that of all that was taken. Raises VerificationError unless they are the same.
    fn finish(stream: &Bound<'_, Self>) -> PyResult<Verified> {
        let outcome = exclusive(stream)?.0.take().ok_or_else(finished)?.finish();
        outcome.map(Verified::from).map_err(|error| raised(stream.py(), &error))
    }

    fn __repr__(&self) -> &'static str {
        "VerifyStream([REDACTED])"
    }
}
