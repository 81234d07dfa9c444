//! Secrets: where they never are.

use base64::Engine as _;
use hookseal_tests::{KEY, Outcome};

use crate::setting::Setting;

const TOKEN: &str = "xoxb-a-token-that-nobody-may-see";
const ROUTING_KEY: &str = "f00dfacef00dfacef00dfacef00dface";

pub(crate) fn with_integrations(setting: &Setting, master_key: Option<&str>) {
    setting.write("key.txt", KEY);
    setting.write("token.txt", TOKEN);
    setting.write("routing-key.txt", ROUTING_KEY);
    for arguments in [
        ["--type=health.webhook", "--url=https://example.com/", "--shared-key-file=key.txt"],
        ["--type=health.slack", "--channel=#ops", "--token-file=token.txt"],
        ["--type=health.pagerduty", "--routing-key-file=routing-key.txt", "--format=json"],
    ] {
        let mut command = setting.command(["integration:add"]);
        command.args(arguments).envs(master_key.map(|key| ("HOOKSEAL_MASTER_KEY", key)));
        let outcome = Outcome::of(&mut command, b"");
        assert_eq!(outcome.status, Some(0), "{outcome:#?}");
        assert_is_silent(&outcome);
    }
}

pub(crate) fn assert_is_silent(outcome: &Outcome) {
    for secret in [KEY, TOKEN, ROUTING_KEY] {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{outcome:#?}");
    }
}

#[test]
fn no_command_prints_a_secret() {
    let setting = Setting::new("");
    with_integrations(&setting, None);
    let ids = setting.succeed(["integrations", "--format", "plain", "--columns", "id", "--no-header"]).stdout;
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 3);
    for format in ["table", "csv", "tsv", "plain", "json"] {
        assert_is_silent(&setting.succeed(["integrations", "--format", format]));
        assert_is_silent(&setting.run(["notify", "status", "--format", format]));
        for id in &ids {
            assert_is_silent(&setting.succeed(["integration:get", id, "--format", format]));
        }
    }
    for id in &ids {
        for property in ["token", "shared_key", "routing_key"] {
            let outcome = setting.run(["integration:get", id, "-P", property]);
            assert_eq!(outcome.status, Some(1), "{outcome:#?}");
            assert_is_silent(&outcome);
        }
        assert_is_silent(&setting.run(["integration:update", id]));
    }
}

#[test]
fn a_secret_on_the_command_line_is_mentioned_and_standard_input_is_not() {
    let setting = Setting::new("");
    let seen = setting.succeed(["integration:add", "--type=health.pagerduty", "--routing-key", ROUTING_KEY]);
    assert!(seen.stderr.contains("--routing-key-file"), "{seen:#?}");
    assert_is_silent(&seen);
    let mut command =
        setting.command(["integration:add", "--type=health.pagerduty", "--routing-key-file", "-", "-P", "type"]);
    let unseen = Outcome::of(&mut command, format!("{ROUTING_KEY}\n").as_bytes());
    assert_eq!((unseen.status, unseen.stdout.as_str()), (Some(0), "health.pagerduty\n"), "{unseen:#?}");
    assert!(!unseen.stderr.contains("hint"), "{unseen:#?}");
}

#[test]
fn with_a_master_key_the_store_holds_no_secret_and_is_of_no_use_without_it() {
    let key = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    let setting = Setting::new("");
    with_integrations(&setting, Some(&key));
    for name in ["store.db", "store.db-wal"] {
        let octets = std::fs::read(setting.path(name)).unwrap_or_default();
        for secret in [KEY, TOKEN, ROUTING_KEY] {
            assert!(!octets.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name} holds {secret}");
        }
    }
    let without = setting.run(["integrations"]);
    assert_eq!(without.status, Some(1), "{without:#?}");
    assert!(without.stderr.contains("HOOKSEAL_MASTER_KEY"), "{without:#?}");
    for wrong in [&*base64::engine::general_purpose::STANDARD.encode([8; 32]), "short"] {
        let outcome = Outcome::of(setting.command(["integrations"]).env("HOOKSEAL_MASTER_KEY", wrong), b"");
        assert!(matches!(outcome.status, Some(1 | 2)), "{outcome:#?}");
        assert!(!outcome.stderr.contains(wrong), "{outcome:#?}");
    }
    let with = Outcome::of(setting.command(["integrations"]).env("HOOKSEAL_MASTER_KEY", &key), b"");
    assert_eq!(with.status, Some(0), "{with:#?}");
    assert_is_silent(&with);
}
