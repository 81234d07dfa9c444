//! A delivery beside what was wanted, in two columns.

use std::fmt;

use crate::delivery::Delivery;
use crate::filter::Filter;

/// One thing that was wanted of a delivery.
struct Row {
    name: &'static str,
    wanted: String,
    came: String,
    is_met: bool,
}

/// Prints a line for each thing that the filter asks for, with a mark where the delivery differs.
pub(crate) struct Comparison<'a> {
    pub(crate) filter: &'a Filter,
    pub(crate) delivery: &'a Delivery,
}

/// What a stranger sent may be long; a column is for people.
const WIDEST: usize = 60;

impl Comparison<'_> {
    fn rows(&self) -> Vec<Row> {
        let Comparison { filter, delivery } = self;
        let verdict = match &delivery.code {
            Some(code) => format!("{} ({code})", delivery.verdict),
            None => delivery.verdict.to_string(),
        };
        let all: [(&'static str, Option<String>, String, Filter); 6] = [
            (
                "verdict",
                filter.verdict.map(|verdict| verdict.to_string()),
                verdict,
                Filter { verdict: filter.verdict, ..Filter::default() },
            ),
            (
                "code",
                filter.code.clone(),
                delivery.code.as_deref().unwrap_or("none").to_owned(),
                Filter { code: filter.code.clone(), ..Filter::default() },
            ),
            (
                "path",
                filter.path.clone(),
                delivery.path().to_owned(),
                Filter { path: filter.path.clone(), ..Filter::default() },
            ),
            (
                "method",
                filter.method.clone(),
                delivery.method.to_string(),
                Filter { method: filter.method.clone(), ..Filter::default() },
            ),
            (
                "since",
                filter.since.map(|since| format!("{since:.6}")),
                format!("{:.6}", delivery.received_at),
                Filter { since: filter.since, ..Filter::default() },
            ),
            (
                "contains",
                filter.q.clone(),
                format!("{} octets, and not that", delivery.body.len()),
                Filter { q: filter.q.clone(), ..Filter::default() },
            ),
        ];
        all.into_iter()
            .filter_map(|(name, wanted, came, alone)| {
                let (wanted, is_met) = (wanted?, alone.matches(delivery));
                let came = if is_met && name == "contains" { "it does".to_owned() } else { came };
                Some(Row { name, wanted: column(&wanted), came: column(&came), is_met })
            })
            .collect()
    }
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let widest = |text: fn(&Row) -> &String| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
        let (wanted, came) = (widest(|row| &row.wanted).max("wanted".len()), widest(|row| &row.came).max("came".len()));
        write!(f, "\n        {:<8}  {:<wanted$}  came", "", "wanted")?;
        for row in &rows {
            let mark = if row.is_met { "" } else { "<<<<<" };
            let line = format!("        {:<8}  {:<wanted$}  {:<came$}  {mark}", row.name, row.wanted, row.came);
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn column(text: &str) -> String {
    let escaped: String = text.escape_debug().collect();
    match escaped.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Verdict;
    use crate::delivery::tests::delivery;

    #[test]
    fn what_differs_is_marked() {
        let delivery = Delivery {
            verdict: Verdict::Invalid,
            code: Some("signature_mismatch".into()),
            ..delivery("/hook\u{7}?a", b"{}")
        };
        let filter = Filter {
            verdict: Some(Verdict::Valid),
            path: Some("/other".to_owned()),
            method: Some("post".to_owned()),
            q: Some("needle".to_owned()),
            ..Filter::default()
        };
        let expected = "\n                  wanted  came\
            \n        verdict   valid   invalid (signature_mismatch)  <<<<<\
            \n        path      /other  /hook\\u{7}                    <<<<<\
            \n        method    post    POST\
            \n        contains  needle  2 octets, and not that        <<<<<";
        assert_eq!(Comparison { filter: &filter, delivery: &delivery }.to_string(), expected);
    }
}
