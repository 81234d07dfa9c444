//! The web page: static files that learn everything from the API, and so need no token.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use rust_embed::RustEmbed;

use super::Problem;
use crate::assets::asset;

pub(super) fn router<Page: RustEmbed + 'static>() -> Router {
    Router::new()
        .route("/_hookseal", get(|| async { Redirect::permanent("/_hookseal/") }))
        .route("/_hookseal/", get(|headers: HeaderMap| async move { file::<Page>("index.html", &headers) }))
        .route(
            "/_hookseal/page/{*path}",
            get(|path: Path<String>, headers: HeaderMap| async move { file::<Page>(&path, &headers) }),
        )
}

fn file<Page: RustEmbed>(path: &str, request: &HeaderMap) -> Response {
    match asset::<Page>(path, request) {
        Some(answer) => answer.map(Body::from),
        None => Problem::new(StatusCode::NOT_FOUND, "not_found", "The page has no such file.").into_response(),
    }
}
