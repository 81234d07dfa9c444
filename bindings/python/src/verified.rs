//! What verifying and reading keys found out.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What a valid signature proves: which key signed, and what the protected header says besides.
///
/// An invalid signature raises VerificationError, so there is nothing to test here, and a Verified is always true.
#[pyclass(frozen, eq, hash, module = "hookseal")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Verified {
    /// The key's place among the verifier's, counted from 0. Two readings of one shared key have the same.
    #[pyo3(get)]
    key_index: usize,
    /// How the key was read: jwk, jwk-lenient, utf8, base64, hex or bytes.
    #[pyo3(get)]
    key_format: &'static str,
    /// Names, and values as the JSON text that was signed.
    header_parameters: Vec<(String, String)>,
}

impl From<hookseal::Verified> for Verified {
    fn from(hookseal::Verified { key, header_parameters, .. }: hookseal::Verified) -> Self {
        let header_parameters = header_parameters.into_iter().map(|parameter| (parameter.name, parameter.value));
        Verified {
            key_index: key.index,
            key_format: key.format.as_str(),
            header_parameters: header_parameters.collect(),
        }
    }
}

#[pymethods]
impl Verified {
    /// The protected header's members besides alg, b64 and crit; always empty under the policy "fixed".
    #[getter]
    fn header_parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parameters = PyDict::new(py);
        if !self.header_parameters.is_empty() {
            let loads = py.import("json")?.getattr("loads")?;
            for (name, text) in &self.header_parameters {
                match loads.call1((text,)) {
                    Ok(value) => parameters.set_item(name, value)?,
                    // An integer of more digits than Python converts stays the text that it is.
                    Err(error) if error.is_instance_of::<PyValueError>(py) => parameters.set_item(name, text)?,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(parameters)
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let Verified { key_index, key_format, .. } = self;
        let parameters = self.header_parameters(py)?.repr()?;
        Ok(format!("Verified(key_index={key_index}, key_format='{key_format}', header_parameters={parameters})"))
    }
}

/// A reading of a shared key that a verifier cannot use, and why.
#[pyclass(frozen, eq, hash, get_all, module = "hookseal")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct DroppedReading {
    /// Which of the shared keys, counted from 0.
    key_index: usize,
    /// The reading.
    key_format: &'static str,
    /// weak_key or invalid_key.
    code: &'static str,
    /// What is wrong with it.
    message: String,
}

impl From<&hookseal::DroppedReading> for DroppedReading {
    fn from(dropped: &hookseal::DroppedReading) -> Self {
        DroppedReading {
            key_index: dropped.index,
            key_format: dropped.format.as_str(),
            code: dropped.error.code(),
            message: dropped.error.to_string(),
        }
    }
}

#[pymethods]
impl DroppedReading {
    fn __repr__(&self) -> String {
        let DroppedReading { key_index, key_format, code, message } = self;
        format!("DroppedReading(key_index={key_index}, key_format='{key_format}', code='{code}', message={message:?})")
    }
}
