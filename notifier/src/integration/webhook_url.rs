//! Where a webhook's deliveries go.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::{Host, Url};

/// A URL that deliveries can be posted to: `http` or `https`, with a host and without a user or a password.
///
/// ```
/// use hookseal_notifier::WebhookUrl;
///
/// let url: WebhookUrl = "https://example.com/health?team=a".parse()?;
/// assert_eq!(url.to_string(), "https://example.com/health?team=a");
/// assert!("example.com/health".parse::<WebhookUrl>().is_err());
/// # Ok::<(), hookseal_notifier::UnusableUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    /// As it was given.
    text: String,
    /// As it is requested: what browsers make of the text, such as `127.0.0.1` of `0x7f.1`.
    uri: Uri,
    host: Host,
}

/// What is longer is no address that somebody has meant.
const MAX_LENGTH: usize = 8192;

impl WebhookUrl {
    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }
}

impl FromStr for WebhookUrl {
    type Err = UnusableUrl;

    fn from_str(text: &str) -> Result<Self, UnusableUrl> {
        if text.is_empty() {
            return Err(UnusableUrl::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(UnusableUrl::TooLong);
        }
        // The URL standard drops these, so that what is requested would not be what is shown.
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err(UnusableUrl::Whitespace);
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => return Err(UnusableUrl::NotWhole),
            Err(error) => return Err(UnusableUrl::Malformed(error)),
        };
        match url.scheme() {
            "http" | "https" => {}
            // `localhost:8787/health` parses, as the path `8787/health` of the scheme `localhost`.
            _ if url.cannot_be_a_base() => return Err(UnusableUrl::NotWhole),
            scheme => return Err(UnusableUrl::Scheme(scheme.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UnusableUrl::Credentials);
        }
        let host = url.host().map(|host| host.to_owned()).ok_or(UnusableUrl::NotWhole)?;
        if url.port() == Some(0) {
            return Err(UnusableUrl::Port);
        }
        let uri = Uri::try_from(url.as_str()).map_err(|_| UnusableUrl::Unrequestable)?;
        Ok(WebhookUrl { text: text.to_owned(), uri, host })
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Nothing can be posted to this URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableUrl {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// Longer than anybody means.
    #[error("is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Whitespace or control characters.
    #[error("has whitespace or control characters in it: write a space as %20")]
    Whitespace,
    /// No scheme, or no host.
    #[error("is not a whole URL: write it with its scheme, as in https://example.com/health")]
    NotWhole,
    /// No URL at all.
    #[error("is not a URL: {0}")]
    Malformed(url::ParseError),
    /// Neither http nor https.
    #[error("has the scheme {0:?}, and deliveries are posted over http and https")]
    Scheme(String),
    /// A user or a password.
    #[error("has a user or password in it, which would be shown wherever the URL is: leave it out")]
    Credentials,
    /// Port 0.
    #[error("has port 0, which nobody listens on")]
    Port,
    /// A URL that HTTP cannot request.
    #[error("has characters that HTTP cannot request")]
    Unrequestable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_posted_to_says_why() {
        for (text, says) in [
            ("", "empty"),
            ("A-URL", "not a whole URL"),
            ("example.com/health", "not a whole URL"),
            ("localhost:8787/health", "not a whole URL"),
            ("mailto:ops@example.com", "not a whole URL"),
            ("ftp://example.com/", r#"scheme "ftp""#),
            ("https://", "is not a URL: empty host"),
            ("https:///", "is not a URL: empty host"),
            ("https://user@example.com/", "user or password"),
            ("https://:pass@example.com/", "user or password"),
            ("https://example.com/a b", "whitespace"),
            ("https://exa\nmple.com/", "whitespace"),
            ("https://example.com:0/", "port 0"),
            ("https://example.com:99999/", "invalid port number"),
            ("https://[::1/", "invalid IPv6 address"),
        ] {
            let error = text.parse::<WebhookUrl>().unwrap_err().to_string();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_LENGTH));
        assert_eq!(long.parse::<WebhookUrl>(), Err(UnusableUrl::TooLong));
    }

    #[test]
    fn it_is_shown_as_given_and_requested_as_browsers_do() {
        for (text, requested) in [
            ("https://example.com", "https://example.com/"),
            ("HTTPS://EXAMPLE.com:443/a?b=c#d", "https://example.com/a?b=c#d"),
            ("http://0x7f.1:80/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("https://b\u{fc}cher.example/\u{fc}", "https://xn--bcher-kva.example/%C3%BC"),
            ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ] {
            let url: WebhookUrl = text.parse().unwrap();
            assert_eq!(url.as_str(), text);
            assert_eq!(url.uri().to_string(), requested.split('#').next().unwrap());
        }
    }
}
