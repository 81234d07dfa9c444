//! What is done with deliveries, path by path. All of it can be replaced while the receiver runs.

use std::sync::{Arc, PoisonError, RwLock};

use hookseal::{Explain, Verifier};

use crate::faults::{FaultRule, Faults};
use crate::filter::{PathPattern, check_pattern};
use crate::forward::Forward;
use crate::path::plain;
use crate::respond::ResponseRule;

/// What is done with deliveries: whose signatures count, what is answered, where they go on to.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Rules {
    /// The keys that deliveries may be signed with. Without any, a signed delivery is `no_usable_key`.
    pub verifier: Option<Verifier>,
    /// The same keys as they are written, to explain with: a verifier's keys cannot be read back.
    pub explain: Option<Explain>,
    /// Whether every delivery that could be read is accepted, whatever its signature.
    pub accept_all: bool,
    /// Where deliveries go on to.
    pub forward: Option<Forward>,
    /// What is answered to a delivery that is accepted; the first rule for its path decides. 204 where there is none.
    pub responses: Vec<ResponseRule>,
    /// Which answers are bad on purpose.
    pub faults: Vec<FaultRule>,
    /// Paths that are treated otherwise; the first one that matches decides.
    pub paths: Vec<PathRules>,
}

/// How the deliveries to some paths are treated; nothing of this comes from the [`Rules`] for the rest.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct PathRules {
    /// The paths; `*` stands for any number of characters.
    pub path: String,
    /// As [`Rules::verifier`].
    pub verifier: Option<Verifier>,
    /// As [`Rules::explain`].
    pub explain: Option<Explain>,
    /// As [`Rules::accept_all`].
    pub accept_all: bool,
    /// As [`Rules::forward`].
    pub forward: Option<Forward>,
}

/// A rule that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {message}")]
#[non_exhaustive]
pub struct InvalidRule {
    /// The member, such as `faults[0].status[1]`.
    pub member: String,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

/// The rules in force.
pub(crate) struct Active {
    compiled: RwLock<Arc<Compiled>>,
    pub(crate) faults: Faults,
}

pub(crate) struct Compiled {
    rest: Treatment,
    paths: Vec<(PathPattern, Treatment)>,
    responses: Vec<(PathPattern, ResponseRule)>,
}

/// How a delivery is treated.
pub(crate) struct Treatment {
    pub(crate) verifier: Option<Verifier>,
    pub(crate) explain: Option<Explain>,
    pub(crate) accept_all: bool,
    pub(crate) forward: Option<Arc<Forward>>,
}

impl PathRules {
    /// Rules for these paths that accept nothing yet.
    pub fn new(path: impl Into<String>) -> Self {
        PathRules { path: path.into(), ..PathRules::default() }
    }
}

impl Rules {
    /// Says what is wrong with a rule.
    pub fn validate(&self) -> Result<(), InvalidRule> {
        for (index, rule) in self.paths.iter().enumerate() {
            check_pattern(&rule.path).map_err(|message| InvalidRule::new("path", message).within("paths", index))?;
        }
        for (index, rule) in self.responses.iter().enumerate() {
            rule.validate().map_err(|invalid| invalid.within("responses", index))?;
        }
        for (index, rule) in self.faults.iter().enumerate() {
            rule.validate().map_err(|invalid| invalid.within("faults", index))?;
        }
        Ok(())
    }
}

impl InvalidRule {
    pub(crate) fn new(member: &str, message: impl Into<String>) -> Self {
        InvalidRule { member: member.to_owned(), message: message.into() }
    }

    /// The same as a member of a list's entry.
    pub(crate) fn within(self, list: &str, index: usize) -> Self {
        InvalidRule { member: format!("{list}[{index}].{}", self.member), ..self }
    }
}

impl Active {
    pub(crate) fn new(rules: Rules) -> Result<Self, InvalidRule> {
        let (compiled, faults) = compile(rules)?;
        let active = Active { compiled: RwLock::new(Arc::new(compiled)), faults: Faults::default() };
        active.faults.set(faults)?;
        Ok(active)
    }

    /// Puts other rules in force, for deliveries that come from now on; none at all when one of them is invalid.
    pub(crate) fn replace(&self, rules: Rules) -> Result<(), InvalidRule> {
        let (compiled, faults) = compile(rules)?;
        self.faults.set(faults)?;
        *self.compiled.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(compiled);
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<Compiled> {
        self.compiled.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn compile(rules: Rules) -> Result<(Compiled, Vec<FaultRule>), InvalidRule> {
    rules.validate()?;
    let Rules { verifier, explain, accept_all, forward, responses, faults, paths } = rules;
    let compiled = Compiled {
        rest: Treatment { verifier, explain, accept_all, forward: forward.map(Arc::new) },
        paths: paths
            .into_iter()
            .map(|PathRules { path, verifier, explain, accept_all, forward }| {
                (
                    PathPattern::new(&plain(&path)),
                    Treatment { verifier, explain, accept_all, forward: forward.map(Arc::new) },
                )
            })
            .collect(),
        responses: responses.into_iter().map(|rule| (PathPattern::new(&rule.path), rule)).collect(),
    };
    Ok((compiled, faults))
}

impl Compiled {
    /// How a delivery to this path is treated. Whoever spells the path otherwise gets the same treatment: the app that the
    /// delivery goes on to may well read both alike.
    pub(crate) fn treatment(&self, path: &str) -> &Treatment {
        if self.paths.is_empty() {
            return &self.rest;
        }
        let path = plain(path);
        let special = self.paths.iter().find(|(pattern, _)| pattern.matches(&path));
        special.map_or(&self.rest, |(_, treatment)| treatment)
    }

    /// What is answered to an accepted delivery to this path, if not 204.
    pub(crate) fn response(&self, path: &str) -> Option<&ResponseRule> {
        self.responses.iter().find(|(pattern, _)| pattern.matches(path)).map(|(_, rule)| rule)
    }
}
