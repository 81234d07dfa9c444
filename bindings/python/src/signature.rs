//! The header's value, in whatever form a framework hands it out.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::error::raised;
use crate::text;

/// The one value: a text or octets, `None` where the header is missing, or a list of all the values there are.
pub(crate) fn single<'a>(signature: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Some(value) = value(signature)? {
        return Ok(value);
    }
    let values = values(signature)?;
    let only = hookseal::single_signature(&values).map_err(|error| raised(signature.py(), &error))?;
    match value(only)? {
        Some(value) => Ok(Cow::Owned(value.into_owned())),
        None => Err(not_a_signature(only)),
    }
}

/// As [`single`], but several values as if they had come in one header, which is the same (RFC 9110 §5.3).
pub(crate) fn joined<'a>(signature: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Some(value) = value(signature)? {
        return Ok(value);
    }
    let mut joined = Vec::new();
    for (place, one) in values(signature)?.iter().enumerate() {
        if place > 0 {
            joined.extend_from_slice(b", ");
        }
        joined.extend_from_slice(&value(one)?.ok_or_else(|| not_a_signature(one))?);
    }
    Ok(Cow::Owned(joined))
}

fn values<'py>(signature: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    if !signature.is_instance_of::<PyList>() && !signature.is_instance_of::<PyTuple>() {
        return Err(not_a_signature(signature));
    }
    signature.try_iter()?.collect()
}

fn value<'a>(signature: &'a Bound<'_, PyAny>) -> PyResult<Option<Cow<'a, [u8]>>> {
    if let Ok(text) = signature.cast::<PyString>() {
        return text::octets(text).map(Some);
    }
    if let Ok(octets) = signature.cast::<PyBytes>() {
        return Ok(Some(Cow::Borrowed(octets.as_bytes())));
    }
    // The core calls an empty value missing.
    Ok(signature.is_none().then_some(Cow::Borrowed(b"")))
}

fn not_a_signature(object: &Bound<'_, PyAny>) -> PyErr {
    match object.get_type().name() {
        Ok(found) => PyTypeError::new_err(format!(
            "the signature must be the header's value (str or bytes, None where it is missing) or a list of its values, \
             not {found}"
        )),
        Err(error) => error,
    }
}
