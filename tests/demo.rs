//! `hookseal demo`: the main job, end to end, in one command.

use hookseal_tests::{hookseal, run};

#[test]
fn the_demo_ends_well_and_shows_valid_and_refused_deliveries() {
    let outcome = run(["demo"]);
    assert_eq!((outcome.status, &*outcome.stderr), (Some(0), ""));
    assert_eq!(outcome.stdout.matches("✓ valid").count(), 3, "{}", outcome.stdout);
    assert_eq!(outcome.stdout.matches("✗ invalid").count(), 2, "{}", outcome.stdout);
    assert_eq!(outcome.stdout.matches("signature_mismatch").count(), 2, "{}", outcome.stdout);
    for word in ["X-JWS-Signature", "critical", "warning", "204", "401", "hint"] {
        assert!(outcome.stdout.contains(word), "{word} is missing: {}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains('\u{1b}'), "colours where there is no terminal");
}

#[test]
fn as_json_it_says_what_was_expected_of_each_delivery_and_that_it_came_true() {
    let outcome = run(["demo", "--json"]);
    assert_eq!(outcome.status, Some(0));
    let json = outcome.json();
    assert_eq!(json["ok"], true);
    let deliveries = json["deliveries"].as_array().unwrap();
    let verdicts: Vec<_> = deliveries.iter().map(|told| told["delivery"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["valid", "valid", "valid", "invalid", "invalid"]);
    for told in deliveries {
        let (delivery, valid) = (&told["delivery"], told["delivery"]["verdict"] == "valid");
        assert_eq!((&told["met"], &told["expected"]), (&true.into(), &delivery["code"]));
        assert_eq!(delivery["response"]["status"], if valid { 204 } else { 401 });
        assert_eq!(delivery["schema"], "valid", "what the demo sends is a health notification: {delivery}");
        assert_eq!(delivery["replay"], false);
    }
    let severities: Vec<_> = deliveries[..3].iter().map(|told| &told["delivery"]["event"]["severity"]).collect();
    assert_eq!(severities, ["warning", "critical", "all-clear"]);
}

#[test]
fn every_demo_makes_a_key_of_its_own() {
    let key = |output: &str| {
        let is_key = |line: &&str| line.trim().len() == 43 && !line.trim().contains(' ');
        output.lines().find(is_key).expect("it shows the key").trim().to_owned()
    };
    let with_another_key =
        hookseal_tests::Outcome::of(hookseal().arg("demo").env("HOOKSEAL_SHARED_KEY", "ignored"), b"");
    assert_eq!(with_another_key.status, Some(0));
    assert_ne!(key(&run(["demo"]).stdout), key(&with_another_key.stdout));
}
