//! Shared keys as Python has them: text is read in a format, octets are the key itself, and a `Key` is ready.

use std::borrow::Cow;

use hookseal::{KeyFormat, Verifier};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMemoryView, PyString, PyTuple};
use zeroize::Zeroizing;

use crate::body::Body;
use crate::error::raised;
use crate::key::Key;
use crate::text;

const TEXT_FORMATS: [KeyFormat; 5] =
    [KeyFormat::Jwk, KeyFormat::JwkLenient, KeyFormat::Utf8, KeyFormat::Base64, KeyFormat::Hex];

/// How a shared key that is text is read.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    /// In both ways that senders read it.
    Auto,
    /// In one way.
    As(KeyFormat),
}

impl Reading {
    /// A verifier's `key_format`.
    pub(crate) fn or_auto(name: &str) -> PyResult<Self> {
        if name == "auto" { Ok(Reading::Auto) } else { named(name, "auto, ").map(Reading::As) }
    }
}

/// A signer's `key_format`: signing never guesses.
pub(crate) fn text_format(name: &str) -> PyResult<KeyFormat> {
    named(name, "")
}

fn named(name: &str, others: &str) -> PyResult<KeyFormat> {
    let format = TEXT_FORMATS.into_iter().find(|format| format.as_str() == name);
    format.ok_or_else(|| {
        let known = TEXT_FORMATS.map(KeyFormat::as_str).join(", ");
        PyValueError::new_err(format!(
            "key_format must be one of {others}{known}, not {name:?} (a key of raw octets is passed as bytes)"
        ))
    })
}

/// What is configured as a shared key.
pub(crate) enum SharedKey<'a> {
    Ready(&'a hookseal::Key),
    Text(Cow<'a, [u8]>),
    Octets(Zeroizing<Vec<u8>>),
}

impl<'a> SharedKey<'a> {
    pub(crate) fn of(object: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.cast::<PyString>() {
            return text::octets(text).map(SharedKey::Text);
        }
        if let Ok(key) = object.cast::<Key>() {
            return Ok(SharedKey::Ready(&key.get().0));
        }
        if let Some(octets) = octets(object)? {
            return Ok(SharedKey::Octets(octets));
        }
        Err(not_a_key(object))
    }

    pub(crate) fn key(&self, py: Python<'_>, format: KeyFormat, allow_weak: bool) -> PyResult<hookseal::Key> {
        match self {
            SharedKey::Ready(key) => Ok((*key).clone()),
            SharedKey::Text(text) => read(py, format, text, allow_weak),
            SharedKey::Octets(octets) => read(py, KeyFormat::Bytes, octets, allow_weak),
        }
    }

    pub(crate) fn verifier(&self, py: Python<'_>, reading: Reading, allow_weak: bool) -> PyResult<Verifier> {
        match (self, reading) {
            (SharedKey::Text(text), Reading::Auto) => in_both_readings(py, text, allow_weak),
            (_, Reading::Auto) => self.key(py, KeyFormat::Bytes, allow_weak).map(Verifier::new),
            (_, Reading::As(format)) => self.key(py, format, allow_weak).map(Verifier::new),
        }
    }
}

/// Keys in lists and tuples as if they had been given one by one.
pub(crate) fn flattened<'py>(given: impl IntoIterator<Item = Bound<'py, PyAny>>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut shared_keys = Vec::new();
    for object in given {
        if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            for shared_key in object.try_iter()? {
                shared_keys.push(shared_key?);
            }
        } else {
            shared_keys.push(object);
        }
    }
    Ok(shared_keys)
}

/// No shared key at all.
pub(crate) fn empty() -> PyErr {
    PyValueError::new_err("the list of shared keys is empty")
}

fn in_both_readings(py: Python<'_>, text: &[u8], allow_weak: bool) -> PyResult<Verifier> {
    let Ok(text) = str::from_utf8(text) else {
        // Says where the text ends to be text.
        return read(py, KeyFormat::Utf8, text, allow_weak).map(Verifier::new);
    };
    let verifier =
        if allow_weak { Verifier::dangerous_for_weak_shared_key(text) } else { Verifier::for_shared_key(text) };
    verifier.map_err(|error| raised(py, &error))
}

/// A key read in one way.
pub(crate) fn read(py: Python<'_>, format: KeyFormat, octets: &[u8], allow_weak: bool) -> PyResult<hookseal::Key> {
    let key = if allow_weak {
        hookseal::Key::dangerous_allow_weak(format, octets)
    } else {
        hookseal::Key::from_shared_key(format, octets)
    };
    key.map_err(|error| raised(py, &error))
}

/// A copy of raw octets, when that is what the object is.
pub(crate) fn octets(object: &Bound<'_, PyAny>) -> PyResult<Option<Zeroizing<Vec<u8>>>> {
    let is_octets = object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>();
    if !is_octets {
        return Ok(None);
    }
    let mut octets = Zeroizing::new(Vec::new());
    Body::of(object)?.feed(object.py(), |piece| octets.extend_from_slice(piece))?;
    Ok(Some(octets))
}

fn not_a_key(object: &Bound<'_, PyAny>) -> PyErr {
    if object.is_none() {
        return PyTypeError::new_err("the shared key is None: is the setting or environment variable there?");
    }
    match object.get_type().name() {
        Ok(found) => PyTypeError::new_err(format!(
            "a shared key is a str as it is configured, bytes that are the key itself, or a Key, not {found}"
        )),
        Err(error) => error,
    }
}
