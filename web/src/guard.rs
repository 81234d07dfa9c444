//! Who may use a control API.

use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, FORWARDED, HOST, HeaderName, ORIGIN, VIA};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode, Version};
use subtle::ConstantTimeEq as _;

/// The cookie that a page keeps the token in, since an `EventSource` cannot send an `Authorization` header.
const TOKEN_COOKIE: &str = "hookseal_token";

/// Headers by which a proxy or a tunnel says that the request comes from elsewhere.
const FORWARDED_HEADERS: [HeaderName; 13] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("fly-client-ip"),
    HeaderName::from_static("x-original-host"),
];

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Keeps strangers from a control API: with a token anybody who has it may use it, without one only requests that come
/// from this machine for this machine.
///
/// A listener on loopback is no proof of that by itself: a page in a browser can send requests there and learn from their
/// time alone (so another site's are refused, and writes need a JSON body), its name can be made to resolve there (so
/// `Host` is checked), and a tunnel delivers there what comes from anywhere (so forwarded requests are refused; a tunnel
/// that adds no header cannot be told apart).
#[derive(Clone, Debug)]
pub struct Guard {
    token: Option<Token>,
    on_loopback: bool,
}

#[derive(Clone)]
struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl Token {
    fn fits(&self, given: &str) -> bool {
        bool::from(given.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

fn cookie(value: &str, more: &str, encrypted: bool) -> String {
    let secure = if encrypted { "; Secure" } else { "" };
    format!("{TOKEN_COOKIE}={value}; Path=/_hookseal/; HttpOnly; SameSite=Strict{secure}{more}")
}

/// Why a request may not use the control API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// 401 where a token would help, 415 for a body of the wrong type, 403 otherwise.
    pub status: StatusCode,
    /// A stable name: `unauthorized`, `forbidden` or `unsupported_media_type`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: &'static str,
}

impl Guard {
    /// A guard for a server that listens on `address`. An empty token is none.
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        let token = token.filter(|token| !token.is_empty()).map(Token);
        Guard { token, on_loopback: address.ip().to_canonical().is_loopback() }
    }

    /// Whether nobody can get past this guard: the server is reachable from elsewhere and has no token.
    pub fn is_closed(&self) -> bool {
        self.token.is_none() && !self.on_loopback
    }

    /// Refuses a request that may not use the control API.
    pub fn check(&self, request: &Parts) -> Result<(), Refusal> {
        match &self.token {
            Some(token) => check_token(token, &request.headers)?,
            None => self.check_local(request)?,
        }
        check_same_site(&request.headers)?;
        if request.method == Method::GET || request.method == Method::HEAD {
            return Ok(());
        }
        check_write(&request.headers)
    }

    /// Refuses a request that may not even try a token: one that a page of another site sends, or that is no JSON.
    pub fn check_login(&self, request: &Parts) -> Result<(), Refusal> {
        if self.token.is_none() {
            self.check_local(request)?;
        }
        check_same_site(&request.headers)?;
        check_write(&request.headers)
    }

    /// The cookie that a browser sends from now on when this is the token. It is not to be had by scripts or from other
    /// sites, and only over TLS where there is TLS.
    pub fn log_in(&self, given: &str, encrypted: bool) -> Option<String> {
        let token = self.token.as_ref().filter(|token| token.fits(given))?;
        Some(cookie(&token.0, "", encrypted))
    }

    /// The cookie that makes a browser forget the token.
    pub fn log_out(&self, encrypted: bool) -> String {
        cookie("", "; Max-Age=0", encrypted)
    }

    /// Whether the request carries a token, right or wrong.
    pub fn is_attempt(&self, headers: &HeaderMap) -> bool {
        tokens(headers).next().is_some()
    }

    /// Whether a token is asked for.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    fn check_local(&self, request: &Parts) -> Result<(), Refusal> {
        let headers = &request.headers;
        if !self.on_loopback {
            return Err(forbidden(
                "The server is reachable from elsewhere: start it with --token to use its control API.",
            ));
        }
        if FORWARDED_HEADERS.iter().any(|name| headers.contains_key(name)) {
            return Err(forbidden(
                "The request was forwarded by a proxy or a tunnel: start the server with --token to allow that.",
            ));
        }
        let mut hosts = headers.get_all(HOST).iter();
        let is_local = match (hosts.next(), hosts.next()) {
            (None, _) => request.version == Version::HTTP_10,
            (Some(host), None) => host.to_str().is_ok_and(is_loopback_name),
            (Some(_), Some(_)) => false,
        };
        if !is_local {
            return Err(forbidden(
                "The Host header is not this machine's: use http://localhost or http://127.0.0.1, or start the server with --token.",
            ));
        }
        Ok(())
    }
}

