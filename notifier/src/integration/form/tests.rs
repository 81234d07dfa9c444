use hookseal::KeyFormat;

use super::*;
use IntegrationType::{Email, PagerDuty, Slack, Webhook};

const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const URL: &str = "https://example.com/health";

fn create(integration_type: IntegrationType, form: Form) -> Result<Settings, String> {
    form.create(integration_type, &NetworkGuard::default()).map_err(|errors| errors.to_string())
}

fn url(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text))
}

fn recipients(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// What a form with one value says about it.
fn about(key: &str, value: &str) -> String {
    let (integration_type, form) = match key {
        "url" => (Webhook, Form { url: url(value), ..Form::default() }),
        "shared_key" => (Webhook, Form { url: url(URL), shared_key: secret(value), ..Form::default() }),
        "token" => (Slack, Form { channel: url("#ops"), token: secret(value), ..Form::default() }),
        "channel" => (Slack, Form { channel: url(value), token: secret("xoxb-1"), ..Form::default() }),
        "routing_key" => (PagerDuty, Form { routing_key: secret(value), ..Form::default() }),
        "recipients" => (Email, Form { recipients: recipients(&[value]), ..Form::default() }),
        "from_address" => {
            (Email, Form { from_address: url(value), recipients: recipients(&["#admins"]), ..Form::default() })
        }
        _ => panic!("{key}"),
    };
    create(integration_type, form).map_or_else(|error| error, |_| "fine".to_owned())
}

#[test]
fn the_commands_of_the_documentation_are_taken_once_their_placeholders_are_filled_in() {
    let slack = Form { channel: url("#channelname"), token: secret("xoxb-1234-abcd"), ..Form::default() };
    assert_eq!(create(Slack, slack).unwrap().summary(), "Channel: #channelname");
    let pagerduty = Form { routing_key: secret("0123456789abcdef0123456789abcdef"), ..Form::default() };
    assert_eq!(create(PagerDuty, pagerduty).unwrap().summary(), "Routing key: [REDACTED]");
    let webhook = Form { url: url(URL), ..Form::default() };
    assert_eq!(create(Webhook, webhook).unwrap().summary(), "URL: https://example.com/health");
    let signed = Form { url: url(URL), shared_key: secret(KEY), ..Form::default() };
    assert_eq!(create(Webhook, signed).unwrap().public()["key_format"], "jwk");
    let email = Form {
        from_address: url("a@example.com"),
        recipients: recipients(&["#admins", "b@example.com"]),
        ..Form::default()
    };
    assert_eq!(create(Email, email).unwrap().summary(), "From: a@example.com\nTo: #admins, b@example.com");
}

#[test]
fn a_placeholder_is_refused_with_what_to_put_in_its_place() {
    for (key, value, says) in [
        ("url", "A-URL-THAT-CAN-RECEIVE-THE-POSTED-JSON", "put the receiver's URL in its place"),
        ("shared_key", "JWS-SYMMETRIC-KEY", "put a key of your own in its place, which `hookseal keygen` makes"),
        ("token", "YOUR_API_TOKEN", "put the bot's token in its place"),
        ("routing_key", "YOUR_ROUTING_KEY", "put the integration key in its place"),
    ] {
        let error = about(key, value);
        assert!(error.starts_with(&format!("{key}: {value} is the documentation's placeholder: ")), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn each_value_says_what_is_wrong_with_it() {
    for (key, value, says) in [
        ("url", "example.com", "is not a whole URL"),
        ("url", "http://10.0.0.1/", "10.0.0.1 is a private address, which webhooks may not reach unless"),
        ("url", "https://user:pass@example.com/", "has a user or password in it"),
        ("shared_key", "", "empty"),
        ("shared_key", "AAAA", "--allow-weak-key takes it as it is"),
        ("shared_key", "not base64url!", "cannot be read as jwk"),
        ("shared_key", "not base64url!", "--key-format utf8 takes the text itself"),
        ("token", "", "is empty"),
        ("token", "https://hooks.slack.com/services/T/B/x", "perhaps of an incoming webhook"),
        ("token", "xapp-1", "is an app's token"),
        ("token", "Bearer xoxb-1", "give the token alone"),
        ("token", "xoxb-1\n", "whitespace"),
        ("channel", "", "the shell takes it for a comment"),
        ("channel", "#", "the shell takes it for a comment"),
        ("channel", "#a b", "is not a channel's name"),
        ("channel", "#a,#b", "is not a channel's name"),
        ("routing_key", "0123", "has 4 characters"),
        ("routing_key", "0123456789abcdef0123456789abcde-", "other than letters and digits"),
        ("recipients", "", "is empty"),
        (
            "recipients",
            "ops",
            "\"ops\" is not an e-mail address: write it as in ops@example.com, or #admins or #viewers",
        ),
        ("recipients", "#everybody", "is not an e-mail address"),
        ("recipients", "a@example.com\r\nBcc:", "is not an e-mail address"),
        ("from_address", "nobody", "is not an e-mail address"),
    ] {
        let error = about(key, value);
        assert!(error.starts_with(&format!("{key}: ")) && error.contains(says), "{key} {value:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn what_is_fine_is_fine() {
    for (key, value) in [
        ("url", "http://example.com:8080/a?b=c#d"),
        ("shared_key", KEY),
        ("shared_key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ("token", "xoxp-1"),
        ("channel", "ops"),
        ("channel", "C0123456789"),
        ("channel", "#größe_1"),
        ("routing_key", "R0123456789ABCDEF0123456789abcde"),
        ("recipients", "a@example.com, b+c@sub.example.org; #viewers"),
        ("from_address", "Health <health@example.com>"),
        ("from_address", ""),
    ] {
        assert_eq!(about(key, value), "fine", "{key} {value:?}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    assert_eq!(
        create(Slack, Form::default()).unwrap_err(),
        "channel: is required: give --channel\ntoken: is required: give --token"
    );
    assert_eq!(create(Webhook, Form::default()).unwrap_err(), "url: is required: give --url");
    assert_eq!(create(Email, Form::default()).unwrap_err(), "recipients: is required: give --recipients");
    assert_eq!(create(PagerDuty, Form::default()).unwrap_err(), "routing_key: is required: give --routing-key");
}

#[test]
fn an_option_of_another_type_is_named() {
    let form = Form { url: url(URL), channel: url("#ops"), ..Form::default() };
    assert_eq!(form.misplaced(Webhook), Some("channel"));
    assert_eq!(form.misplaced(Slack), Some("url"));
    assert_eq!(Form { url: url(URL), ..Form::default() }.misplaced(Webhook), None);
    let error = create(Webhook, form).unwrap_err();
    assert_eq!(error, "channel: cannot be used with the integration type health.webhook");
}

#[test]
fn a_key_is_read_as_it_is_told_and_may_be_weak_only_by_name() {
    let form = || Form { url: url(URL), shared_key: secret("too short"), ..Form::default() };
    for format in [KeyFormat::Utf8, KeyFormat::Bytes, KeyFormat::Hex] {
        assert!(create(Webhook, Form { key_format: Some(format), ..form() }).is_err(), "{format}");
    }
    let weak = Form { key_format: Some(KeyFormat::Utf8), allow_weak_key: true, ..form() };
    assert_eq!(create(Webhook, weak).unwrap().public()["key_format"], "utf8");
    let nothing = Form { url: url(URL), key_format: Some(KeyFormat::Hex), ..Form::default() };
    assert_eq!(
        create(Webhook, nothing).unwrap_err(),
        "key_format: there is no shared key to read: give --shared-key too"
    );
}

#[test]
fn an_update_changes_what_is_given_and_nothing_else() {
    let before = create(Webhook, Form { url: url(URL), shared_key: secret(KEY), ..Form::default() }).unwrap();
    let update = |form: Form| form.update(&before, &NetworkGuard::default()).map_err(|errors| errors.to_string());
    assert_eq!(update(Form::default()), Ok(before.clone()));
    assert_eq!(update(Form { url: url(URL), shared_key: secret(KEY), ..Form::default() }), Ok(before.clone()));
    let moved = update(Form { url: url("https://example.org/"), ..Form::default() }).unwrap();
    assert_eq!((moved.summary().as_str(), &moved.secrets()), ("URL: https://example.org/", &before.secrets()));
    let reread = update(Form { key_format: Some(KeyFormat::Utf8), ..Form::default() }).unwrap();
    assert_eq!((&reread.public()["key_format"], reread == before), (&"utf8".into(), false));
    assert!(update(Form { channel: url("#ops"), ..Form::default() }).is_err());

    let email = Form { from_address: url("a@example.com"), recipients: recipients(&["#admins"]), ..Form::default() };
    let email = create(Email, email).unwrap();
    let without = Form { from_address: url(""), ..Form::default() }.update(&email, &NetworkGuard::default()).unwrap();
    assert_eq!(without.summary(), "To: #admins");
}
