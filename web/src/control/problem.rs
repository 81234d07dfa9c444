use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::guard::Refusal;

/// An answer that is an error: `{"code":…,"message":…}`.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    /// One with a status, a stable name, and words for people.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Problem { status, code, message: message.into() }
    }

    /// A body that is not the JSON it should be; the rejection says where.
    pub fn invalid_body(code: &'static str, rejection: &JsonRejection) -> Self {
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            status => status,
        };
        Problem::new(status, code, rejection.body_text())
    }

    /// A query that is not one of this endpoint's.
    pub fn invalid_query(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_query", message)
    }

    /// What is wrong with this program, or with the machine.
    pub fn internal(error: impl ToString) -> Self {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(Refusal { status, code, message }: Refusal) -> Self {
        Problem::new(status, code, message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "code": self.code, "message": self.message }))).into_response()
    }
}
