//! What the run says at its end: a row for each stage, and the count as the last line.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use anyhow::Result;

/// How the stages went.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    took: Duration,
    /// Why it failed, if it did.
    error: Option<String>,
}

impl Report {
    pub(super) fn add(&mut self, name: &'static str, took: Duration, result: Result<()>) {
        let error = result.err().map(|error| format!("{error:#}"));
        self.rows.push(Row { name, took, error });
    }

    pub(super) fn failed(&self) -> usize {
        self.rows.iter().filter(|row| row.error.is_some()).count()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Heading("summary").fmt(f)?;
        for Row { name, took, error } in &self.rows {
            let took = minutes(*took);
            match error.as_deref().map(first_line) {
                None => writeln!(f, "{name:10} {took:>11}  passed")?,
                Some(error) => writeln!(f, "{name:10} {took:>11}  FAILED  {error:.100}")?,
            }
        }
        let total = self.rows.iter().map(|row| row.took).sum();
        writeln!(f, "{:10} {:>11}", "total", minutes(total))?;

        let failed: Vec<_> = self.rows.iter().filter(|row| row.error.is_some() && row.name != "setup").collect();
        if !failed.is_empty() {
            let names: Vec<_> = failed.iter().map(|row| row.name).collect();
            writeln!(f, "\nTo run what failed again: cargo xtask test {}", names.join(" "))?;
        }
        writeln!(f, "\n{} passed, {} failed", self.rows.len() - self.failed(), self.failed())
    }
}

/// The line in front of what a stage prints.
pub(super) struct Heading(pub(super) &'static str);

impl Display for Heading {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n==== {} ====\n", self.0)
    }
}

/// The whole error stands where the stage failed.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(minutes(Duration::from_millis(840)), "0.8 s");
        assert_eq!(minutes(Duration::from_secs(65)), "1 min 05 s");
    }

    #[test]
    fn the_count_is_the_last_line() {
        let mut report = Report::default();
        report.add("fmt", Duration::from_secs(1), Ok(()));
        report.add("docs", Duration::from_secs(61), Err(anyhow!("`cargo doc` failed\nand more")));
        let text = report.to_string();
        assert!(text.contains("docs        1 min 01 s  FAILED  `cargo doc` failed\n"), "{text}");
        assert!(text.contains("cargo xtask test docs\n"), "{text}");
        assert!(text.ends_with("\n1 passed, 1 failed\n"), "{text}");
    }
}
