//! What a test expects to have come by its end.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive};

use crate::filter::Filter;
use crate::inbox::Inbox;
use crate::wait::{Unmet, narrowing, survey};

/// So many deliveries of some kind, verified when this is dropped; see [`Receiver::expect`](crate::Receiver::expect).
#[must_use = "it is verified when it is dropped; bind it to a name"]
pub struct Expected<'a> {
    inbox: &'a dyn Inbox,
    times: Times,
    name: Option<String>,
    filter: Filter,
    is_verified: bool,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(inbox: &'a dyn Inbox, times: Times) -> Self {
        Expected { inbox, times, name: None, filter: Filter::default(), is_verified: false }
    }

    narrowing!();

    /// What it is called when it was in vain.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Verifies it now, and not when it is dropped.
    pub async fn verify(mut self) -> Result<(), Unexpected> {
        self.is_verified = true;
        self.check().await
    }

    async fn check(&self) -> Result<(), Unexpected> {
        let came = survey(self.inbox, &self.filter).await;
        if came.error.is_none() && self.times.contains(came.matched_count) {
            return Ok(());
        }
        let name = self.name.clone();
        Err(Unexpected { name, times: self.times.clone(), came: Box::new(came) })
    }
}

impl Drop for Expected<'_> {
    #[allow(clippy::panic, reason = "a test that expected something else fails")]
    fn drop(&mut self) {
        if self.is_verified || std::thread::panicking() {
            return;
        }
        // On a thread and a runtime of its own: the test's may be the only one that it has, and it waits here.
        let verdict = std::thread::scope(|scope| {
            let verify = || -> Result<(), String> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|error| error.to_string())?;
                runtime.block_on(self.check()).map_err(|unexpected| unexpected.to_string())
            };
            scope.spawn(verify).join()
        });
        match verdict {
            Ok(Ok(())) => {}
            Ok(Err(said)) => panic!("{said}"),
            Err(panicked) => std::panic::resume_unwind(panicked),
        }
    }
}

/// How many deliveries are expected: a number, or a range such as `1..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times(RangeInclusive<usize>);

impl Times {
    fn contains(&self, count: usize) -> bool {
        self.0.contains(&count)
    }
}

impl From<usize> for Times {
    fn from(count: usize) -> Self {
        Times(count..=count)
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Self {
        Times(range.start..=usize::MAX)
    }
}

impl From<Range<usize>> for Times {
    fn from(range: Range<usize>) -> Self {
        Times(range.start..=range.end.saturating_sub(1))
    }
}

impl From<RangeInclusive<usize>> for Times {
    fn from(range: RangeInclusive<usize>) -> Self {
        Times(range)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self.0.start(), *self.0.end()) {
            (0, 0) => f.write_str("none"),
            (least, usize::MAX) => write!(f, "at least {least}"),
            (least, most) if least == most => write!(f, "exactly {least}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// Another number of deliveries came than was expected. Prints like a diff.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unexpected {
    /// What the expectation was called.
    pub name: Option<String>,
    /// How many were expected.
    pub times: Times,
    /// What came.
    pub came: Box<Unmet>,
}

impl std::error::Error for Unexpected {}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("deliveries");
        write!(f, "{name}: {} expected, {} came", self.times, self.came.matched_count)?;
        self.came.fmt_what_came(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::tests::delivery;
    use crate::inbox::{MemoryInbox, Retention};

    async fn inbox_of(paths: &[&str]) -> MemoryInbox {
        let inbox = MemoryInbox::new(Retention::IN_MEMORY);
        for path in paths {
            inbox.append(delivery(path, b"{}")).await.unwrap();
        }
        inbox
    }

    fn expected(inbox: &MemoryInbox, times: impl Into<Times>) -> Expected<'_> {
        Expected::new(inbox, times.into())
    }

    #[tokio::test]
    async fn as_many_as_are_expected_are_no_failure() {
        let inbox = inbox_of(&["/a", "/a", "/b"]).await;
        let _two = expected(&inbox, 2).valid().path("/a");
        let _some = expected(&inbox, 1..).path("/*");
        let _few = expected(&inbox, 1..=3);
        let _none = expected(&inbox, 0).path("/c");
        expected(&inbox, 3..4).verify().await.unwrap();
    }

    #[tokio::test]
    async fn another_number_reads_like_a_diff() {
        let inbox = inbox_of(&["/a", "/b"]).await;
        let unexpected = expected(&inbox, 2).path("/a").named("health").verify().await.unwrap_err().to_string();
        let lines: Vec<_> = unexpected.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "health: exactly 2 expected, 1 came");
        assert!(lines[1].starts_with("  + POST /a (2 octets, "), "{unexpected}");
        assert!(
            lines[2].starts_with("  - POST /b (2 octets, ") && lines[2].ends_with("went to /b, not /a"),
            "{unexpected}"
        );
        assert_eq!(lines[3..], ["                  wanted  came", "        path      /a      /b    <<<<<"]);
    }

    #[tokio::test]
    async fn it_is_verified_when_it_is_dropped() {
        let inbox = inbox_of(&[]).await;
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(expected(&inbox, 1..))));
        let said = dropped.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(*said, "deliveries: at least 1 expected, 0 came\n  nothing came at all");
    }
}
