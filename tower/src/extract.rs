//! The axum extractor.

use axum_core::body::Body;
use axum_core::extract::{DefaultBodyLimit, FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use hookseal::Verified;

use crate::check::Check;
use crate::layer::VerifyLayer;
use crate::refusal::Refusal;

/// A delivery whose signature is valid, as an argument of an axum handler; `T` is any extractor that takes the body.
///
/// The router's state says how to verify: it is a [`VerifyLayer`], or has one by `FromRef`. The layer's limit is the one
/// that counts for the body, not axum's `DefaultBodyLimit`.
///
/// ```
/// use axum::{Json, Router, routing::post};
/// use bytes::Bytes;
/// use hookseal::{Key, Verifier};
/// use hookseal_tower::{Signed, VerifyLayer};
///
/// async fn raw(delivery: Signed<Bytes>) -> String {
///     format!("{} octets, signed with a key read as {}", delivery.body.len(), delivery.verified.key.format)
/// }
///
/// async fn parsed(Signed { body: Json(event), .. }: Signed<Json<serde_json::Value>>) -> String {
///     format!("{}", event["type"])
/// }
///
/// let verifier = Verifier::new(Key::from_bytes([7; 32])?);
/// let app: Router = Router::new()
///     .route("/raw", post(raw))
///     .route("/parsed", post(parsed))
///     .with_state(VerifyLayer::new(verifier));
/// # Ok::<(), hookseal::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signed<T> {
    /// What the signature proves.
    pub verified: Verified,
    /// What `T` made of the body.
    pub body: T,
}

impl<S, T> FromRequest<S> for Signed<T>
where
    S: Send + Sync,
    T: FromRequest<S>,
    VerifyLayer: FromRef<S>,
{
    type Rejection = SignedRejection<T::Rejection>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let delivery = Check::new(VerifyLayer::from_ref(state).config(), request).await;
        let delivery = delivery.map_err(SignedRejection::Refused)?;
        let verified = delivery.verified.clone();
        let mut request = delivery.into_request(Body::from);
        DefaultBodyLimit::disable().apply(&mut request);
        let body = T::from_request(request, state).await.map_err(SignedRejection::Body)?;
        Ok(Signed { verified, body })
    }
}

/// Why there is no [`Signed`].
#[derive(Debug)]
#[non_exhaustive]
pub enum SignedRejection<R> {
    /// The delivery was refused.
    Refused(Refusal),
    /// The signature is valid, but the body is not what the inner extractor takes.
    Body(R),
}

impl<R: IntoResponse> IntoResponse for SignedRejection<R> {
    fn into_response(self) -> Response {
        match self {
            SignedRejection::Refused(refusal) => refusal.into_response(),
            SignedRejection::Body(rejection) => rejection.into_response(),
        }
    }
}
