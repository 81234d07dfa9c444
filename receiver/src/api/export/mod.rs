//! `GET export` and `GET deliveries/{id}/export`: deliveries in the formats of other tools.
//!
//! Each format says all that came, octet for octet, also what is no text.

mod curl;
mod document;
mod har;
mod ndjson;
mod vector;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use hookseal_web::Parameters;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use http::{HeaderMap, StatusCode};

use self::document::Document;
use super::deliveries::find;
use super::query::Query as _;
use super::{Api, Problem};
use crate::delivery::Delivery;

/// A format, and how its entries become one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A delivery as the API shows it, with its body in base64; one each line.
    Ndjson,
    /// HTTP Archive 1.2.
    Har,
    /// A shell script that sends the same again.
    Curl,
    /// Vectors of the schema of `test-vectors/`.
    Vector,
}

/// All deliveries that the filters mean, oldest first.
pub(super) async fn all(
    State(api): State<Api>,
    headers: HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let (filter, format) = (query.filter()?, query.export_format()?);
    query.finish()?;
    let place = api.wait_place()?;
    let origin = origin(&api, &headers);
    let document = Document::new(api, filter, format, origin, place);
    let pieces = stream::unfold(document, |mut document| async move { Some((document.next().await?, document)) });
    let name = format!("deliveries.{}", format.extension());
    Ok((download(format, &name), Body::from_stream(pieces)).into_response())
}

/// One delivery.
pub(super) async fn one(
    State(api): State<Api>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let format = query.export_format()?;
    query.finish()?;
    let delivery = find(&api, id).await?;
    let name = format!("{}.{}", delivery.id, format.extension());
    let origin = origin(&api, &headers);
    let made = tokio::task::spawn_blocking(move || match format {
        Format::Vector => format.entry(&delivery, &origin),
        _ => Ok([format.start().into(), format.entry(&delivery, &origin)?, format.end().into()].concat()),
    });
    match made.await {
        Ok(Ok(document)) => Ok((download(format, &name), document).into_response()),
        Ok(Err(why)) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_exportable", why)),
        Err(failed) => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", failed.to_string())),
    }
}

/// Where deliveries go: where whoever asks has reached the receiver, unless the API has an address of its own.
fn origin(api: &Api, headers: &HeaderMap) -> String {
    if let Some(url) = &api.deliveries_url {
        return url.to_string();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_plain = |host: &&str| host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".:-[]".contains(&octet));
    format!("http://{}", host.filter(is_plain).unwrap_or("127.0.0.1"))
}

fn download(format: Format, name: &str) -> [(http::HeaderName, String); 2] {
    [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))]
}

impl Format {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name {
            "ndjson" => Some(Format::Ndjson),
            "har" => Some(Format::Har),
            "curl" => Some(Format::Curl),
            "vector" => Some(Format::Vector),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Format::Ndjson => "application/x-ndjson",
            Format::Har | Format::Vector => "application/json",
            Format::Curl => "text/x-shellscript; charset=utf-8",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Format::Ndjson => "ndjson",
            Format::Har => "har",
            Format::Curl => "sh",
            Format::Vector => "json",
        }
    }

    fn start(self) -> &'static str {
        match self {
            Format::Ndjson => "",
            Format::Har => har::START,
            Format::Curl => curl::START,
            Format::Vector => "[",
        }
    }

    /// What stands between two entries.
    fn between(self) -> &'static str {
        match self {
            Format::Ndjson => "",
            Format::Har | Format::Vector => ",\n",
            Format::Curl => "\n",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Format::Ndjson | Format::Curl => "",
            Format::Har => har::END,
            Format::Vector => "]\n",
        }
    }

    /// One delivery, or why it cannot be had in this format.
    fn entry(self, delivery: &Delivery, origin: &str) -> Result<Vec<u8>, String> {
        let json = match self {
            Format::Ndjson => ndjson::line(delivery),
            Format::Har => har::entry(delivery, origin),
            Format::Curl => return Ok(curl::command(delivery, origin)),
            Format::Vector => return vector::vector(delivery),
        };
        json.map_err(|error| error.to_string())
    }
}
