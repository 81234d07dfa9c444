//! The function `explain`, and the classes of its answer.

use hookseal::{DetailValue, Error, KeyError, KeyFormat, MatchedKey};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict as _, PyBool, PyDict, PyTuple};

use crate::body::Body;
use crate::shared_key::{Reading, SharedKey, empty, flattened};
use crate::signature;
use crate::verify::policy;

/// Says why a signature does not verify: what has to be undone for its MAC to match.
///
/// It takes the shared key as a Verifier takes it, or a list of several, usable or not: a str as it stands in the
/// platform's settings, or bytes that are the key itself. What people run into with keys, bodies and headers is tried,
/// alone and in pairs, and a cause is named only when a MAC proves it. At most 512 MACs and 64 MiB of hashing are spent,
/// and other threads run meanwhile.
///
/// The answer is for whoever runs the receiver, never for the sender: a stranger could use it to search for keys.
///
/// >>> from hookseal import explain, sign
/// >>> shared_key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
/// >>> explanation = explain(shared_key, b'{"disk":"low"}', sign(b'{"disk": "low"}', shared_key))
/// >>> explanation
/// Explanation(valid=False, code='signature_mismatch', causes=['body.json_reserialised'])
/// >>> [cause] = explanation.causes
/// >>> cause.detail["style"]
/// 'python'
#[pyfunction]
#[pyo3(signature = (shared_key, body, signature, *, key_format = "auto", policy = "fixed", allow_weak_key = false))]
pub(crate) fn explain(
    shared_key: &Bound<'_, PyAny>,
    body: &Bound<'_, PyAny>,
    signature: &Bound<'_, PyAny>,
    key_format: &str,
    policy: &str,
    allow_weak_key: bool,
) -> PyResult<Explanation> {
    let py = body.py();
    let reading = Reading::or_auto(key_format)?;
    let policy = self::policy(policy)?;
    let given = flattened([shared_key.clone()])?;
    let given: Vec<_> = given.iter().map(SharedKey::of).collect::<PyResult<_>>()?;
    let (shared_keys, format) = as_configured(&given, reading)?;
    let body = Body::of(body)?.octets(py)?;
    let signature = signature::joined(signature)?;

    let mut explain = hookseal::Explain::new(&shared_keys).policy(policy);
    if let Some(format) = format {
        explain = explain.key_format(format);
    }
    if allow_weak_key {
        explain = explain.dangerous_allow_weak();
    }
    Ok(Explanation(py.detach(|| explain.explain(&body, &signature))))
}

/// The keys before anything reads them, and the format that all of them are read in, unless it is auto.
fn as_configured<'a>(given: &'a [SharedKey<'_>], reading: Reading) -> PyResult<(Vec<&'a [u8]>, Option<KeyFormat>)> {
    let of_text = match reading {
        Reading::Auto => None,
        Reading::As(format) => Some(format),
    };
    let (mut shared_keys, mut formats) = (Vec::new(), Vec::new());
    for key in given {
        let (octets, format) = match key {
            SharedKey::Text(text) => (&**text, of_text),
            SharedKey::Octets(octets) => (&***octets, Some(KeyFormat::Bytes)),
            SharedKey::Ready(_) => {
                return Err(PyTypeError::new_err(
                    "a Key cannot be explained, since it no longer holds what it was read from; pass the shared key as \
                     it is configured (str), or the key's raw octets (bytes)",
                ));
            }
        };
        shared_keys.push(octets);
        formats.push(format);
    }
    match formats.as_slice() {
        [] => Err(empty()),
        [first, others @ ..] if others.iter().all(|format| format == first) => Ok((shared_keys, *first)),
        _ => Err(PyTypeError::new_err("the shared keys must be all str or all bytes, so that they are read alike")),
    }
}

/// What was found out about a signature; see explain.
#[pyclass(frozen, eq, module = "hookseal")]
#[derive(PartialEq, Eq)]
pub(crate) struct Explanation(hookseal::Explanation);

#[pymethods]
impl Explanation {
    /// Whether the signature verifies as it is: there is nothing to explain then.
    #[getter]
    fn valid(&self) -> bool {
        self.0.valid
    }

