//! `POST login` and `POST logout`: the token becomes a cookie, which the page needs for its `EventSource`.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use hookseal_web::Peer;
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::{Api, Problem, too_many_attempts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    token: String,
}

/// Takes `{"token":…}` and answers 204 with a cookie.
pub(super) async fn login(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    let request = checked(&api, request)?;
    if !api.guard.has_token() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let Err(wait) = api.logins.check(peer.address) {
        return Ok(too_many_attempts(wait));
    }
    let login: Result<Json<Login>, JsonRejection> = Json::from_request(request, &()).await;
    let Json(Login { token }) = login.map_err(|rejection| Problem::invalid_body("invalid_login", &rejection))?;
    match api.guard.log_in(&token, peer.encrypted) {
        Some(cookie) => Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()),
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "This is not the token.")),
    }
}

/// Answers 204 and makes the browser forget the cookie.
pub(super) async fn logout(
    State(api): State<Api>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Problem> {
    checked(&api, request)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, api.guard.log_out(peer.encrypted))]).into_response())
}

fn checked(api: &Api, request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    match api.guard.check_login(&parts) {
        Ok(()) => Ok(Request::from_parts(parts, body)),
        Err(refusal) => Err(Problem::new(refusal.status, refusal.code, refusal.message)),
    }
}
