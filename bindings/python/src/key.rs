//! The class `Key`.

use hookseal::KeyFormat;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::shared_key::{octets, read};
use crate::text;

/// A key, read in one known way.
///
/// A shared key is a string in a settings page, and reading it in the wrong way gives another key. `sign` and `Verifier`
/// take such strings as they are; a Key says more, or is kept for several signers and verifiers.
///
/// Every constructor raises InvalidKeyError for a key under 32 octets (``weak_key``), which an attacker can search for,
/// unless it is allowed by name.
///
/// >>> from hookseal import Key
/// >>> Key.from_jwk_k("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
/// Key(jwk, [REDACTED])
/// >>> Key.from_utf8("too short", allow_weak_key=True).format
/// 'utf8'
#[pyclass(frozen, module = "hookseal")]
pub(crate) struct Key(pub(crate) hookseal::Key);

#[pymethods]
impl Key {
    /// The k of a JWK, base64url-decoded, as the vendor's recipe reads a shared key.
    ///
    /// Both base64 alphabets are taken, complete padding or none, and trailing bits that are not zero, as the recipe does.
    /// Anything else is an error that names the character and its place.
    #[staticmethod]
    #[pyo3(signature = (k, *, allow_weak_key = false))]
    fn from_jwk_k(k: &Bound<'_, PyString>, allow_weak_key: bool) -> PyResult<Self> {
        Self::from_text(KeyFormat::Jwk, k, allow_weak_key)
    }

    /// As from_jwk_k, but a malformed string gives the very key that the vendor's recipe makes of it.
    #[staticmethod]
    #[pyo3(signature = (k, *, allow_weak_key = false))]
    fn from_jwk_k_lenient(k: &Bound<'_, PyString>, allow_weak_key: bool) -> PyResult<Self> {
        Self::from_text(KeyFormat::JwkLenient, k, allow_weak_key)
    }

    /// The string's own octets in UTF-8.
    #[staticmethod]
    #[pyo3(signature = (text, *, allow_weak_key = false))]
    fn from_utf8(text: &Bound<'_, PyString>, allow_weak_key: bool) -> PyResult<Self> {
        Self::from_text(KeyFormat::Utf8, text, allow_weak_key)
    }

    /// Standard base64, with complete padding or none.
    #[staticmethod]
    #[pyo3(signature = (text, *, allow_weak_key = false))]
    fn from_base64(text: &Bound<'_, PyString>, allow_weak_key: bool) -> PyResult<Self> {
        Self::from_text(KeyFormat::Base64, text, allow_weak_key)
    }

    /// Hexadecimal in either case.
    #[staticmethod]
    #[pyo3(signature = (text, *, allow_weak_key = false))]
    fn from_hex(text: &Bound<'_, PyString>, allow_weak_key: bool) -> PyResult<Self> {
        Self::from_text(KeyFormat::Hex, text, allow_weak_key)
    }

    /// The key's raw octets: bytes, a bytearray or a memoryview.
    #[staticmethod]
    #[pyo3(signature = (octets, *, allow_weak_key = false))]
    fn from_bytes(octets: &Bound<'_, PyAny>, allow_weak_key: bool) -> PyResult<Self> {
        let py = octets.py();
        let Some(octets) = self::octets(octets)? else {
            return Err(PyTypeError::new_err(format!(
                "a key's raw octets are bytes, not {}; a str is read by from_jwk_k, from_utf8, from_base64 or from_hex",
                octets.get_type().name()?
            )));
        };
        read(py, KeyFormat::Bytes, &octets, allow_weak_key).map(Key)
    }

    /// How the key was read: jwk, jwk-lenient, utf8, base64, hex or bytes.
    #[getter]
    fn format(&self) -> &'static str {
        self.0.format().as_str()
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

impl Key {
    fn from_text(format: KeyFormat, text: &Bound<'_, PyString>, allow_weak: bool) -> PyResult<Self> {
        read(text.py(), format, &text::octets(text)?, allow_weak).map(Key)
    }
}
