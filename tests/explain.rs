//! Explanations against a corpus that other people's tools make: every cause on many bodies, pairs of a key cause and
//! another, and deliveries that nothing explains.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal::{Explain, Explanation};
use hookseal_tests::{hookseal, seed};
use serde::Deserialize;

/// A delivery that does not verify, and what an explanation has to name. See `explain/corpus.py`.
#[derive(Deserialize)]
struct Case {
    /// In alphabetical order; none where nothing explains it.
    causes: Vec<String>,
    /// Who wrote the JSON that was signed, where that is what is proved.
    writer: String,
    /// The names of `detail.style` that fit, where they are known.
    styles: Option<Vec<String>>,
    shared_key: String,
    format: String,
    body: String,
    signature: String,
}

impl Case {
    fn explain(&self) -> Explanation {
        let explain = Explain::new(&[&self.shared_key]);
        let explain = match self.format.as_str() {
            "auto" => explain,
            format => explain.key_format(format.parse().unwrap()),
        };
        explain.explain(&STANDARD.decode(&self.body).unwrap(), &self.signature)
    }

    fn is_named_by(&self, explanation: &Explanation) -> bool {
        let mut ids: Vec<&str> = explanation.causes.iter().map(|cause| cause.id).collect();
        ids.sort_unstable();
        let style = explanation.causes.iter().find_map(|cause| cause.detail.text("style"));
        let fits = match &self.styles {
            None => style.is_some() == self.causes.iter().any(|cause| cause == "body.json_reserialised"),
            Some(styles) => styles.iter().any(|name| style == Some(name)),
        };
        ids == self.causes && fits
    }
}

#[test]
fn causes_alone_are_named() {
    let tally = Tally::of(&["singles"]);
    assert!(tally.all > 20_000, "{} cases", tally.all);
    tally.assert_named(0.99);
}

#[test]
fn pairs_with_a_key_cause_are_named() {
    let tally = Tally::of(&["pairs"]);
    assert!(tally.all > 4_000, "{} cases", tally.all);
    tally.assert_named(0.97);
}

#[test]
fn what_one_writer_signed_and_another_wrote_again_is_named() {
    let tally = Tally::of(&["rewritten"]);
    assert!(tally.all > 5_000, "{} cases", tally.all);
    tally.assert_named(0.99);
}

#[test]
fn mismatches_have_no_false_cause() {
    let tally = Tally::of(&["mismatches"]);
    assert_eq!((tally.named, tally.all), (10_000, 10_000));
}

/// `explain/cases.jsonl` is what the packages for Python and JavaScript are tried with too, beside the command.
#[test]
fn every_language_is_asked_about_every_cause() {
    let cases = include_str!("explain/cases.jsonl").lines().map(|line| serde_json::from_str::<Case>(line).unwrap());
    let cases: Vec<Case> = cases.collect();
    let asked: BTreeSet<&str> = cases.iter().flat_map(|case| &case.causes).map(String::as_str).collect();
    let document = include_str!("../docs/troubleshooting.md").split("\n## Notes").next().unwrap();
    let causes = document.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    assert_eq!(asked, causes.collect::<BTreeSet<_>>());
    let folder = tempfile::tempdir().unwrap();
    for case in cases {
        let explanation = case.explain();
        assert!(case.is_named_by(&explanation), "{:?} {:?}: {explanation:?}", case.causes, case.styles);
        let body = folder.path().join("body");
        std::fs::write(&body, STANDARD.decode(&case.body).unwrap()).unwrap();
        let mut command = hookseal();
        command.args(["explain", "--json", "--key-format", &case.format, "--shared-key", &case.shared_key]);
        let output = command.args(["--signature", &case.signature]).arg(&body).output().unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said, serde_json::to_value(&explanation).unwrap());
        assert_eq!(output.status.success(), !case.causes.is_empty());
    }
}

/// How many were named, in all and of each kind.
#[derive(Default)]
struct Tally {
    named: usize,
    all: usize,
    shares: BTreeMap<String, (usize, usize)>,
    missed: Vec<String>,
}

impl Tally {
    /// Explains the corpus of these arguments while it is made.
    fn of(arguments: &[&str]) -> Tally {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("explain/corpus.py");
        let python = std::env::var_os("HOOKSEAL_PYTHON").unwrap_or_else(|| "python3".into());
        let mut command = Command::new(&python);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments).args(["--seed", &seed()]);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{python:?}: {error}"));
        let lines = Mutex::new(BufReader::new(process.stdout.take().unwrap()).lines());
        let tally = Mutex::new(Tally::default());
        let next = || lines.lock().unwrap().next();
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
                scope.spawn(|| {
                    while let Some(line) = next() {
                        let line = line.unwrap();
                        let case: Case = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                        let explanation = case.explain();
                        assert!(!explanation.valid && explanation.tried <= 512);
                        tally.lock().unwrap().count(&case, &explanation);
                    }
                });
            }
        });
        assert!(process.wait().unwrap().success(), "the corpus was not made");
        tally.into_inner().unwrap()
    }

    fn count(&mut self, case: &Case, explanation: &Explanation) {
        let kind =
            if case.writer.is_empty() { case.causes.join(" and ") } else { format!("written by {}", case.writer) };
        let (named, all) = self.shares.entry(kind).or_default();
        *all += 1;
        self.all += 1;
        if case.is_named_by(explanation) {
            *named += 1;
            self.named += 1;
            return;
        }
        let found: Vec<_> = explanation.causes.iter().map(|cause| (cause.id, cause.detail.text("style"))).collect();
        self.missed.push(format!(
            "missed {:?} {:?} {}: found {found:?} after {} (exhausted: {}); key {:?} as {}, body {}",
            case.causes,
            case.styles,
            case.writer,
            explanation.tried,
            explanation.exhausted,
            case.shared_key,
            case.format,
            case.body.get(..160).unwrap_or(&case.body),
        ));
    }

    #[track_caller]
    fn assert_named(&self, at_least: f64) {
        let share = |named: usize, all: usize| 100.0 * named as f64 / all as f64;
        for (causes, (named, all)) in &self.shares {
            if !causes.contains(" and ") || named < all {
                println!("{causes:<90} {named:>5} of {all:>5} {:>6.1} %", share(*named, *all));
            }
        }
        self.missed.iter().take(20).for_each(|missed| println!("{missed}"));
        let all = share(self.named, self.all);
        println!("named: {} of {}, {all:.2} %", self.named, self.all);
        assert!(all >= 100.0 * at_least, "only {all:.2} %");
    }
}
