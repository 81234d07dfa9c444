//! What a fault rule says, and what makes it a mistake.

use http::StatusCode;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::rules::InvalidRule;

/// Which deliveries are answered badly, and how.
///
/// A fault never makes a refused delivery look accepted: a status under 400 takes the place of an accepting one only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// The paths it is for; `*` stands for any number of characters.
    pub path: String,
    /// It strikes at every n-th delivery to those paths; 1 is each.
    pub every: u64,
    /// The statuses that its strikes answer, one after the other and then from the start; empty leaves the status.
    pub status: Vec<u16>,
    /// How long the answer is held back, in milliseconds; with [`FaultKind::SlowBody`] how long its body takes.
    pub delay_ms: u64,
    /// What happens to the answer.
    pub kind: FaultKind,
    /// The value of `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// It strikes so many times and then never again.
    pub times: Option<u64>,
    /// What `GET faults` adds, so that its answer can be sent back as it is.
    #[serde(skip_serializing)]
    pub(super) matched: IgnoredMember,
    #[serde(skip_serializing)]
    pub(super) struck: IgnoredMember,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct IgnoredMember;

impl<'de> Deserialize<'de> for IgnoredMember {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| IgnoredMember)
    }
}

/// What happens to an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It is whole; its status, time and `Retry-After` are as the rule says.
    #[default]
    None,
    /// There is none: the connection is reset (RST).
    Reset,
    /// There is none: the connection is closed.
    Empty,
    /// Its body ends half-way, and the connection with it.
    Truncate,
    /// Its body calls itself JSON and is noise.
    Garbage,
    /// Its body comes octet by octet.
    SlowBody,
}

/// What was wrong with an answer that was meant to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Its status or its `Retry-After`.
    Status,
    /// Its time.
    Delay,
    /// There was a reset in its place.
    Reset,
    /// There was none.
    Empty,
    /// Its body ended half-way.
    Truncate,
    /// Its body was noise.
    Garbage,
    /// Its body came octet by octet.
    SlowBody,
}

impl Default for FaultRule {
    /// A rule for every delivery that does nothing yet, and is no valid one therefore.
    fn default() -> Self {
        FaultRule {
            path: "*".to_owned(),
            every: 1,
            status: Vec::new(),
            delay_ms: 0,
            kind: FaultKind::None,
            retry_after: None,
            times: None,
            matched: IgnoredMember,
            struck: IgnoredMember,
        }
    }
}

impl FaultRule {
    /// The longest delay: ten minutes.
    pub const MOST_DELAY_MS: u64 = 600_000;
    /// The most statuses of one rule.
    pub const MOST_STATUSES: usize = 1_000;
    /// The longest `Retry-After`: a day.
    pub const MOST_RETRY_AFTER: u64 = 86_400;

    /// Says what is wrong with the rule.
    pub fn validate(&self) -> Result<(), InvalidRule> {
        let invalid = |member: &str, message: String| Err(InvalidRule::new(member, message));
        if let Err(message) = crate::filter::check_pattern(&self.path) {
            return invalid("path", message);
        }
        if self.every == 0 {
            return invalid("every", "is 0; give 1 for each delivery, 2 for every second one".to_owned());
        }
        if self.times == Some(0) {
            return invalid(
                "times",
                "is 0, so that the rule would never strike; leave it out or give 1 or more".to_owned(),
            );
        }
        if self.status.len() > Self::MOST_STATUSES {
            return invalid("status", format!("has {} entries; at most {}", self.status.len(), Self::MOST_STATUSES));
        }
        if self.delay_ms > Self::MOST_DELAY_MS {
            return invalid("delay_ms", format!("is {}; at most {}", self.delay_ms, Self::MOST_DELAY_MS));
        }
        if let Some(seconds) = self.retry_after.filter(|seconds| *seconds > Self::MOST_RETRY_AFTER) {
            return invalid("retry_after", format!("is {seconds} seconds; at most {}", Self::MOST_RETRY_AFTER));
        }
        for (index, status) in self.status.iter().enumerate() {
            if let Err(message) = self.kind.check_status(*status) {
                return invalid(&format!("status[{index}]"), message);
            }
        }
        match self.kind {
            FaultKind::None if self.status.is_empty() && self.delay_ms == 0 && self.retry_after.is_none() => invalid(
                "kind",
                "is none, and there is no status, delay_ms or retry_after: the rule does nothing".to_owned(),
            ),
            FaultKind::SlowBody if self.delay_ms == 0 => {
                invalid("delay_ms", "says how long the slow body takes; give it in milliseconds".to_owned())
            }
            FaultKind::Reset | FaultKind::Empty if self.retry_after.is_some() => {
                invalid("retry_after", "has no meaning where there is no answer".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl FaultKind {
    fn check_status(self, status: u16) -> Result<(), String> {
        if !(200..600).contains(&status) {
            return Err(format!("is {status}; give a status from 200 to 599"));
        }
        match self {
            FaultKind::None => Ok(()),
            FaultKind::Reset | FaultKind::Empty => Err("has no meaning where there is no answer".to_owned()),
            FaultKind::Truncate | FaultKind::Garbage | FaultKind::SlowBody if has_no_body(status) => {
                Err(format!("is {status}, an answer without a body that could be spoilt; give another, such as 200"))
            }
            FaultKind::Truncate | FaultKind::Garbage | FaultKind::SlowBody => Ok(()),
        }
    }
}

impl Fault {
    /// As the API has it: `slow_body`.
    pub fn as_str(self) -> &'static str {
        match self {
            Fault::Status => "status",
            Fault::Delay => "delay",
            Fault::Reset => "reset",
            Fault::Empty => "empty",
            Fault::Truncate => "truncate",
            Fault::Garbage => "garbage",
            Fault::SlowBody => "slow_body",
        }
    }
}

/// Answers that end with their head (RFC 9110 §6.4.1).
pub(crate) fn has_no_body(status: u16) -> bool {
    [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].iter().any(|none| *none == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        let rule: FaultRule = serde_json::from_str(json).unwrap();
        rule.validate().expect_err(json).to_string()
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (json, member) in [
            ("{}", "kind: is none"),
            (r#"{"path":"orders","status":[503]}"#, "path: "),
            (r#"{"path":"","status":[503]}"#, "path: "),
            (r#"{"every":0,"status":[503]}"#, "every: is 0"),
            (r#"{"times":0,"status":[503]}"#, "times: is 0"),
            (r#"{"status":[503,99]}"#, "status[1]: is 99"),
            (r#"{"status":[600]}"#, "status[0]: is 600"),
            (r#"{"delay_ms":600001}"#, "delay_ms: is 600001"),
            (r#"{"retry_after":86401}"#, "retry_after: is 86401"),
            (r#"{"kind":"reset","status":[503]}"#, "status[0]: has no meaning"),
            (r#"{"kind":"empty","retry_after":1}"#, "retry_after: has no meaning"),
            (r#"{"kind":"truncate","status":[204]}"#, "status[0]: is 204"),
            (r#"{"kind":"slow_body"}"#, "delay_ms: says how long"),
        ] {
            assert!(error(json).starts_with(member), "{json}: {}", error(json));
        }
    }

    #[test]
    fn what_is_answered_can_be_sent_back() {
        let rule: FaultRule = serde_json::from_str(r#"{"kind":"reset","matched":3,"struck":1}"#).unwrap();
        assert_eq!(rule, FaultRule { kind: FaultKind::Reset, ..FaultRule::default() });
        assert!(serde_json::from_str::<FaultRule>(r#"{"kinds":"reset"}"#).is_err());
    }
}
