//! `health.slack`: a message in a channel, by `chat.postMessage`.
//!
//! Slack answers most of its errors with HTTP 200 and `ok: false`:
//!
//! | answer | outcome |
//! | --- | --- |
//! | `ok: true` | delivered |
//! | `ratelimited`, `rate_limited`, `service_unavailable`, `request_timeout`, `internal_error`, `fatal_error` | retry |
//! | any other error: about the token, the channel or the message | refused |
//! | 429 | retry, after `Retry-After` |
//! | 5xx, no answer, an answer that is not Slack's | retry |
//! | any other status | refused |
//!
//! After `internal_error` and `fatal_error`, and where the answer was lost, the message may have been posted: there is no
//! argument that would let Slack tell. It comes at least once.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::http::{self as client, Answer, HttpClient, NamedBy, one_line, retry_after};
use super::wording::{Origin, Tone, cut, facts, when};
use super::{ChannelError, Outcome, Sent, record, status};
use crate::{Message, Secret};

const DEFAULT_API: &str = "https://slack.com/api/";

/// Slack cuts longer texts itself, in the middle of what it may be.
const MAX_TEXT: usize = 40_000;
/// Of a field in a section, and of a text in a context.
const MAX_FIELD: usize = 2_000;

/// Slack's methods that are used.
pub(super) struct Slack {
    post_message: Uri,
    auth_test: Uri,
}

impl Slack {
    pub(super) fn new(api_url: Option<&Url>) -> Result<Self, ChannelError> {
        let api = api_url.map_or(DEFAULT_API, Url::as_str).trim_end_matches('/');
        let method = |name: &str| {
            let url = format!("{api}/{name}");
            let unusable =
                |_| ChannelError::Option { name: "slack.api_url", reason: format!("{url} cannot be requested") };
            url.parse().map_err(unusable)
        };
        Ok(Slack { post_message: method("chat.postMessage")?, auth_test: method("auth.test")? })
    }

    pub(super) async fn send(&self, client: &HttpClient, channel: &str, token: &Secret, message: &Message) -> Sent {
        call(client, &self.post_message, token, &body(channel, message)).await
    }

    pub(super) fn preview(&self, channel: &str, token: &Secret, message: &Message) -> Result<String, String> {
        compose(&self.post_message, token, &body(channel, message)).map(|(_, record)| record)
    }

    /// Whether the token is one.
    pub(super) async fn test_token(&self, client: &HttpClient, token: &Secret) -> Sent {
        call(client, &self.auth_test, token, &json!({})).await
    }
}

async fn call(client: &HttpClient, method: &Uri, token: &Secret, arguments: &Value) -> Sent {
    let (request, record) = match compose(method, token, arguments) {
        Ok(composed) => composed,
        Err(error) => return record::refused(error),
    };
    match client.exchange(NamedBy::Operator, request).await {
        Ok(answer) => {
            let (outcome, error) = judge(&answer);
            record::answered_with(record, &answer, outcome, error, Some(token))
        }
        Err(error) => record::unanswered(record, error),
    }
}

/// The request, and what it leaves behind for people.
fn compose(method: &Uri, token: &Secret, arguments: &Value) -> Result<(Request<Full<Bytes>>, String), String> {
    let body = Bytes::from(arguments.to_string());
    let mut request = Request::new(Full::new(body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = method.clone();
    let headers = request.headers_mut();
    let bearer = Zeroizing::new(format!("Bearer {}", token.expose()));
    let Ok(mut authorization) = HeaderValue::from_str(&bearer) else {
        return Err("the token has characters that cannot be sent: give it anew".to_owned());
    };
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(USER_AGENT, client::USER_AGENT);
    let record = record::request(&request, &body);
    Ok((request, record))
}

#[derive(Deserialize)]
struct Reply {
    ok: bool,
    error: Option<String>,
    /// Which scope is missing.
    needed: Option<String>,
}

fn judge(answer: &Answer) -> (Outcome, Option<String>) {
    if !answer.status.is_success() {
        return (status::outcome(answer), Some(status::in_words(answer)));
    }
    let retry = |endpoint| Outcome::Retry { after: retry_after(&answer.headers, SystemTime::now()), endpoint };
    let reply: Reply = match (&answer.end, serde_json::from_slice(&answer.body)) {
        (_, Ok(reply)) => reply,
        (Err(error), Err(_)) => return (retry(true), Some(error.clone())),
        (Ok(()), Err(_)) => return (retry(true), Some("the answer is not one of Slack's".to_owned())),
    };
    if reply.ok {
        return (Outcome::Delivered, None);
    }
    let name = reply.error.unwrap_or_else(|| "no error's name".to_owned());
    let outcome = match name.as_str() {
        "ratelimited" | "rate_limited" | "service_unavailable" => retry(true),
        "request_timeout" | "internal_error" | "fatal_error" => retry(false),
        _ => Outcome::Refused,
    };
    let needed = reply.needed.map(|scope| format!(" (needed: {scope})")).unwrap_or_default();
    let help = help(&name).map(|help| format!(": {help}")).unwrap_or_default();
    (outcome, Some(one_line(&format!("Slack says {name}{needed}{help}"))))
}

/// What to do about an error that waiting does not mend.
fn help(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "give the integration a token that is valid, with integration:update --token"
        }
        "missing_scope" => "give the app the scope chat:write, and install it anew",
        "channel_not_found" => "there is no such channel, or it is private and the bot is not in it",
        "not_in_channel" => "invite the bot into the channel",
        "is_archived" => "the channel is archived: name another with integration:update --channel",
        restricted if restricted.starts_with("restricted_action") => "the workspace does not let the bot post there",
        _ => return None,
    })
}

/// The sentence as text, for notifications and screen readers too, and below it the figures, beside a bar in the colour of
/// the severity. Nothing that the message says is read as markup.
fn body(channel: &str, message: &Message) -> Value {
    let origin = Origin::of(message);
    let plain = |text: &str| json!({"type": "plain_text", "text": cut(text, MAX_FIELD), "emoji": false});
    let fields: Vec<_> = facts(message).iter().map(|(name, value)| plain(&format!("{name}\n{value}"))).collect();
    let footer =
        format!("{} ({}) · {} · {}", origin.project, origin.environment(), when(message.created_at), message.id);
    let text = escaped(message.text());
    json!({
        "channel": channel,
        "text": text,
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "attachments": [{
            "color": Tone::of(message).colour(),
            "fallback": text,
            "blocks": [
                {"type": "section", "fields": fields},
                {"type": "context", "elements": [plain(&footer)]},
            ],
        }],
    })
}

/// With Slack's control characters escaped, and cut where Slack would cut it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut length = 0;
    for character in text.chars() {
        let own = character.to_string();
        let piece = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => &own,
        };
        length += piece.chars().count();
        if length >= MAX_TEXT {
            escaped.push('…');
            break;
        }
        escaped.push_str(piece);
    }
    escaped
}
