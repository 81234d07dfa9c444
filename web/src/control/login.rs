//! `POST login` and `POST logout`: the token becomes a cookie, which the page needs for its `EventSource`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::{Access, Problem, too_many_attempts};
use crate::peer::Peer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    token: String,
}

/// Takes `{"token":…}` and answers 204 with a cookie.
pub(super) async fn login(
    State(access): State<Access>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let request = checked(&access, request)?;
    if !access.guard.has_token() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let Err(wait) = access.attempt(peer.address) {
        return Ok(too_many_attempts(wait));
    }
    let login: Result<Json<Login>, JsonRejection> = Json::from_request(request, &()).await;
    let Json(Login { token }) = login.map_err(|rejection| Problem::invalid_body("invalid_login", &rejection))?;
    match access.guard.log_in(&token, peer.encrypted) {
        Some(cookie) => Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()),
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "This is not the token.")),
    }
}

/// Answers 204 and makes the browser forget the cookie.
pub(super) async fn logout(
    State(access): State<Access>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    checked(&access, request)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, access.guard.log_out(peer.encrypted))]).into_response())
}

fn checked(access: &Access, request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    match access.guard.check_login(&parts) {
        Ok(()) => Ok(Request::from_parts(parts, body)),
        Err(refusal) => Err(refusal.into()),
    }
}