/// The tokens that a request carries.
fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let bearer = headers.get_all(AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, given) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(given.trim())
    });
    let cookie = headers.get_all(COOKIE).iter().filter_map(|value| {
        let pairs = value.to_str().ok()?.split(';');
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == TOKEN_COOKIE)
            .map(|(_, given)| given)
    });
    bearer.chain(cookie)
}

fn check_token(token: &Token, headers: &HeaderMap) -> Result<(), Refusal> {
    if tokens(headers).any(|given| token.fits(given)) {
        return Ok(());
    }
    Err(Refusal {
        status: StatusCode::UNAUTHORIZED,
        code: "unauthorized",
        message: "Send the token the server was started with: Authorization: Bearer TOKEN.",
    })
}

/// A browser says where a request comes from; programs say nothing.
fn check_same_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_foreign_site = headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none");
    let is_foreign_origin = headers.get(ORIGIN).is_some_and(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        origin.is_none_or(|(_, authority)| Some(authority) != host)
    });
    if is_foreign_site || is_foreign_origin {
        return Err(forbidden("The request comes from a page of another origin."));
    }
    Ok(())
}

fn check_write(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "unsupported_media_type",
            message: "Send Content-Type: application/json, also with an empty body.",
        });
    }
    Ok(())
}

fn forbidden(message: &'static str) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, code: "forbidden", message }
}

