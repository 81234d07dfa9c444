//! Which deliveries are meant: one filter for listing and for waiting.

use jiff::Timestamp;
use memchr::memmem;
use wildmatch::WildMatchPattern;

use crate::delivery::{Delivery, Verdict};

/// Which deliveries are meant; an empty filter means all of them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Filter {
    /// What the signature proves.
    pub verdict: Option<Verdict>,
    /// Why it is not valid; a code of [`hookseal::Error::code`].
    pub code: Option<String>,
    /// The whole path; `*` stands for any number of characters.
    pub path: Option<String>,
    /// The method, in any case.
    pub method: Option<String>,
    /// Received at this time or later.
    pub since: Option<Timestamp>,
    /// Octets that stand in the path, the query, a header or the body.
    pub q: Option<String>,
}

/// `*` for any number of characters; no character stands for just one.
pub(crate) type PathPattern = WildMatchPattern<'*', '\0'>;

/// Says what is wrong with a pattern that is to match paths.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), String> {
    const LONGEST: usize = 2_000;
    if pattern.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} octets"));
    }
    if pattern.starts_with(['/', '*']) {
        return Ok(());
    }
    Err(format!("is {pattern:?}, which no path matches; begin it with / or *, such as /orders/*"))
}

/// Says why a delivery is not meant, or nothing when it is as far as this member goes.
type Check = fn(&Filter, &Delivery) -> Option<String>;

const CHECKS: [Check; 6] = [Filter::since, Filter::verdict, Filter::code, Filter::path, Filter::method, Filter::q];

impl Filter {
    /// Whether the delivery is meant.
    pub fn matches(&self, delivery: &Delivery) -> bool {
        CHECKS.iter().all(|check| check(self, delivery).is_none())
    }

    /// Why the delivery is not meant, a phrase for each thing that is wrong.
    pub fn misses(&self, delivery: &Delivery) -> Vec<String> {
        CHECKS.iter().filter_map(|check| check(self, delivery)).collect()
    }

    fn since(&self, delivery: &Delivery) -> Option<String> {
        let since = self.since.filter(|since| delivery.received_at < *since)?;
        Some(format!("came at {:.6}, before {since:.6}", delivery.received_at))
    }

    fn verdict(&self, delivery: &Delivery) -> Option<String> {
        let wanted = self.verdict.filter(|wanted| *wanted != delivery.verdict)?;
        Some(match &delivery.code {
            Some(code) => format!("is {} ({code}), not {wanted}", delivery.verdict),
            None => format!("is {}, not {wanted}", delivery.verdict),
        })
    }

    fn code(&self, delivery: &Delivery) -> Option<String> {
        let wanted = self.code.as_deref().filter(|wanted| delivery.code.as_deref() != Some(wanted))?;
        let code = delivery.code.as_deref().unwrap_or("none");
        Some(format!("has code {code}, not {wanted}"))
    }

    fn path(&self, delivery: &Delivery) -> Option<String> {
        let path = delivery.path();
        let wanted = self.path.as_deref().filter(|wanted| !PathPattern::new(wanted).matches(path))?;
        Some(format!("went to {}, not {wanted}", path.escape_debug()))
    }

    fn method(&self, delivery: &Delivery) -> Option<String> {
        let method = delivery.method.as_str();
        let wanted = self.method.as_deref().filter(|wanted| !wanted.eq_ignore_ascii_case(method))?;
        Some(format!("is a {method}, not a {wanted}"))
    }

    fn q(&self, delivery: &Delivery) -> Option<String> {
        let wanted = self.q.as_deref()?;
        let finder = memmem::Finder::new(wanted);
        let found = finder.find(delivery.target.as_bytes()).is_some()
            || delivery.headers.contains(wanted.as_bytes())
            || finder.find(&delivery.body).is_some();
        (!found).then(|| format!("does not contain {wanted:?}"))
    }
}
