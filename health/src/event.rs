use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;

use crate::members::{Member, members};

/// What a body says, when it is a notification of any kind.
///
/// The vendor publishes no schema for health webhooks, and generic webhooks carry activities of
/// many types. So nothing here is required: whatever is missing or of another type is `None`.
/// Unknown members are skipped without being stored, however deep they nest, and a string that
/// takes more than 4 KiB in the body is left out. Of a member that is given twice the last counts.
///
/// ```
/// use hookseal_health::Event;
///
/// let activity = br#"{
///     "id": "ks7mjvvqk4hmu",
///     "type": "environment.push",
///     "payload": { "environment": { "name": "main" } },
///     "text": "**Ada** pushed to environment **Main**"
/// }"#;
/// let event = Event::read(activity).unwrap();
/// assert_eq!(event.kind.as_deref(), Some("environment.push"));
/// assert_eq!(event.severity, None);
///
/// assert_eq!(Event::read(br#"{"status":"up"}"#), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Event {
    /// The event's id, which its duplicates share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `type`, such as `health.low_disk` or `environment.push`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `severity`, of the payload or else of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// `service`, of the payload or else of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `resource`, of the payload or else of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `percent`, of the payload or else of the body, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Number>,
    /// `text`, or else the `description` that activities have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Event {
    /// Reads a body. `None` unless it is a JSON object that has a string `type`, or a `payload`
    /// object that tells one of `severity`, `service`, `resource` and `percent`.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let activity = ["id", "type", "payload", "text", "description", "severity", "service", "resource", "percent"];
        let [id, kind, payload, text, description, facts @ ..] = members(body, activity)?;

        let kind = string(kind);
        let outer = Self::facts(facts);
        let inner = payload.and_then(Self::read_payload).unwrap_or_default();
        if kind.is_none() && inner == Self::default() {
            return None;
        }
        Some(Self {
            id: identifier(id).map(Cow::into_owned),
            kind,
            severity: inner.severity.or(outer.severity),
            service: inner.service.or(outer.service),
            resource: inner.resource.or(outer.resource),
            percent: inner.percent.or(outer.percent),
            text: string(text).or_else(|| string(description)),
        })
    }

    fn read_payload(payload: &RawValue) -> Option<Self> {
        members(payload.get().as_bytes(), ["severity", "service", "resource", "percent"]).map(Self::facts)
    }

    fn facts([severity, service, resource, percent]: [Member<'_>; 4]) -> Self {
        Self {
            severity: string(severity),
            service: string(service),
            resource: string(resource),
            percent: percent.and_then(|number| serde_json::from_str(number.get()).ok()),
            ..Self::default()
        }
    }
}

/// The top-level `id` of a body, which tells duplicates of a notification apart from new ones.
///
/// Borrowed from the body unless it has escapes. `None` unless the body is a JSON object whose
/// `id` is a string, not empty and of at most 256 bytes as it is written, quotes included.
///
/// ```
/// use hookseal_health::notification_id;
///
/// assert_eq!(notification_id(br#"{"type":"health.low_disk","id":"7f3"}"#).as_deref(), Some("7f3"));
/// assert_eq!(notification_id(br#"{"payload":{"id":"7f3"}}"#), None);
/// assert_eq!(notification_id(b"not JSON"), None);
/// ```
#[must_use]
pub fn notification_id(body: &[u8]) -> Option<Cow<'_, str>> {
    let [id] = members(body, ["id"])?;
    identifier(id)
}

/// The longest string that an event keeps, as it is written. Longer ones are left out: a cut one
/// would say something else.
const MAX_STRING: usize = 4096;

/// The longest id, as it is written. Receivers remember ids by the thousand.
const MAX_ID: usize = 256;

