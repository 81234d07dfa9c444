//! Whether an answer is as `openapi.json` says.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::OPENAPI;

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(OPENAPI).unwrap());

/// Fails where the description does not have this status for the operation, or another body.
pub(super) fn assert_fits(method: &str, path: &str, status: u16, body: &Value) {
    let responses = &operation(method, path)["responses"];
    let mut response = &responses[status.to_string()];
    assert!(response.is_object(), "{method} {path}: {status} is not among {responses}");
    if let Some(reference) = response["$ref"].as_str() {
        response = DESCRIPTION.pointer(reference.strip_prefix('#').unwrap()).unwrap();
    }
    // What is not JSON has no schema here.
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_null() {
        return;
    }
    let schema = json!({ "allOf": [schema], "components": DESCRIPTION["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{method} {path}: {problems:#?}\n{body:#}");
}

fn operation(method: &str, path: &str) -> &'static Value {
    let path = format!("/_hookseal/{}", path.split('?').next().unwrap());
    let paths: &Map<_, _> = DESCRIPTION["paths"].as_object().unwrap();
    let (_, found) = paths.iter().find(|(template, _)| fits(template, &path)).expect(&path);
    &found[method.to_lowercase()]
}

/// Whether a path is one of a template's, such as `/deliveries/{id}`.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(part, is)| part.starts_with('{') || part == is)
}
