//! What cannot work is refused with its place and a remedy, and breaks nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use hookseal_tests::{Outcome, hookseal_bin};
use serde_json::json;

use crate::setting::Setting;

#[test]
fn a_configuration_that_is_not_sound_is_refused_with_its_place() {
    for (config, place) in [
        ("project = \"shop", "2:"),
        ("\ninterval = \"0s\"", "3:12: "),
        ("thresholds = \"10%\"", "2:14: "),
        ("\n\n[[service]]\nname = \"a\"", "4:1: "),
        ("[smtp]\nhots = \"mail\"", "3:1: unknown key \"hots\""),
        ("listen = \"here\"", "2:10: "),
        ("token_file = \"missing.txt\"", "2:14: cannot read "),
    ] {
        let setting = Setting::new(config);
        for command in [&["notify", "check"][..], &["notify", "status"], &["integrations"]] {
            let outcome = setting.run(command);
            assert_eq!(outcome.status, Some(2), "{config}: {outcome:#?}");
            assert!(outcome.stderr.contains(&format!("hookseal.toml:{place}")), "{config}: {outcome:#?}");
        }
        assert!(!setting.path("store.db").exists(), "nothing was made");
        assert_eq!(setting.run(["notify", "check", "--json"]).failure_code(), "invalid_config");
    }
}

#[test]
fn flags_count_before_the_environment_and_that_before_the_file() {
    let setting = Setting::new("");
    let stores = |setting: &Setting| ["store.db", "flag.db", "variable.db"].map(|name| setting.path(name).exists());
    let add = ["integration:add", "--type=health.webhook", "--url=https://example.com/"];
    let mut command = setting.command(add);
    assert_eq!(Outcome::of(command.env("HOOKSEAL_STORE", "sqlite:variable.db"), b"").status, Some(0));
    assert_eq!(stores(&setting), [false, false, true]);
    let mut command = setting.command(add);
    command.env("HOOKSEAL_STORE", "variable.db").args(["--store", "flag.db"]);
    assert_eq!(Outcome::of(&mut command, b"").status, Some(0));
    assert_eq!(stores(&setting), [false, true, true]);
    setting.succeed(add);
    assert_eq!(stores(&setting), [true, true, true]);
    let count =
        |store: &str| setting.succeed(["integrations", "--json", "--store", store]).json().as_array().unwrap().len();
    assert_eq!(["store.db", "flag.db", "variable.db"].map(count), [1, 1, 1]);
}

#[test]
fn the_usual_store_is_in_the_state_directory_and_its_owners_alone() {
    let setting = Setting::new("");
    std::fs::write(setting.path("hookseal.toml"), "").unwrap();
    let mut command = setting.command(["integration:add", "--type=health.webhook", "--url=https://example.com/"]);
    let outcome = Outcome::of(command.env("XDG_STATE_HOME", setting.path("state")), b"");
    assert_eq!(outcome.status, Some(0), "{outcome:#?}");
    let file = setting.path("state/hookseal/hookseal.db");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_store_that_cannot_be_used_is_named() {
    let setting = Setting::new("");
    setting.write("other.db", "this is a text");
    for (store, expected) in [
        ("missing/store.db", "no such file or directory"),
        ("hookseal.toml/store.db", "not a directory"),
        ("other.db", "is no store of hookseal's notifier"),
    ] {
        let outcome = setting.run(["integrations", "--store", store]);
        assert_eq!(outcome.status, Some(1), "{outcome:#?}");
        assert!(outcome.stderr.contains(expected), "{store}: {outcome:#?}");
        assert!(outcome.stderr.contains("hint: "), "{store}: {outcome:#?}");
    }
    assert_eq!(std::fs::read_to_string(setting.path("other.db")).unwrap(), "this is a text");
}

/// Runs the command as a user who may do nothing, where we may do everything.
fn as_nobody(setting: &Setting, arguments: &[&str]) -> Outcome {
    let mut command = setting.command(arguments);
    if rustix::process::geteuid().is_root() {
        // The build's own folder may be ours alone.
        let copy = setting.path("hookseal");
        std::fs::copy(hookseal_bin(), &copy).unwrap();
        let everybody = std::fs::Permissions::from_mode(0o755);
        for path in [setting.path("."), copy.clone(), setting.path("hookseal.toml")] {
            std::fs::set_permissions(path, everybody.clone()).unwrap();
        }
        command = std::process::Command::new(copy);
        command.env_clear().env("NO_COLOR", "1").current_dir(setting.path("")).args(arguments).uid(65534).gid(65534);
    }
    Outcome::of(&mut command, b"")
}

#[test]
fn what_may_not_be_read_is_unknown_and_says_so() {
    let setting = Setting::new("");
    let closed = setting.path("closed");
    std::fs::create_dir_all(closed.join("inside")).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    let config = format!(
        "[[service]]\nname = \"closed\"\npath = \"{}\"\n[[service]]\nname = \"open\"\npath = \"/\"\n",
        closed.join("inside").display()
    );
    setting.write("hookseal.toml", &config);
    let outcome = as_nobody(&setting, &["notify", "check", "--once", "--json"]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(outcome.status, Some(1), "{outcome:#?}");
    let seen = outcome.json();
    assert_eq!(seen[0]["state"], "unknown");
    assert!(seen[0]["reason"].as_str().unwrap().ends_with("closed/inside: permission denied"), "{seen}");
    assert_eq!(seen[0]["would_send"], json!(null));
    assert_eq!(seen[1]["service"], "open");
    assert!(seen[1]["total"].as_u64().unwrap() > 0, "the others are measured: {seen}");
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let setting = Setting::new("");
    let closed = setting.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = as_nobody(&setting, &["integrations", "--store", "closed/store.db"]);
    assert_eq!(outcome.status, Some(1), "{outcome:#?}");
    assert!(
        outcome.stderr.contains("closed/store.db cannot be written") && outcome.stderr.contains("hint: "),
        "{outcome:#?}"
    );
    assert!(!Path::new(&closed).join("store.db").exists());
}

#[test]
fn what_a_probe_prints_is_data() {
    let setting =
        Setting::new("[[service]]\nname = \"a\"\ncommand = [\"sh\", \"-c\", 'printf \"\\033[2Jx\" >&2; exit 9']\n");
    let outcome = setting.run(["notify", "check", "--once"]);
    assert_eq!(outcome.status, Some(1));
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:#?}");
    assert!(outcome.stdout.contains("ended with exit status: 9"), "{outcome:#?}");
}