fn identifier(member: Member<'_>) -> Option<Cow<'_, str>> {
    short_string(member?, MAX_ID).filter(|id| !id.is_empty())
}

fn string(member: Member<'_>) -> Option<String> {
    short_string(member?, MAX_STRING).map(Cow::into_owned)
}

fn short_string(value: &RawValue, max: usize) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

    if value.get().len() > max {
        return None;
    }
    let Borrowed(string) = serde_json::from_str(value.get()).ok()?;
    Some(string)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{Notification, Resource, Severity};

    fn read(body: &str) -> Option<Event> {
        Event::read(body.as_bytes())
    }

    /// An event that says no more than `"type":"t"`.
    fn bare() -> Option<Event> {
        Some(Event { kind: Some("t".into()), ..Event::default() })
    }

    #[test]
    fn reads_our_own_shape_in_full() {
        let id = Uuid::from_u128(0x0197_a1f0_5c3e_7cc1_a4c5_0242_ac12_0002);
        let notification = Notification::example(Resource::Inodes, Severity::Critical, id, Timestamp::UNIX_EPOCH);
        let body = serde_json::to_vec(&notification).unwrap();

        let event = Event::read(&body).unwrap();
        assert_eq!(event.id.as_deref(), Some("0197a1f0-5c3e-7cc1-a4c5-0242ac120002"));
        assert_eq!(event.kind.as_deref(), Some("health.low_inodes"));
        assert_eq!(event.severity.as_deref(), Some("critical"));
        assert_eq!(event.service.as_deref(), Some("app"));
        assert_eq!(event.resource.as_deref(), Some("inodes"));
        assert_eq!(event.percent, Some(8.into()));
        assert_eq!(event.text, Some(notification.text));
        assert!(matches!(notification_id(&body), Some(Cow::Borrowed(found)) if found == id.to_string()));
    }

    #[test]
    fn serialises_what_there_is_under_the_names_of_the_body() {
        let event = read(r#"{"type":"t","payload":{"percent":19.5}}"#).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"type":"t","percent":19.5}"#);
    }

    #[test]
    fn members_of_other_types_are_none() {
        let facts = r#"{"severity":[],"service":{},"resource":true,"percent":"19"}"#;
        for payload in [facts, "{}", "null", "[]", "7", r#""severity""#] {
            assert_eq!(read(&format!(r#"{{"id":7,"type":"t","payload":{payload},"text":null}}"#)), bare());
        }
    }

    #[test]
    fn foreign_shapes_tell_at_the_top_or_in_the_payload() {
        let event = read(r#"{"type":"t","severity":"outer","service":"db","payload":{"severity":"inner"}}"#).unwrap();
        assert_eq!((event.severity.as_deref(), event.service.as_deref()), (Some("inner"), Some("db")));
        let event = read(r#"{"payload":{"resource":"disk"},"description":"told"}"#).unwrap();
        assert_eq!((event.kind, event.text.as_deref()), (None, Some("told")));
    }

    #[test]
    fn what_is_no_notification_is_none() {
        for body in [
            "",
            " ",
            "null",
            "[]",
            r#""type""#,
            r#"["id","t"]"#,
            "{}",
            r#"{"type":7}"#,
            r#"{"severity":"warning"}"#,
            r#"{"payload":{}}"#,
            r#"{"payload":{"severity":7}}"#,
            r#"{"type":"t""#,
            r#"{"type":"t",}"#,
            r#"{"type":"t"} x"#,
            "\u{feff}{\"type\":\"t\"}",
        ] {
            assert_eq!(read(body), None, "{body}");
        }
        assert_eq!(Event::read(b"{\"type\":\"t\xff\"}"), None);
    }

    #[test]
    fn what_is_odd_elsewhere_does_not_matter() {
        for odd in [r#""x":1e999"#, r#""\ud800":"\udfff""#, r#""id":"\ud800""#, r#""payload":{"percent":1e999}"#] {
            assert_eq!(read(&format!(r#"{{{odd},"type":"t"}}"#)), bare(), "{odd}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(500_000) + &"]".repeat(500_000);
        for name in ["x", "payload"] {
            let body = format!(r#"{{"{name}":{deep},"type":"t"}}"#);
            assert_eq!(read(&body), bare());
        }
        assert_eq!(notification_id(format!(r#"{{"x":{deep},"id":"a"}}"#).as_bytes()).as_deref(), Some("a"));
    }

    #[test]
    fn escapes_are_read_and_the_last_of_two_counts() {
        assert_eq!(notification_id(br#"{"\u0069d":"\u0061\n"}"#).as_deref(), Some("a\n"));
        assert_eq!(notification_id(br#"{"id":"a","id":"b"}"#).as_deref(), Some("b"));
        assert_eq!(read(r#"{"type":"a","type":"b"}"#).unwrap().kind.as_deref(), Some("b"));
    }

    #[test]
    fn long_strings_are_left_out() {
        let id = |length| notification_id(format!(r#"{{"id":"{}"}}"#, "x".repeat(length)).as_bytes()).is_some();
        assert_eq!([id(0), id(1), id(MAX_ID - 2), id(MAX_ID - 1)], [false, true, true, false]);
        let text = |length| read(&format!(r#"{{"type":"t","text":"{}"}}"#, "x".repeat(length))).unwrap().text;
        let kept = |length| text(length).is_some();
        assert_eq!([kept(0), kept(MAX_STRING - 2), kept(MAX_STRING - 1)], [true, true, false]);
    }
}
