//! Trying an integration: webhooks. The other channels' tests have theirs.

use hookseal::Verifier;
use hookseal_tests::KEY;
use serde_json::json;

use crate::fake::{Fake, nobody};
use crate::setting::{PATIENT, channels, webhook};

#[tokio::test]
async fn a_test_is_posted_and_signed() {
    let receiver = Fake::always(200, &[], "").await;
    channels(PATIENT).validate(&webhook(&receiver.url("/health"), Some(KEY))).await.unwrap();
    let seen = receiver.one();
    Verifier::for_shared_key(KEY).unwrap().verify(&seen.body, seen.header("x-jws-signature").unwrap()).unwrap();
    let test = seen.json();
    assert_eq!(test["type"], "integration.test");
    assert_eq!(test["payload"], json!({"integration": "abcdefghijk23", "integration_type": "health.webhook"}));
    assert_eq!(seen.header("x-hookseal-event-id"), test["id"].as_str());
}

#[tokio::test]
async fn what_is_not_2xx_is_invalid_and_says_why() {
    for (status, reason) in [(404, "answered 404 Not Found"), (503, "answered 503 Service Unavailable")] {
        let receiver = Fake::always(status, &[], "").await;
        let invalid = channels(PATIENT).validate(&webhook(&receiver.url("/"), None)).await.unwrap_err();
        assert_eq!(invalid.to_string(), reason);
    }
    let invalid = channels(PATIENT).validate(&webhook(&format!("http://{}/", nobody().await), None)).await.unwrap_err();
    assert_eq!(invalid.to_string(), "cannot connect: connection refused");
    let said = Fake::always(422, &[], "{\"error\":\"no\\nsuch team\"}").await;
    let invalid = channels(PATIENT).validate(&webhook(&said.url("/"), None)).await.unwrap_err();
    assert_eq!(invalid.to_string(), r#"answered 422 Unprocessable Entity: {"error":"no\nsuch team"}"#);
}
