//! The core's errors as Python's exceptions, whose classes are Python's (`hookseal/_errors.py`): the stable ABI of
//! Python 3.11 knows no native ones with attributes.

use hookseal::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

static VERIFICATION_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static INVALID_KEY_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The exception to raise.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    match exception(py, error) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failure) => failure,
    }
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let class = match error {
        Error::Key(_) | Error::NoUsableKey { .. } => {
            INVALID_KEY_ERROR.import(py, "hookseal._errors", "InvalidKeyError")
        }
        _ => VERIFICATION_ERROR.import(py, "hookseal._errors", "VerificationError"),
    }?;
    class.call1((error.to_string(), error.code(), &*error.hint(), error.http_status()))
}

/// What is wrong with one of several keys, and which one it is.
pub(crate) fn of_key(py: Python<'_>, index: usize, error: PyErr) -> PyErr {
    let value = error.value(py);
    let named = value
        .setattr("args", (format!("key {index} (counted from 0): {value}"),))
        .and_then(|()| value.setattr("key_index", index));
    named.err().unwrap_or(error)
}

/// The refusal of a body that is larger than so many octets.
#[pyfunction]
pub(crate) fn body_too_large(py: Python<'_>, limit: u64) -> PyResult<Bound<'_, PyAny>> {
    exception(py, &Error::BodyTooLarge { limit })
}
