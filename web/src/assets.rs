//! A page's files: embedded in the binary, named by their type, asked about again rather than fetched again, and under a
//! policy that lets nothing run and nothing load but these files.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What the pages have in common: colours, components, and the modules that make them. Their paths begin with `shared/`.
#[derive(RustEmbed)]
#[folder = "assets"]
pub struct Shared;

/// Scripts and styles come from files, never from markup, and nothing that is text can become markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Kept by browsers, and never used without asking whether it is still current.
const REVALIDATE: &str = "no-cache";

const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, REVALIDATE),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The answer to a request for one of a page's files, or for one that the pages share; `None` when there is no such file.
///
/// ```
/// use hookseal_web::{Shared, asset};
///
/// let answer = asset::<Shared>("shared/tokens.css", &http::HeaderMap::new()).unwrap();
/// assert_eq!(answer.headers()["content-type"], "text/css; charset=utf-8");
/// ```
pub fn asset<Page: RustEmbed>(path: &str, request: &HeaderMap) -> Option<Response<Bytes>> {
    let file = Page::get(path).or_else(|| Shared::get(path))?;
    let etag = etag(&file);
    let known = request.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &etag));
    let mut response = if known { not_modified() } else { found(file) };
    let headers = response.headers_mut();
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.insert(ETAG, HeaderValue::from_str(&etag).ok()?);
    Some(response)
}

fn found(file: EmbeddedFile) -> Response<Bytes> {
    let media_type = media_type(file.metadata.mimetype());
    let mut response = Response::new(match file.data {
        Cow::Borrowed(octets) => Bytes::from_static(octets),
        Cow::Owned(octets) => Bytes::from(octets),
    });
    response.headers_mut().extend(HeaderValue::from_str(&media_type).ok().map(|value| (CONTENT_TYPE, value)));
    response
}

fn not_modified() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}

/// Every text that we embed is UTF-8.
fn media_type(guessed: &str) -> String {
    match guessed.starts_with("text/") {
        true => format!("{guessed}; charset=utf-8"),
        false => guessed.to_owned(),
    }
}

fn etag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]))
}

/// Whether `If-None-Match` names this entity tag. Weak comparison (RFC 9110 §13.1.2): a proxy may have weakened it.
fn names(known: &HeaderValue, etag: &str) -> bool {
    let mut known = known.to_str().unwrap_or_default().split(',').map(str::trim);
    known.any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "shared/tokens.css";

    fn ask(path: &str, if_none_match: Option<&str>) -> Option<Response<Bytes>> {
        let known = if_none_match.map(|value| (IF_NONE_MATCH, HeaderValue::from_str(value).unwrap()));
        asset::<Shared>(path, &known.into_iter().collect())
    }

    #[test]
    fn every_file_has_its_type_and_the_policy() {
        for path in Shared::iter() {
            let answer = ask(&path, None).unwrap();
            let expected = match path.rsplit_once('.').unwrap().1 {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "svg" => "image/svg+xml",
                other => panic!("{path}: say what a .{other} is"),
            };
            assert_eq!(answer.headers()[CONTENT_TYPE], expected, "{path}");
            assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
            let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
            assert!(!policy.contains("unsafe") && !policy.contains("  "), "{policy}");
        }
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let etag = ask(PATH, None).unwrap().headers()[ETAG].to_str().unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let answer = ask(PATH, Some(&known)).unwrap();
            assert_eq!((answer.status(), answer.body().len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!(answer.headers()[ETAG], *etag);
        }
        let answer = ask(PATH, Some("\"other\"")).unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.body().is_empty());
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for path in
            ["", "shared", "shared/", "../Cargo.toml", "shared/../../Cargo.toml", "/etc/passwd", "shared/none.css"]
        {
            assert!(ask(path, None).is_none(), "{path}");
        }
    }
}
