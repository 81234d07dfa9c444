//! What may have happened to the body between the signer and the caller, each undone.
//!
//! A hypothesis is data: it says how to write the octets that were signed, given those that arrived, and what it means
//! when their MAC matches. It is listed only where it would change something.

mod charset;
mod edges;
mod form;
mod json;
mod json_string;
mod lines;
mod transport;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::budget::{Budget, Stop};
use super::cause::{Cause, Detail, Family};
use super::numbers::Numbers;
use super::octets::Sink;
use super::rewrite::canonical;
use super::sort::sort;
use super::survey::{Survey, survey};

/// One hypothesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyChange {
    /// An empty body was signed.
    Empty,
    Edge(edges::Edge),
    Lines(lines::Lines),
    Transport(transport::Coding),
    Form(form::Form),
    JsonString(json_string::Quoting),
    Json(json::Rewriting),
    Charset(charset::Charset),
}

/// The body as it arrived, and what is known of it.
pub(super) struct Source<'a> {
    body: &'a [u8],
    text: Option<&'a str>,
    survey: Option<Survey>,
    /// The document with its members sorted, once somebody wanted it; nothing where they were in order.
    sorted: Option<Result<String, Stop>>,
    /// What rewritings are made of: the document in this order, with numbers in this spelling. Of a large one only the last.
    canonical: Vec<((bool, Numbers), Result<String, Stop>)>,
}

/// Documents of which several forms are kept at a time.
const SMALL: usize = 64 << 10;

impl<'a> Source<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        let text = core::str::from_utf8(body).ok();
        let survey = text.map(|text| text.trim_start_matches('\u{feff}')).and_then(survey);
        Source { body, text, survey, sorted: None, canonical: Vec::new() }
    }

    fn json(&self) -> Option<(&'a str, Survey)> {
        Some((self.text?.trim_start_matches('\u{feff}'), self.survey?))
    }

    /// The hypotheses that cost little or are usual, by likelihood.
    pub(super) fn likely(&self) -> Vec<BodyChange> {
        let mut changes = Vec::new();
        changes.extend(edges::likely(self.body).map(BodyChange::Edge));
        changes.extend(transport::candidates(self.body, self.text.is_some()).map(BodyChange::Transport));
        changes.extend(json_string::candidates(self.text).map(BodyChange::JsonString));
        changes.extend(form::candidates(self.text).into_iter().map(BodyChange::Form));
        changes.extend(charset::likely(self.body, self.text).map(BodyChange::Charset));
        changes.extend(lines::candidates(self.body).map(BodyChange::Lines));
        changes
    }

    /// The body as a JSON document, written otherwise.
    pub(super) fn rewritings(&self) -> Vec<BodyChange> {
        let Some((_, survey)) = self.json() else { return Vec::new() };
        json::candidates(survey).into_iter().map(BodyChange::Json).collect()
    }

    /// What is left.
    pub(super) fn unlikely(&self) -> Vec<BodyChange> {
        let mut changes = Vec::new();
        changes.extend(edges::unlikely(self.body).map(BodyChange::Edge));
        changes.extend(charset::unlikely(self.body, self.text).map(BodyChange::Charset));
        changes
    }

    /// Makes what several candidates have in common.
    pub(super) fn prepare(&mut self, change: &BodyChange, budget: &mut Budget) -> Result<(), Stop> {
        let BodyChange::Json(json::Rewriting { sorted, numbers, .. }) = *change else { return Ok(()) };
        if self.canonical(sorted, numbers).is_none() {
            let Some((text, _)) = self.json() else { return Err(Stop::DoesNotApply) };
            if text.len() > SMALL {
                self.canonical.clear();
            }
            budget.spend_octets(text.len())?;
            let made = match sorted {
                false => canonical(text, numbers),
                true => match self.sorted.get_or_insert_with(|| sort(text, budget)) {
                    Ok(text) => canonical(text, numbers),
                    Err(stop) => Err(*stop),
                },
            };
            self.canonical.push(((sorted, numbers), made));
        }
        match self.canonical(sorted, numbers) {
            Some(Err(stop)) => Err(*stop),
            _ => Ok(()),
        }
    }

    fn canonical(&self, sorted: bool, numbers: Numbers) -> Option<&Result<String, Stop>> {
        self.canonical.iter().find(|(of, _)| *of == (sorted, numbers)).map(|(_, text)| text)
    }

    /// Writes what was signed, if `change` is what happened.
    pub(super) fn write(&self, change: &BodyChange, out: &mut impl Sink) -> Result<(), Stop> {
        match change {
            BodyChange::Empty => Ok(()),
            BodyChange::Edge(edge) => edge.write(self.body, out),
            BodyChange::Lines(lines) => lines.write(self.body, out),
            BodyChange::Transport(coding) => coding.write(self.body, out),
            BodyChange::Form(form) => form.write(self.body, out),
            BodyChange::Charset(charset) => charset.write(self.body, self.text, out),
            BodyChange::JsonString(quoting) => quoting.write(self.text.ok_or(Stop::DoesNotApply)?, out),
            BodyChange::Json(rewriting) => match self.canonical(rewriting.sorted, rewriting.numbers) {
                Some(Ok(canonical)) => rewriting.write(canonical, out),
                _ => Err(Stop::DoesNotApply),
            },
        }
    }
}

impl BodyChange {
    /// Whether the octets are decoded, to a length that the body's does not tell.
    pub(super) fn decodes(&self) -> bool {
        matches!(
            self,
            BodyChange::Transport(_) | BodyChange::Form(_) | BodyChange::JsonString(_) | BodyChange::Charset(_)
        )
    }

    /// The same with a newline at its end, which is to be tried too.
    pub(super) fn with_final_newline(&self) -> Option<Self> {
        match self {
            BodyChange::Json(rewriting) => rewriting.with_final_newline().map(BodyChange::Json),
            _ => None,
        }
    }

    pub(super) fn cause(&self) -> Cause {
        match self {
            BodyChange::Empty => cause(
                "body.empty",
                "The signature matches if the body is empty: nothing of what arrived was signed.",
                "The sender signs before it has a body, or signs another one than it sends. Mend the sender, or compare \
                 what it signs with what it sends.",
                Detail::default(),
            ),
            BodyChange::Edge(edge) => edge.cause(),
            BodyChange::Lines(lines) => lines.cause(),
            BodyChange::Transport(coding) => coding.cause(),
            BodyChange::Form(form) => form.cause(),
            BodyChange::JsonString(quoting) => quoting.cause(),
            BodyChange::Json(rewriting) => rewriting.cause(),
            BodyChange::Charset(charset) => charset.cause(),
        }
    }
}

fn cause(id: &'static str, found: impl Into<Cow<'static, str>>, fix: &'static str, detail: Detail) -> Cause {
    Cause { id, family: Family::Body, found: found.into(), fix: fix.into(), detail }
}

/// The advice that most causes come down to.
const PASS_RAW_BODY: &str = "Verify the raw octets of the body as they were on the wire, before anything parses, trims or \
                             re-encodes them.";
