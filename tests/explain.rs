//! Explanations against a corpus that Python's own tools make: every cause on many bodies, and pairs with key causes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hookseal::{Explain, Explanation};
use hookseal_tests::seed;
use serde::Deserialize;

/// A delivery that does not verify, and what an explanation has to name. See `explain/corpus.py`.
#[derive(Deserialize)]
struct Case {
    /// In alphabetical order.
    causes: Vec<String>,
    /// The names of `detail.style` that fit, where there is one.
    styles: Option<Vec<String>>,
    shared_key: String,
    format: String,
    body: String,
    signature: String,
}

impl Case {
    fn explain(&self) -> Explanation {
        let shared_keys = [&self.shared_key];
        let explain = match self.format.as_str() {
            "auto" => Explain::new(&shared_keys),
            format => Explain::new(&shared_keys).key_format(format.parse().unwrap()),
        };
        explain.explain(&hex::decode(&self.body).unwrap(), &self.signature)
    }

    fn is_named_by(&self, explanation: &Explanation) -> bool {
        let mut ids: Vec<&str> = explanation.causes.iter().map(|cause| cause.id).collect();
        ids.sort_unstable();
        let style = explanation.causes.iter().find_map(|cause| cause.detail.text("style"));
        let fits = match &self.styles {
            None => style.is_none(),
            Some(styles) => styles.iter().any(|name| style == Some(name)),
        };
        ids == self.causes && fits
    }
}

#[test]
fn causes_alone_are_named() {
    let cases = corpus(&["singles"]);
    assert!(cases.len() > 4000, "{} cases", cases.len());
    assert_named(&cases, 0.99);
}

#[test]
fn pairs_with_a_key_cause_are_named() {
    let cases = corpus(&["pairs", "--pairs-each", "40"]);
    assert!(cases.len() > 2000, "{} cases", cases.len());
    assert_named(&cases, 0.97);
}

#[track_caller]
fn assert_named(cases: &[Case], at_least: f64) {
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    for case in cases {
        let explanation = case.explain();
        assert!(!explanation.valid && explanation.tried <= 512);
        let (named, all) = shares.entry(case.causes.join(" and ")).or_default();
        *all += 1;
        if case.is_named_by(&explanation) {
            *named += 1;
        } else {
            missed.push((case, explanation));
        }
    }
    let share = |(named, all): (usize, usize)| 100.0 * named as f64 / all as f64;
    for (causes, counts) in shares.iter().filter(|(causes, (named, all))| !causes.contains(" and ") || named < all) {
        println!("{causes:<60} {:>5} of {:>5} {:>6.1} %", counts.0, counts.1, share(*counts));
    }
    for (case, explanation) in missed.iter().take(20) {
        let found: Vec<_> = explanation.causes.iter().map(|cause| (cause.id, cause.detail.text("style"))).collect();
        println!(
            "missed {:?} {:?}: found {found:?} after {} (exhausted: {}); key {:?} as {}, body {}",
            case.causes,
            case.styles,
            explanation.tried,
            explanation.exhausted,
            case.shared_key,
            case.format,
            case.body.get(..160).unwrap_or(&case.body),
        );
    }
    let all = (cases.len() - missed.len(), cases.len());
    println!("named: {} of {}, {:.2} %", all.0, all.1, share(all));
    assert!(share(all) >= 100.0 * at_least, "only {:.2} %", share(all));
}

fn corpus(arguments: &[&str]) -> Vec<Case> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("explain/corpus.py");
    let python = std::env::var_os("HOOKSEAL_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(&python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments).args(["--seed", &seed()]);
    let output = command.output().unwrap_or_else(|error| panic!("{python:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    String::from_utf8(output.stdout).unwrap().lines().map(parse).collect()
}
