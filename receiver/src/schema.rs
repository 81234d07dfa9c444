//! Whether a body that calls itself a health notification is one.

use std::sync::LazyLock;

use hookseal_health::{Kind, NOTIFICATION_SCHEMA};
use jsonschema::Validator;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What hookseal's schema of health notifications says of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchemaVerdict {
    /// It is a health notification.
    Valid,
    /// Its `type` is a health notification's, but the rest is not.
    Invalid,
    /// It is something else: the vendor publishes no schema, and foreign shapes are welcome.
    Unknown,
}

/// Checks a body that calls itself by this `type`.
pub(crate) fn check(kind: Option<&str>, body: &[u8]) -> SchemaVerdict {
    if kind.and_then(|kind| kind.parse::<Kind>().ok()).is_none() {
        return SchemaVerdict::Unknown;
    }
    let (Ok(value), Some(validator)) = (serde_json::from_slice::<Value>(body), &*VALIDATOR) else {
        return SchemaVerdict::Unknown;
    };
    if validator.is_valid(&value) { SchemaVerdict::Valid } else { SchemaVerdict::Invalid }
}

static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| {
    let schema = serde_json::from_str(NOTIFICATION_SCHEMA).ok()?;
    jsonschema::validator_for(&schema).ok()
});

#[cfg(test)]
mod tests {
    use super::*;
    use hookseal_health::{Notification, Resource, Severity};

    #[test]
    fn what_calls_itself_a_health_notification_is_checked() {
        let example =
            Notification::example(Resource::Disk, Severity::Warning, uuid::Uuid::nil(), jiff::Timestamp::UNIX_EPOCH);
        let low_disk = Some("health.low_disk");
        assert_eq!(check(low_disk, &serde_json::to_vec(&example).unwrap()), SchemaVerdict::Valid);
        assert_eq!(check(low_disk, br#"{"type":"health.low_disk"}"#), SchemaVerdict::Invalid);
        assert_eq!(check(Some("environment.push"), br#"{"type":"environment.push"}"#), SchemaVerdict::Unknown);
        assert_eq!(check(None, b"\xff"), SchemaVerdict::Unknown);
    }
}
