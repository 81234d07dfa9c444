//! A body: any object with a buffer of octets.

use std::borrow::Cow;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMemoryView, PySlice, PyString};

/// From this size on, hashing takes longer than it costs to let other threads run in the meantime.
const WORTH_DETACHING: usize = 32 * 1024;

/// The most that is copied at a time.
const WINDOW: usize = 1024 * 1024;

pub(crate) enum Body<'a, 'py> {
    /// Octets that nobody can change: they are hashed where they are, and other threads run meanwhile.
    Fixed(&'a [u8]),
    /// Octets that anybody may change at any time, even another process. Rust may not look at such memory, so CPython
    /// copies it, window after window, and every octet is read once.
    Shared(View<'py>),
}

impl<'a, 'py> Body<'a, 'py> {
    pub(crate) fn of(object: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        match object.cast::<PyBytes>() {
            Ok(bytes) => Ok(Body::Fixed(bytes.as_bytes())),
            Err(_) => View::of(object).map(Body::Shared),
        }
    }

    /// All of the octets, copied where they may change.
    pub(crate) fn octets(&self, py: Python<'_>) -> PyResult<Cow<'a, [u8]>> {
        match self {
            Body::Fixed(octets) => Ok(Cow::Borrowed(*octets)),
            Body::Shared(view) => {
                let mut octets = Vec::with_capacity(view.length);
                self.feed(py, |window| octets.extend_from_slice(window))?;
                Ok(Cow::Owned(octets))
            }
        }
    }

    /// Hands the octets on: the whole body, or one window after the other.
    pub(crate) fn feed(&self, py: Python<'_>, mut take: impl FnMut(&[u8]) + Send) -> PyResult<()> {
        match self {
            Body::Fixed(octets) => {
                detached(py, octets.len(), || take(octets));
                Ok(())
            }
            Body::Shared(view) => view.windows(|window| detached(py, window.len(), || take(window))),
        }
    }
}

/// Does `work` on so many octets, while other threads run if it takes long.
pub(crate) fn detached<T: Send>(py: Python<'_>, octets: usize, work: impl FnOnce() -> T + Send) -> T {
    if octets < WORTH_DETACHING { work() } else { py.detach(work) }
}

/// A memoryview of octets. As long as it is there, the object can neither move nor resize them.
pub(crate) struct View<'py> {
    octets: Bound<'py, PyMemoryView>,
    length: usize,
}

impl<'py> View<'py> {
    fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let view = PyMemoryView::from(object).map_err(|error| match error.is_instance_of::<PyTypeError>(py) {
            true => not_a_body(object),
            false => error, // a memoryview that was released, an mmap that was closed
        })?;
        let length = view.getattr(intern!(py, "nbytes"))?.extract()?;
        if !view.getattr(intern!(py, "c_contiguous"))?.is_truthy()? {
            return Err(PyBufferError::new_err(
                "the body is a memoryview with gaps: its octets are not one after the other; pass bytes(view)",
            ));
        }
        let dimensions: usize = view.getattr(intern!(py, "ndim"))?.extract()?;
        if length == 0 || (dimensions == 1 && view.getattr(intern!(py, "format"))?.eq("B")?) {
            return Ok(View { octets: view, length });
        }
        let octets = view.call_method1(intern!(py, "cast"), ("B",))?.cast_into()?;
        Ok(View { octets, length })
    }

    /// The octets, when they fit into one window.
    pub(crate) fn copy_if_small(&self) -> PyResult<Option<Vec<u8>>> {
        if self.length > WINDOW {
            return Ok(None);
        }
        let mut octets = vec![0; self.length];
        self.read(0, &mut octets)?;
        Ok(Some(octets))
    }

    fn windows(&self, mut take: impl FnMut(&[u8])) -> PyResult<()> {
        let mut window = vec![0; self.length.min(WINDOW)];
        for start in (0..self.length).step_by(WINDOW) {
            let window = &mut window[..(self.length - start).min(WINDOW)];
            self.read(start, window)?;
            take(window);
        }
        Ok(())
    }

    fn read(&self, start: usize, window: &mut [u8]) -> PyResult<()> {
        if window.is_empty() {
            return Ok(());
        }
        let py = self.octets.py();
        // Both are lengths of memory that exists, which no more than half of the addresses can be.
        let slice = PySlice::new(py, start as isize, (start + window.len()) as isize, 1);
        PyBuffer::<u8>::get(&self.octets.get_item(slice)?)?.copy_to_slice(py, window)
    }
}

fn not_a_body(object: &Bound<'_, PyAny>) -> PyErr {
    let found = match object.get_type().name() {
        Ok(name) => name.to_string(),
        Err(error) => return error,
    };
    let parsed = object.is_instance_of::<PyDict>() || object.is_instance_of::<PyList>();
    let hint = if parsed || object.is_instance_of::<PyString>() {
        "; pass the raw body as it came, before anything decodes or parses it: request.body (Django), \
         request.get_data() (Flask), await request.body() (Starlette, FastAPI)"
    } else {
        ""
    };
    PyTypeError::new_err(format!("the body must be bytes or like bytes, not {found}{hint}"))
}
