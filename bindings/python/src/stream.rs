//! What both kinds of stream share: each is for one body, and one thread at a time.

use pyo3::PyClass;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::False;

/// The stream, for this thread alone: pieces that several threads hand in at once have no order.
pub(crate) fn exclusive<'py, S: PyClass<Frozen = False>>(stream: &Bound<'py, S>) -> PyResult<PyRefMut<'py, S>> {
    stream.try_borrow_mut().map_err(|_| PyRuntimeError::new_err("the stream is in use by another thread"))
}

pub(crate) fn finished() -> PyErr {
    PyRuntimeError::new_err("the stream is finished; each body needs a stream of its own")
}
