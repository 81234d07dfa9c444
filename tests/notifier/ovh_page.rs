//! The commands of the vendor's page, with `webpaas` replaced and the placeholders filled in.

use hookseal_tests::{KEY, Receiver};
use serde_json::Value;

use crate::setting::Setting;

/// The parts with commands of "Health notifications", as the page has them, 25 May 2021.
const PAGE: &str = r"
Then register that Slack bot with Web PaaS using a health.slack integration:

webpaas integration:add --type health.slack --token YOUR_API_TOKEN --channel '#channelname'

Now register a health.pagerduty integration as follows:

webpaas integration:add --type health.pagerduty --routing-key YOUR_ROUTING_KEY

To do so, register a health.webhook integration as follows:

webpaas integration:add --type health.webhook --url=A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON

webpaas integration:add --type health.webhook --url=A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON --shared-key JWS-SYMMETRIC-KEY

You can then verify that your integration is functioning properly using the CLI command

$ webpaas integration:validate
";

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";

/// The page's commands: what stands behind `webpaas`.
fn commands(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.trim_start_matches("$ ").strip_prefix("webpaas ")).collect()
}

#[test]
fn the_pages_commands_work_as_they_are_printed_there() {
    // It stands for Slack and PagerDuty too.
    let receiver = Receiver::start([
        "--shared-key",
        KEY,
        "--accept-all",
        "--respond",
        r#"/api/* 200 body={"ok":true,"channel":"C1","ts":"1.2"}"#,
        "--respond",
        r#"/v2/enqueue 202 body={"status":"success","message":"Event processed"}"#,
    ]);
    let url = receiver.url();
    let setting = Setting::new(&format!(
        "allow_network = [\"127.0.0.1\"]\n[slack]\napi_url = \"{url}/api/\"\n[pagerduty]\napi_url = \"{url}/\"\n"
    ));
    let commands = commands(PAGE);
    assert_eq!(commands.len(), 5);
    for command in commands {
        let filled = command
            .replace("YOUR_API_TOKEN", "xoxb-1-a-token")
            .replace("YOUR_ROUTING_KEY", ROUTING_KEY)
            .replace("A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON", &format!("{url}/health"))
            .replace("JWS-SYMMETRIC-KEY", KEY);
        let words = shlex::split(&filled).expect("it is a shell's command");
        let outcome = setting.run(words);
        assert_eq!(outcome.status, Some(0), "{command}: {outcome:#?}\n{}", receiver.stdout());
    }

    let listed = setting.succeed(["integrations", "--json"]).json();
    let kinds: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["health.slack", "health.pagerduty", "health.webhook", "health.webhook"]);
    let verdicts: Vec<Value> =
        receiver.wait_for(2, "/health").into_iter().map(|came| came["verdict"].clone()).collect();
    assert_eq!(verdicts, ["unsigned", "valid"], "integration:validate posts to both webhooks");
    let slack = receiver.deliveries("path=/api/*");
    assert!(slack.iter().any(|came| came["path"] == "/api/chat.postMessage"), "{slack:?}");
    assert_eq!(receiver.deliveries("path=/v2/enqueue").len(), 1);
}

#[test]
fn placeholders_that_are_not_filled_in_are_named() {
    let setting = Setting::new("");
    let expected = [
        "token: YOUR_API_TOKEN is the documentation's placeholder",
        "routing_key: YOUR_ROUTING_KEY is the documentation's placeholder",
        "url: A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON is the documentation's placeholder",
        "shared_key: JWS-SYMMETRIC-KEY is the documentation's placeholder",
    ];
    for (command, expected) in commands(PAGE).into_iter().zip(expected) {
        let outcome = setting.run(shlex::split(command).unwrap());
        assert_eq!(outcome.status, Some(4), "{command}: {outcome:#?}");
        assert!(outcome.stdout.contains(expected), "{command}: {}", outcome.stdout);
    }
    assert_eq!(setting.run(["integrations"]).status, Some(1), "none was added");
}

#[test]
fn an_integration_that_does_not_work_is_invalid() {
    let setting = Setting::new("allow_network = [\"127.0.0.1\"]");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = setting.add(["--type", "health.webhook", "--url", &format!("http://{nobody}/")]);
    let receiver = Receiver::with_key();
    let unsigned = setting.add(["--type", "health.webhook", "--url", &format!("{}/a", receiver.url())]);
    for id in [&refused, &unsigned] {
        let outcome = setting.run(["integration:validate", id]);
        assert_eq!(outcome.status, Some(4), "{outcome:#?}");
        assert!(outcome.stderr.contains("The integration is invalid."), "{outcome:#?}");
        assert!(!outcome.stdout.trim().is_empty(), "it says why: {outcome:#?}");
    }
    let judged = setting.run(["integration:validate", "--json"]);
    assert_eq!(judged.status, Some(4));
    let judged = judged.json();
    assert_eq!(judged.as_array().unwrap().len(), 2);
    assert!(judged[1]["error"].as_str().unwrap().contains("401"), "{judged}");
    assert_eq!(setting.run(["integration:validate", "nope"]).status, Some(1));
}
