//! The web page: static files that learn everything from the API, and so need no token.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use hookseal_web::{RustEmbed, asset};
use http::{HeaderMap, StatusCode};

use super::{Api, Problem};

#[derive(RustEmbed)]
#[folder = "page"]
struct Page;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/_hookseal", get(|| async { Redirect::permanent("/_hookseal/") }))
        .route("/_hookseal/", get(|headers: HeaderMap| async move { file("index.html", &headers) }))
        .route(
            "/_hookseal/page/{*path}",
            get(|path: Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
}

fn file(path: &str, request: &HeaderMap) -> Response {
    match asset::<Page>(path, request) {
        Some(answer) => answer.map(Body::from),
        None => Problem::new(StatusCode::NOT_FOUND, "not_found", "The page has no such file.").into_response(),
    }
}