/// Whether a `Host` header's value names this machine and nothing that a name server could answer for.
fn is_loopback_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    // What is left is a port or nothing: no user information, no words after a bracket.
    let port = host.strip_prefix(name).map(|rest| rest.strip_prefix(':').map_or(rest.is_empty(), is_port));
    if port != Some(true) {
        return false;
    }
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name).trim_end_matches('.');
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Empty, too, is a port (RFC 3986 §3.2.3).
fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|octet| octet.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn check(address: &str, token: Option<&str>, method: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let guard = Guard::new(address.parse().unwrap(), token.map(str::to_owned));
        guard.check(&parts).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn on_loopback_this_machine_may_read() {
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "127.1.2.3", "[::1]:8787", "[::ffff:127.0.0.1]:1"]
        {
            assert_eq!(check("127.0.0.1:8787", None, "GET", &[("host", host)]), 200, "{host}");
        }
        assert_eq!(check("[::1]:8787", None, "GET", &[]), 403, "HTTP/1.1 has a Host");
    }

    #[test]
    fn a_name_that_was_made_to_resolve_here_is_refused() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.example:8787",
            "10.0.0.1",
            "[::2]",
            "xlocalhost",
            "a.localhost",
            "localhost:x@evil",
            "localhost@evil.example",
            "user@localhost",
            "localhost:port",
            "localhost:99999",
            "[::1]evil.example",
            "[::1]:80:80",
            "localhost/",
            "",
        ] {
            assert_eq!(check("127.0.0.1:8787", None, "GET", &[("host", host)]), 403, "{host}");
        }
    }

    #[test]
    fn a_host_that_is_not_exactly_one_name_is_refused() {
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[("host", "localhost"), ("host", "localhost")]), 403);
        let mut request = Request::get("/").header("host", &b"evil.ex\xe4mple"[..]).body(()).unwrap();
        let guard = Guard::new(([127, 0, 0, 1], 0).into(), None);
        assert!(guard.check(&request.clone().into_parts().0).is_err());
        request.headers_mut().clear();
        *request.version_mut() = Version::HTTP_10;
        assert!(guard.check(&request.into_parts().0).is_ok(), "HTTP/1.0 has no Host");
    }

    #[test]
    fn another_site_may_not_even_read() {
        let host = ("host", "localhost:8787");
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[host, ("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[host, ("sec-fetch-site", "same-site")]), 403);
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[host, ("origin", "http://evil.example")]), 403);
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[host, ("sec-fetch-site", "same-origin")]), 200);
        assert_eq!(check("127.0.0.1:8787", None, "GET", &[host, ("sec-fetch-site", "none")]), 200);
    }

    #[test]
    fn what_a_tunnel_forwards_needs_the_token() {
        let forwarded = [("host", "localhost"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(check("127.0.0.1:8787", None, "GET", &forwarded), 403);
        for name in ["true-client-ip", "x-client-ip", "fly-client-ip", "x-original-host", "via"] {
            let forwarded = [("host", "localhost"), (name, "a")];
            assert_eq!(check("127.0.0.1:8787", None, "GET", &forwarded), 403, "{name}");
        }
        let with_token =
            [("host", "a.example"), ("x-forwarded-for", "203.0.113.9"), ("authorization", "Bearer s3cret")];
        assert_eq!(check("127.0.0.1:8787", Some("s3cret"), "GET", &with_token), 200);
    }

    #[test]
    fn elsewhere_nothing_goes_without_a_token() {
        assert_eq!(check("0.0.0.0:8787", None, "GET", &[("host", "localhost")]), 403);
        assert_eq!(check("0.0.0.0:8787", Some(""), "GET", &[("authorization", "Bearer ")]), 403);
        assert_eq!(check("0.0.0.0:8787", Some("s3cret"), "GET", &[]), 401);
        assert_eq!(check("0.0.0.0:8787", Some("s3cret"), "GET", &[("authorization", "Bearer s3cre")]), 401);
        assert_eq!(check("0.0.0.0:8787", Some("s3cret"), "GET", &[("authorization", "bearer s3cret")]), 200);
        assert_eq!(check("0.0.0.0:8787", Some("s3cret"), "GET", &[("cookie", "a=b; hookseal_token=s3cret")]), 200);
    }

    #[test]
    fn writes_are_same_origin_and_json() {
        let json = ("content-type", "application/json; charset=utf-8");
        let host = ("host", "localhost:8787");
        assert_eq!(check("127.0.0.1:8787", None, "DELETE", &[host, json]), 200);
        assert_eq!(check("127.0.0.1:8787", None, "DELETE", &[host, json, ("origin", "http://localhost:8787")]), 200);
        assert_eq!(check("127.0.0.1:8787", None, "DELETE", &[host, json, ("origin", "http://evil.example")]), 403);
        assert_eq!(check("127.0.0.1:8787", None, "DELETE", &[host, json, ("origin", "null")]), 403);
        assert_eq!(check("127.0.0.1:8787", None, "PUT", &[host, ("content-type", "text/plain")]), 415);
        assert_eq!(check("127.0.0.1:8787", None, "PUT", &[host]), 415);
    }

    #[test]
    fn the_cookie_is_for_this_site_alone() {
        let guard = Guard::new(([127, 0, 0, 1], 0).into(), Some("s3cret".to_owned()));
        let cookie = guard.log_in("s3cret", true).unwrap();
        assert_eq!(cookie, "hookseal_token=s3cret; Path=/_hookseal/; HttpOnly; SameSite=Strict; Secure");
        assert!(guard.log_in("s3cre", true).is_none() && guard.log_in("", true).is_none());
        assert!(guard.log_out(false).ends_with("; SameSite=Strict; Max-Age=0"));
        assert!(Guard::new(([127, 0, 0, 1], 0).into(), None).log_in("", true).is_none());
    }

    #[test]
    fn the_token_does_not_print() {
        let guard = Guard::new(([127, 0, 0, 1], 0).into(), Some("s3cret".to_owned()));
        assert!(!format!("{guard:?}").contains("s3cret"));
    }
}
