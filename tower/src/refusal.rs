//! Why a delivery did not reach the service, and what its sender is told.

use std::error::Error as StdError;

use bytes::{Buf, Bytes};
use hookseal::Error;
use http::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::{Full, LengthLimitError};

use crate::BoxError;

/// Why a delivery was refused: all of it for whoever runs the server, [`status`](Refusal::status) and
/// [`code`](Refusal::code) for the sender.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The signature is missing, malformed or wrong, or the body too large.
    #[error(transparent)]
    Delivery(#[from] Error),
    /// [`VerifyLayer::choosing`](crate::VerifyLayer::choosing) knows no key for this delivery.
    #[error("there is no key for this delivery")]
    NoKey,
    /// The body could not be read to its end: the sender hung up or broke the framing, or a layer in front of this one
    /// stopped it.
    #[error("the body could not be read to its end")]
    Body(#[source] BoxError),
}

impl Refusal {
    /// hookseal's error code; besides these, `incomplete_body` where the body could not be read to its end.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Delivery(error) => error.code(),
            // Which senders there are is nobody else's business.
            Refusal::NoKey => "signature_mismatch",
            Refusal::Body(error) if is_over_a_limit(&**error) => "body_too_large",
            Refusal::Body(_) => "incomplete_body",
        }
    }

    /// The status of the answer: 401 where the sender is not proved, 400 where the value or the body is malformed, 413
    /// where the body is too large.
    pub fn status(&self) -> StatusCode {
        match self {
            Refusal::Delivery(error) => {
                StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Refusal::NoKey => StatusCode::UNAUTHORIZED,
            Refusal::Body(error) if is_over_a_limit(&**error) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Body(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// What the sender is answered: the status, and the code as JSON.
    pub(crate) fn response<D: Buf + From<Bytes>>(&self) -> Response<Full<D>> {
        let status = self.status();
        let body = Bytes::from(format!("{{\"code\":\"{}\"}}\n", self.code()));
        let mut response = Response::new(Full::new(D::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1 asks for a challenge with every 401.
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(hookseal::HEADER_NAME));
        }
        response
    }
}

/// Whether a layer in front of ours (such as tower-http's `RequestBodyLimitLayer`) found the body too large.
fn is_over_a_limit(error: &(dyn StdError + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.any(|error| error.is::<LengthLimitError>())
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Refusal {
    fn into_response(self) -> axum_core::response::Response {
        self.response::<Bytes>().map(axum_core::body::Body::new)
    }
}
