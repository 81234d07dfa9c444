//! `notify check --dry-run`: what everybody would be sent, and that nothing is.

use serde_json::Value;

use crate::secrets::{self, assert_is_silent};
use crate::setting::Setting;

const LOW: &str = "
    [smtp]
    host = \"127.0.0.1\"
    port = 1
    admins = [\"root@example.com\", \"ops@example.com\"]
    [[service]]
    name = \"app\"
    command = [\"echo\", '{\"available\":5,\"total\":100}']
";

#[test]
fn each_channel_shows_what_it_would_send_and_no_secret() {
    let setting = Setting::new(LOW);
    secrets::with_integrations(&setting, None);
    setting.add(["--type=health.email", "--recipients=#admins", "--recipients=#viewers"]);
    let outcome = setting.succeed(["notify", "check", "--dry-run"]);
    assert_is_silent(&outcome);
    for shown in [
        "critical to 4 integrations",
        "(health.webhook):\nPOST https://example.com/ HTTP/1.1\n",
        "x-jws-signature: eyJ",
        "(health.slack):\nPOST https://slack.com/api/chat.postMessage HTTP/1.1\n",
        "authorization: [REDACTED]",
        "(health.pagerduty):\nPOST https://events.pagerduty.com/v2/enqueue HTTP/1.1\n",
        "\"routing_key\":\"[REDACTED]\"",
        "(health.email):\nMAIL FROM:<",
        "RCPT TO:<root@example.com>\n",
        "RCPT TO:<ops@example.com>\n",
        "nothing: nobody is in #viewers",
    ] {
        assert!(outcome.stdout.contains(shown), "{shown} is missing: {}", outcome.stdout);
    }

    let outcome = setting.succeed(["notify", "check", "--dry-run", "--format", "json"]);
    assert_is_silent(&outcome);
    let seen: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let disk = &seen[0];
    assert_eq!(disk["body"]["payload"]["severity"], "critical");
    let requests = disk["requests"].as_array().expect("there are requests");
    assert_eq!(requests.len(), 6, "{requests:#?}");
    assert!(requests.iter().all(|one| one["request"].is_string() != one["error"].is_string()), "{requests:#?}");
    // Nothing was sent, and nothing was stored.
    assert_eq!(setting.run(["integration:activities"]).stdout.matches("health.").count(), 0);
}

#[test]
fn without_an_integration_the_notification_itself_is_shown() {
    let setting = Setting::new(LOW);
    let outcome = setting.succeed(["notify", "check", "--dry-run"]);
    assert!(outcome.stdout.contains("\"severity\": \"critical\""), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("integration:add"), "{}", outcome.stderr);
}
