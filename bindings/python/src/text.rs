//! Text of Python's.

use std::borrow::Cow;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The octets of a text in UTF-8, where it is.
///
/// Half of a surrogate pair, which UTF-8 has no octets for, becomes the octets it would have: they belong to nothing, so
/// that the core names them as what does not belong there.
pub(crate) fn octets<'a>(text: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(utf8) = text.to_str() {
        return Ok(Cow::Borrowed(utf8.as_bytes()));
    }
    let py = text.py();
    let encode = py.get_type::<PyString>().getattr(intern!(py, "encode"))?;
    let encoded = encode.call1((text, "utf-8", "surrogatepass"))?.cast_into::<PyBytes>()?;
    Ok(Cow::Owned(encoded.as_bytes().to_vec()))
}
