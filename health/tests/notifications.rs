//! The body: every one that is made is valid by the schema, comes back from JSON as it was, and
//! tells the lenient reader all it has; broken ones are refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod strategies;

use hookseal_health::{
    Check, Event, NOTIFICATION_SCHEMA, Notification, Origin, Payload, Resource, Sample, Severity, State,
    notification_id,
};
use jiff::Timestamp;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use strategies::{Figures, checks, rounds};

fn schema() -> Value {
    serde_json::from_str(NOTIFICATION_SCHEMA).unwrap()
}

fn validator() -> Validator {
    jsonschema::options().should_validate_formats(true).build(&schema()).unwrap()
}

/// Every notification that a sequence gives rise to: each transition, and each reminder besides.
fn told(check: Check, rounds: &[Figures], origin: &Origin, id: Uuid, created_at: Timestamp) -> Vec<Notification> {
    let mut state = State::default();
    let mut told = Vec::new();
    for &(available, total) in rounds {
        let sample = Sample::new(available, total);
        let (next, transition) = check.transition(state, sample);
        state = next;
        let reminder = match sample {
            Sample::Known(reading) => check.reminder(state, reading),
            Sample::Unknown => None,
        };
        told.extend([transition, reminder].into_iter().flatten());
    }
    told.into_iter().map(|transition| Notification::new(transition, id, created_at, origin.clone())).collect()
}

fn origins() -> impl Strategy<Value = Origin> {
    (any::<String>(), prop::collection::vec(any::<String>(), 0..3), any::<String>())
        .prop_map(|(project, environments, service)| Origin { project, environments, service })
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    // RFC 3339 has years of four digits.
    (-62_167_219_200..253_402_207_200_i64, 0..1_000_000_000_i32)
        .prop_filter_map("out of jiff's range", |(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).ok())
}

proptest! {
    #[test]
    fn every_notification_is_valid_and_round_trips(
        check in checks(),
        rounds in rounds(),
        origin in origins(),
        id in any::<u128>().prop_map(Uuid::from_u128),
        created_at in timestamps(),
    ) {
        let validator = validator();
        for notification in told(check, &rounds, &origin, id, created_at) {
            let body = serde_json::to_vec(&notification).unwrap();
            let json: Value = serde_json::from_slice(&body).unwrap();
            prop_assert!(validator.is_valid(&json), "{}", json);
            prop_assert_eq!(&serde_json::from_slice::<Notification>(&body).unwrap(), &notification);

            let Payload { severity, service, resource, percent, .. } = notification.payload;
            let event = Event::read(&body).unwrap();
            prop_assert_eq!(event.id, Some(id.to_string()));
            prop_assert_eq!(event.kind, Some(notification.kind.to_string()));
            prop_assert_eq!(event.severity, Some(severity.to_string()));
            prop_assert_eq!(event.service, Some(service));
            prop_assert_eq!(event.resource, Some(resource.to_string()));
            prop_assert_eq!(event.percent.map(|number| number.to_string()), Some(percent.to_string()));
            prop_assert_eq!(event.text, Some(notification.text));
            prop_assert_eq!(notification_id(&body).unwrap(), id.to_string());
        }
    }

    #[test]
    fn the_lenient_reader_takes_any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (Event::read(&body), notification_id(&body));
    }

    #[test]
    fn the_lenient_reader_takes_any_json(
        id in values(), kind in values(), payload in values(), severity in values(), text in values(),
    ) {
        let body = json!({
            "id": id, "type": kind, "text": text,
            "payload": { "severity": severity, "service": payload, "percent": severity },
        });
        let bytes = body.to_string();
        let expected = |value: &Value| value.as_str().map(str::to_owned);
        match Event::read(bytes.as_bytes()) {
            None => prop_assert!(!kind.is_string() && !severity.is_string() && !severity.is_number() && !payload.is_string()),
            Some(event) => {
                prop_assert_eq!(event.kind, expected(&kind));
                prop_assert_eq!(event.severity, expected(&severity));
                prop_assert_eq!(event.service, expected(&payload));
                prop_assert_eq!(event.text, expected(&text));
                prop_assert_eq!(event.id, expected(&id).filter(|id| !id.is_empty()));
            }
        }
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

#[test]
fn the_schema_is_json_schema_2020_12_and_describes_everything() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    for (part, members) in [
        ("the body", &schema["properties"]),
        ("payload", &schema["$defs"]["payload"]["properties"]),
        ("threshold", &schema["$defs"]["threshold"]["properties"]),
    ] {
        for (name, member) in members.as_object().unwrap() {
            if member.get("$ref").is_none() {
                for keyword in ["title", "description", "examples"] {
                    assert!(member.get(keyword).is_some(), "{name} of {part} has no {keyword}");
                }
            }
        }
    }
}