    /// Why it was refused, as VerificationError and InvalidKeyError have it; None when it is valid.
    #[getter]
    fn code(&self) -> Option<&'static str> {
        self.0.code()
    }

    /// The refusal in words; None when it is valid.
    #[getter]
    fn message(&self) -> Option<String> {
        self.0.error.as_ref().map(|error| match error {
            // Their own words name a character of the key; the notes say what is wrong without it.
            Error::Key(KeyError::Invalid { .. }) | Error::NoUsableKey { .. } => {
                "the shared key gives no usable key".to_owned()
            }
            error => error.to_string(),
        })
    }

    /// The place of the key that signed among the shared keys, counted from 0; None unless a MAC matches.
    #[getter]
    fn key_index(&self) -> Option<usize> {
        self.0.key.map(|key| key.index)
    }

    /// How the key that signed is read; None unless a MAC matches.
    #[getter]
    fn key_format(&self) -> Option<&'static str> {
        self.0.key.map(|key| key.format.as_str())
    }

    /// What has to be undone, all of it together, for the signature to match; empty when nothing that was tried does.
    #[getter]
    fn causes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.causes.iter().map(|cause| Cause(cause.clone())))
    }

    /// What no MAC proves: whose scheme a value is, damage that cannot be undone, keys that cannot be used.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.notes.iter().map(|note| Note(note.clone())))
    }

    /// How many MACs were computed, 512 at most.
    #[getter]
    fn tried(&self) -> usize {
        self.0.tried
    }

    /// Whether the search ended before everything was tried.
    #[getter]
    fn exhausted(&self) -> bool {
        self.0.exhausted
    }

    /// How many hypotheses about keys, bodies, inputs (what is signed besides the body) and pairs MACs disproved.
    #[getter]
    fn ruled_out<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let hookseal::RuledOut { keys, bodies, inputs, pairs, .. } = self.0.ruled_out;
        let counts = [("keys", keys), ("bodies", bodies), ("inputs", inputs), ("pairs", pairs)];
        counts.into_py_dict(py)
    }

    /// What `hookseal explain --json` prints: dicts, lists, texts and numbers.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let causes = self.0.causes.iter().map(|cause| cause_dict(py, cause)).collect::<PyResult<Vec<_>>>()?;
        let notes = self.0.notes.iter().map(|note| note_dict(py, note)).collect::<PyResult<Vec<_>>>()?;
        let dict = PyDict::new(py);
        dict.set_item("valid", self.valid())?;
        dict.set_item("code", self.code())?;
        dict.set_item("key", self.0.key.map(|key| key_dict(py, key)).transpose()?)?;
        dict.set_item("causes", causes)?;
        dict.set_item("notes", notes)?;
        dict.set_item("tried", self.tried())?;
        dict.set_item("exhausted", self.exhausted())?;
        dict.set_item("ruled_out", self.ruled_out(py)?)?;
        Ok(dict)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (valid, code) = (PyBool::new(py, self.valid()).repr()?, self.code().into_pyobject(py)?.repr()?);
        let causes: Vec<_> = self.0.causes.iter().map(|cause| format!("'{}'", cause.id)).collect();
        Ok(format!("Explanation(valid={valid}, code={code}, causes=[{}])", causes.join(", ")))
    }
}

/// One change that makes the signature match, proved by the MAC.
#[pyclass(frozen, eq, module = "hookseal")]
#[derive(PartialEq, Eq)]
pub(crate) struct Cause(hookseal::Cause);

#[pymethods]
impl Cause {
    /// The stable name, the family's before its dot: body.newline_added.
    #[getter]
    fn id(&self) -> &'static str {
        self.0.id
    }

    /// What it is about: key, body, input (what is signed besides the body) or value (the header's).
    #[getter]
    fn family(&self) -> &'static str {
        self.0.family.as_str()
    }

    /// What was found: 'The signature matches if …'.
    #[getter]
    fn found(&self) -> &str {
        &self.0.found
    }

    /// What to do about it.
    #[getter]
    fn fix(&self) -> &str {
        &self.0.fix
    }

    /// Which of its kind: the reading, the style, the place.
    #[getter]
    fn detail<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        detail_dict(py, &self.0.detail)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Cause(id='{}', detail={})", self.0.id, self.detail(py)?.repr()?))
    }
}

/// Something worth knowing that no MAC proves.
#[pyclass(frozen, eq, module = "hookseal")]
#[derive(PartialEq, Eq)]
pub(crate) struct Note(hookseal::Note);

#[pymethods]
impl Note {
    /// The stable name: scheme.… and value.… of header values, damage.… of bodies, key.… of keys.
    #[getter]
    fn id(&self) -> &'static str {
        self.0.id
    }

    /// What was found.
    #[getter]
    fn found(&self) -> &str {
        &self.0.found
    }

    /// What to do about it.
    #[getter]
    fn fix(&self) -> &str {
        &self.0.fix
    }

    /// The place and the like.
    #[getter]
    fn detail<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        detail_dict(py, &self.0.detail)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Note(id='{}', detail={})", self.0.id, self.detail(py)?.repr()?))
    }
}

fn key_dict(py: Python<'_>, key: MatchedKey) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("index", key.index)?;
    dict.set_item("format", key.format.as_str())?;
    Ok(dict)
}

fn cause_dict<'py>(py: Python<'py>, cause: &hookseal::Cause) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("id", cause.id)?;
    dict.set_item("family", cause.family.as_str())?;
    finding(&dict, &cause.found, &cause.fix, &cause.detail)?;
    Ok(dict)
}

fn note_dict<'py>(py: Python<'py>, note: &hookseal::Note) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("id", note.id)?;
    finding(&dict, &note.found, &note.fix, &note.detail)?;
    Ok(dict)
}

fn finding(dict: &Bound<'_, PyDict>, found: &str, fix: &str, detail: &hookseal::Detail) -> PyResult<()> {
    dict.set_item("found", found)?;
    dict.set_item("fix", fix)?;
    dict.set_item("detail", detail_dict(dict.py(), detail)?)
}

fn detail_dict<'py>(py: Python<'py>, detail: &hookseal::Detail) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in detail.iter() {
        match value {
            DetailValue::Text(text) => dict.set_item(name, text)?,
            DetailValue::Number(number) => dict.set_item(name, number)?,
        }
    }
    Ok(dict)
}
