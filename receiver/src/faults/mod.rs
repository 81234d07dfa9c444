//! Answering badly on request, so that a sender's retries can be tested.

mod rule;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::filter::PathPattern;
use crate::rules::InvalidRule;

pub(crate) use rule::has_no_body;
pub use rule::{Fault, FaultKind, FaultRule};

/// The most rules at a time.
const MOST_RULES: usize = 100;

/// `{"rules":[…]}`, as `PUT faults` takes it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRules {
    pub(crate) rules: Vec<FaultRule>,
}

/// `{"rules":[…]}`, as `GET faults` answers it.
#[derive(Debug, Serialize)]
pub(crate) struct FaultsView {
    rules: Vec<RuleView>,
}

#[derive(Debug, Serialize)]
struct RuleView {
    #[serde(flatten)]
    rule: FaultRule,
    /// Deliveries to its paths.
    matched: u64,
    /// Those of them that were answered badly.
    struck: u64,
}

/// The rules in force, and how often each has struck.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: RwLock<Arc<[Armed]>>,
}

#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    pattern: PathPattern,
    matched: AtomicU64,
    struck: AtomicU64,
}

/// What is to happen to one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) status: Option<StatusCode>,
    pub(crate) delay: Duration,
    pub(crate) kind: FaultKind,
    pub(crate) retry_after: Option<u64>,
}

impl Faults {
    /// Puts these rules in force, none of which has struck yet.
    pub(crate) fn set(&self, rules: Vec<FaultRule>) -> Result<(), InvalidRule> {
        if rules.len() > MOST_RULES {
            let message = format!("there are {} of them; at most {MOST_RULES}", rules.len());
            return Err(InvalidRule::new("rules", message));
        }
        for (index, rule) in rules.iter().enumerate() {
            rule.validate().map_err(|invalid| invalid.within("rules", index))?;
        }
        *self.armed.write().unwrap_or_else(PoisonError::into_inner) = rules.into_iter().map(Armed::new).collect();
        Ok(())
    }

    /// What is to happen to the answer to a delivery to this path. The first rule that strikes decides.
    pub(crate) fn strike(&self, path: &str) -> Option<Strike> {
        let armed = self.armed();
        armed.iter().find_map(|armed| armed.strike(path))
    }

    pub(crate) fn view(&self) -> FaultsView {
        FaultsView { rules: self.armed().iter().map(Armed::view).collect() }
    }

    fn armed(&self) -> Arc<[Armed]> {
        self.armed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Armed {
    fn new(rule: FaultRule) -> Self {
        let pattern = PathPattern::new(&rule.path);
        Armed { rule, pattern, matched: AtomicU64::new(0), struck: AtomicU64::new(0) }
    }

    fn strike(&self, path: &str) -> Option<Strike> {
        if !self.pattern.matches(path) {
            return None;
        }
        let matched = self.matched.fetch_add(1, Ordering::Relaxed) + 1;
        if !matched.is_multiple_of(self.rule.every) {
            return None;
        }
        let most = self.rule.times.unwrap_or(u64::MAX);
        let before = self
            .struck
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |struck| (struck < most).then_some(struck + 1));
        let index = before.ok()?.checked_rem(self.rule.status.len() as u64);
        let status = index.and_then(|index| self.rule.status.get(usize::try_from(index).ok()?));
        Some(Strike {
            status: status.and_then(|status| StatusCode::from_u16(*status).ok()),
            delay: Duration::from_millis(self.rule.delay_ms),
            kind: self.rule.kind,
            retry_after: self.rule.retry_after,
        })
    }

    fn view(&self) -> RuleView {
        RuleView {
            rule: self.rule.clone(),
            matched: self.matched.load(Ordering::Relaxed),
            struck: self.struck.load(Ordering::Relaxed),
        }
    }
}

impl Strike {
    /// The status to answer instead of this one. A refused delivery stays refused.
    pub(crate) fn status_instead_of(&self, status: StatusCode) -> StatusCode {
        let own = self.status.filter(|own| own.as_u16() >= 400 || status.is_success()).unwrap_or(status);
        match self.kind {
            FaultKind::Truncate | FaultKind::Garbage | FaultKind::SlowBody if has_no_body(own.as_u16()) => {
                StatusCode::OK
            }
            _ => own,
        }
    }