#[test]
fn the_examples_in_the_schema_are_ours() {
    let schema = schema();
    let validator = validator();
    let examples = schema["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 4);
    for example in examples {
        assert!(validator.is_valid(example), "{example}");
        let Notification { id, created_at, payload, .. } = serde_json::from_value(example.clone()).unwrap();
        let ours = Notification::example(payload.resource, payload.severity, id, created_at);
        assert_eq!(*example, serde_json::to_value(ours).unwrap());
    }
}

#[test]
fn broken_notifications_are_refused() {
    let validator = validator();
    let valid = |severity| {
        let example = Notification::example(Resource::Disk, severity, Uuid::nil(), Timestamp::UNIX_EPOCH);
        serde_json::to_value(example).unwrap()
    };
    let refused = |severity, pointer: &str, value: Option<Value>| {
        let mut body = valid(severity);
        assert!(validator.is_valid(&body));
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value.clone() {
            Some(value) => parent.insert(name.to_owned(), value),
            None => parent.remove(name),
        };
        assert!(!validator.is_valid(&body), "{severity} with {pointer} = {value:?}");
    };

    for missing in [
        "/id",
        "/created_at",
        "/type",
        "/project",
        "/environments",
        "/payload",
        "/text",
        "/payload/severity",
        "/payload/previous",
        "/payload/service",
        "/payload/resource",
        "/payload/available",
        "/payload/total",
        "/payload/percent",
        "/payload/threshold",
        "/payload/threshold/severity",
        "/payload/threshold/percent",
        "/payload/threshold/available",
    ] {
        refused(Severity::Warning, missing, None);
        refused(Severity::Warning, missing, Some(Value::Null));
    }
    for (pointer, value) in [
        ("/id", json!("42")),
        ("/id", json!("00000000000000000000000000000000")),
        ("/created_at", json!("yesterday")),
        ("/created_at", json!("1970-01-01")),
        ("/created_at", json!("1970-01-01 00:00:00Z")),
        ("/created_at", json!("1970-13-01T00:00:00Z")),
        ("/created_at", json!("1970-01-01T00:00:00")),
        ("/created_at", json!(0)),
        ("/type", json!("health.low_cpu")),
        ("/type", json!("health.low_inodes")),
        ("/environments", json!("main")),
        ("/environments", json!([1])),
        ("/payload", json!([])),
        ("/text", json!("")),
        ("/payload/severity", json!("info")),
        ("/payload/severity", json!("Warning")),
        ("/payload/severity", json!("critical")),
        ("/payload/severity", json!("all-clear")),
        ("/payload/previous", json!("all-clear")),
        ("/payload/previous", json!("critical")),
        ("/payload/resource", json!("memory")),
        ("/payload/resource", json!("inodes")),
        ("/payload/available", json!(-1)),
        ("/payload/available", json!(1.5)),
        ("/payload/available", json!("1.9 GB")),
        ("/payload/total", json!(0)),
        ("/payload/percent", json!(-0.01)),
        ("/payload/percent", json!(100.01)),
        ("/payload/percent", json!("19 %")),
        ("/payload/threshold/severity", json!("critical")),
        ("/payload/threshold/percent", json!(0)),
        ("/payload/threshold/percent", json!(100)),
        ("/payload/threshold/percent", json!(0.2)),
        ("/payload/threshold/available", json!(0)),
        ("/payload/threshold/bytes", json!(null)),
        ("/payload/threshold/bytes", json!("4 GB")),
    ] {
        refused(Severity::Warning, pointer, Some(value));
    }
    refused(Severity::Critical, "/payload/threshold/severity", Some(json!("warning")));
    refused(Severity::AllClear, "/payload/threshold/severity", Some(json!("critical")));
    refused(Severity::AllClear, "/payload/previous", Some(json!("ok")));

    let inodes = Notification::example(Resource::Inodes, Severity::Warning, Uuid::nil(), Timestamp::UNIX_EPOCH);
    let mut body = serde_json::to_value(inodes).unwrap();
    body["payload"]["threshold"]["bytes"] = json!(4_000_000_000_u64);
    assert!(!validator.is_valid(&body), "a size for inodes");
}
