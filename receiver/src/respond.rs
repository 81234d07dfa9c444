//! What is answered to deliveries that are accepted.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::faults::{FaultRule, has_no_body};
use crate::filter::check_pattern;
use crate::rules::InvalidRule;

/// What is answered to deliveries to some paths that are accepted. A refused delivery is answered as ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ResponseRule {
    /// The paths it is for; `*` stands for any number of characters.
    pub path: String,
    /// The status; 200 unless told.
    pub status: u16,
    /// Headers, each with one value or several.
    pub headers: BTreeMap<String, Values>,
    /// The body.
    pub body: String,
    /// How long the answer is held back, in milliseconds.
    pub delay_ms: u64,
}

/// One value of a header, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(String),
    /// Several, each a header line of its own.
    Many(Vec<String>),
}

impl Default for ResponseRule {
    /// 200 without a body, for every path.
    fn default() -> Self {
        ResponseRule { path: "*".to_owned(), status: 200, headers: BTreeMap::new(), body: String::new(), delay_ms: 0 }
    }
}

impl ResponseRule {
    /// Says what is wrong with the rule.
    pub fn validate(&self) -> Result<(), InvalidRule> {
        check_pattern(&self.path).map_err(|message| InvalidRule::new("path", message))?;
        if !(200..600).contains(&self.status) {
            return Err(InvalidRule::new("status", format!("is {}; give a status from 200 to 599", self.status)));
        }
        if has_no_body(self.status) && !self.body.is_empty() {
            return Err(InvalidRule::new(
                "body",
                format!("cannot go with status {}; give another, such as 200", self.status),
            ));
        }
        if self.delay_ms > FaultRule::MOST_DELAY_MS {
            let message = format!("is {}; at most {}", self.delay_ms, FaultRule::MOST_DELAY_MS);
            return Err(InvalidRule::new("delay_ms", message));
        }
        for (name, values) in &self.headers {
            let member = format!("headers.{name}");
            let Ok(parsed) = name.parse::<HeaderName>() else {
                return Err(InvalidRule::new(&member, "is no header's name"));
            };
            if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&parsed) {
                return Err(InvalidRule::new(&member, "is the server's own to set; leave it out"));
            }
            if values.iter().any(|value| HeaderValue::from_str(value).is_err()) {
                return Err(InvalidRule::new(
                    &member,
                    "has a value that a header cannot carry: it has control characters",
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    pub(crate) fn answer(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::copy_from_slice(self.body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        for (name, values) in &self.headers {
            for value in values.iter() {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                    response.headers_mut().append(name, value);
                }
            }
        }
        response
    }
}

impl Values {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let values = match self {
            Values::One(value) => std::slice::from_ref(value),
            Values::Many(values) => values,
        };
        values.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (json, said) in [
            (r#"{"status":99}"#, "status: is 99"),
            (r#"{"status":204,"body":"x"}"#, "body: cannot go with status 204"),
            (r#"{"path":"x"}"#, "path: "),
            (r#"{"delay_ms":600001}"#, "delay_ms: "),
            (r#"{"headers":{"a b":"x"}}"#, "headers.a b: is no header's name"),
            (r#"{"headers":{"Content-Length":"1"}}"#, "headers.Content-Length: is the server's own"),
            (r#"{"headers":{"X-A":["a","b\n"]}}"#, "headers.X-A: has a value"),
        ] {
            let error = serde_json::from_str::<ResponseRule>(json).unwrap().validate().expect_err(json).to_string();
            assert!(error.starts_with(said), "{json}: {error}");
        }
    }

    #[test]
    fn a_header_may_have_several_values() {
        let rule: ResponseRule =
            serde_json::from_str(r#"{"headers":{"X-A":["1","2"],"X-B":"3"},"body":"{}"}"#).unwrap();
        rule.validate().unwrap();
        let answer = rule.answer();
        assert_eq!(answer.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((answer.status(), &**answer.body()), (StatusCode::OK, &b"{}"[..]));
    }
}