    /// What is wrong with the answer, in one word; `None` when nothing is, as with a 204 in a list of statuses.
    pub(crate) fn fault(&self, status: StatusCode) -> Option<Fault> {
        match self.kind {
            FaultKind::Reset => Some(Fault::Reset),
            FaultKind::Empty => Some(Fault::Empty),
            FaultKind::Truncate => Some(Fault::Truncate),
            FaultKind::Garbage => Some(Fault::Garbage),
            FaultKind::SlowBody => Some(Fault::SlowBody),
            FaultKind::None if self.status_instead_of(status) != status || self.retry_after.is_some() => {
                Some(Fault::Status)
            }
            FaultKind::None if !self.delay.is_zero() => Some(Fault::Delay),
            FaultKind::None => None,
        }
    }

    /// Whether the sender is still told that its delivery is accepted, which it would be with this status.
    pub(crate) fn accepts(&self, status: StatusCode) -> bool {
        !self.is_silent() && self.status_instead_of(status).is_success()
    }

    /// Whether there is no answer at all.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.kind, FaultKind::Reset | FaultKind::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Faults {
        let faults = Faults::default();
        faults.set(serde_json::from_str::<FaultRules>(json).unwrap().rules).unwrap();
        faults
    }

    fn statuses(faults: &Faults, path: &str, count: usize) -> Vec<u16> {
        let normal = StatusCode::NO_CONTENT;
        let next = |_| faults.strike(path).map_or(normal, |strike| strike.status_instead_of(normal)).as_u16();
        (0..count).map(next).collect()
    }

    #[test]
    fn statuses_come_one_after_the_other_for_as_many_times() {
        let faults = faults(r#"{"rules":[{"path":"/a*","status":[503,429,204],"times":5}]}"#);
        assert_eq!(statuses(&faults, "/b", 2), [204, 204]);
        assert_eq!(statuses(&faults, "/a/b", 8), [503, 429, 204, 503, 429, 204, 204, 204]);
    }

    #[test]
    fn every_nth_delivery_to_the_path_is_struck_and_the_next_rule_has_the_rest() {
        let faults = faults(r#"{"rules":[{"every":3,"status":[500],"times":1},{"path":"/x","status":[503]}]}"#);
        assert_eq!(statuses(&faults, "/x", 4), [503, 503, 500, 503]);
        assert_eq!(statuses(&faults, "/y", 3), [204, 204, 204]);
        let view = serde_json::to_value(faults.view()).unwrap();
        assert_eq!((&view["rules"][0]["matched"], &view["rules"][0]["struck"]), (&7.into(), &1.into()));
    }

    #[test]
    fn a_fault_accepts_nothing_that_was_refused() {
        let strike = |status| Strike { status, delay: Duration::ZERO, kind: FaultKind::None, retry_after: None };
        let (ok, refused) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
        assert_eq!(strike(Some(ok)).status_instead_of(refused), refused);
        assert_eq!(strike(Some(ok)).fault(refused), None);
        assert_eq!(strike(Some(StatusCode::BAD_GATEWAY)).status_instead_of(refused), StatusCode::BAD_GATEWAY);
        let garbage = Strike { kind: FaultKind::Garbage, ..strike(None) };
        assert_eq!(garbage.status_instead_of(StatusCode::NO_CONTENT), ok);
    }

    #[test]
    fn a_bad_rule_leaves_those_in_force() {
        let faults = faults(r#"{"rules":[{"status":[503]}]}"#);
        let bad = vec![FaultRule { kind: FaultKind::Reset, ..FaultRule::default() }, FaultRule::default()];
        assert!(faults.set(bad).unwrap_err().to_string().starts_with("rules[1].kind: "));
        assert!(faults.set(vec![FaultRule::default(); 101]).is_err());
        assert_eq!(statuses(&faults, "/", 1), [503]);
    }
}
