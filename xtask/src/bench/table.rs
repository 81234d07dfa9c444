//! The figures side by side.

use std::fmt::{self, Display, Formatter};
use std::fs;

/// What is compared, with whom, and how far apart they may be.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) ours: f64,
    pub(super) peer: String,
    pub(super) theirs: f64,
    pub(super) unit: &'static str,
    pub(super) goal: Goal,
}

/// What the ratio of ours to theirs should be.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Shown for the reader.
    None,
}

#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn all_met(&self) -> bool {
        self.rows.iter().all(Row::is_met)
    }
}

impl Row {
    fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }

    fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtMost(most) => self.ratio() <= most,
            Goal::AtLeast(least) => self.ratio() >= least,
            Goal::None => true,
        }
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", machine())?;
        writeln!(f, "| what | hookseal | peer | | ratio | goal |\n| --- | ---: | --- | ---: | ---: | --- |")?;
        for row in &self.rows {
            let goal = match row.goal {
                Goal::AtMost(most) => format!("at most {most}"),
                Goal::AtLeast(least) => format!("at least {least}"),
                Goal::None => String::new(),
            };
            let missed = if row.is_met() { "" } else { ": MISSED" };
            let (ours, theirs, unit) = (figure(row.ours), figure(row.theirs), row.unit);
            let ratio = row.ratio();
            writeln!(
                f,
                "| {} | {ours} {unit} | {} | {theirs} {unit} | {ratio:.2} | {goal}{missed} |",
                row.what, row.peer
            )?;
        }
        Ok(())
    }
}

/// Three or four digits say all that a measurement does.
fn figure(value: f64) -> String {
    if value < 10_000.0 { format!("{value:.0}") } else { format!("{:.1} k", value / 1_000.0) }
}

/// What the figures were measured on.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_is_said() {
        let row = |goal| Row { what: "a".into(), ours: 12_345.0, peer: "b".into(), theirs: 10_000.0, unit: "/s", goal };
        let mut table = Table::default();
        table.add(row(Goal::AtLeast(1.2)));
        assert!(table.all_met());
        table.add(row(Goal::AtMost(1.2)));
        assert!(!table.all_met());
        let text = table.to_string();
        assert!(text.contains("| a | 12.3 k /s | b | 10.0 k /s | 1.23 | at most 1.2: MISSED |"), "{text}");
    }
}
