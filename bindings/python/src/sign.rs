//! The function `sign`, and the classes `Signer` and `SignStream`.

use pyo3::prelude::*;

use crate::body::Body;
use crate::shared_key::{SharedKey, text_format};
use crate::stream::{exclusive, finished};

/// The X-JWS-Signature of a body: its raw octets, exactly as they will be sent.
///
/// A shared key that is a str is read as key_format says, since signing never guesses; bytes are the key itself.
///
/// Raises InvalidKeyError when the key cannot be used.
///
/// >>> from hookseal import sign
/// >>> sign(b"$.02", "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
/// 'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY'
#[pyfunction]
#[pyo3(signature = (body, shared_key, *, key_format = "jwk", allow_weak_key = false))]
pub(crate) fn sign(
    body: &Bound<'_, PyAny>,
    shared_key: &Bound<'_, PyAny>,
    key_format: &str,
    allow_weak_key: bool,
) -> PyResult<String> {
    Signer::new(shared_key, key_format, allow_weak_key)?.sign(body)
}

/// Makes X-JWS-Signature values with one key, for any number of bodies.
///
/// >>> from hookseal import Key, Signer, Verifier
/// >>> key = Key.from_hex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
/// >>> value = Signer(key).sign(b"{}")
/// >>> Verifier(key).verify(b"{}", value).key_format
/// 'hex'
#[pyclass(frozen, module = "hookseal")]
pub(crate) struct Signer(hookseal::Signer);

#[pymethods]
impl Signer {
    #[new]
    #[pyo3(signature = (shared_key, *, key_format = "jwk", allow_weak_key = false))]
    fn new(shared_key: &Bound<'_, PyAny>, key_format: &str, allow_weak_key: bool) -> PyResult<Self> {
        let format = text_format(key_format)?;
        let key = SharedKey::of(shared_key)?.key(shared_key.py(), format, allow_weak_key)?;
        Ok(Signer(hookseal::Signer::new(key)))
    }

    /// The header's value for a body: its raw octets, exactly as they will be sent.
    fn sign(&self, body: &Bound<'_, PyAny>) -> PyResult<String> {
        let py = body.py();
        let mut stream = self.0.stream();
        Body::of(body)?.feed(py, |piece| stream.update(piece))?;
        Ok(stream.finish())
    }

    /// Signs a body that comes in pieces.
    ///
    /// >>> from hookseal import Signer
    /// >>> signer = Signer(bytes(range(32)))
    /// >>> stream = signer.stream()
    /// >>> stream.update(b"{")
    /// >>> stream.update(b"}")
    /// >>> stream.finish() == signer.sign(b"{}")
    /// True
    fn stream(&self) -> SignStream {
        SignStream(Some(self.0.stream()))
    }

    fn __repr__(&self) -> &'static str {
        "Signer([REDACTED])"
    }
}

/// A signature in the making; see Signer.stream.
#[pyclass(module = "hookseal")]
pub(crate) struct SignStream(
    /// None once it is finished.
    Option<hookseal::SignStream>,
);

#[pymethods]
impl SignStream {
    /// Takes the next octets of the body.
    fn update(stream: &Bound<'_, Self>, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut stream = exclusive(stream)?;
        let stream = stream.0.as_mut().ok_or_else(finished)?;
        Body::of(chunk)?.feed(chunk.py(), |piece| stream.update(piece))
    }

    /// The header's value for all that was taken.
    fn finish(stream: &Bound<'_, Self>) -> PyResult<String> {
        Ok(exclusive(stream)?.0.take().ok_or_else(finished)?.finish())
    }

    fn __repr__(&self) -> &'static str {
        "SignStream([REDACTED])"
    }
}
