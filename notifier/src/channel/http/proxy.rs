//! An HTTP proxy that the configuration names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use crate::channel::ChannelError;

/// Where the proxy is, and who we are there.
#[derive(Clone)]
pub(super) struct Proxy {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    pub(super) fn new(url: &Url) -> Result<Self, ChannelError> {
        let unusable = |reason: &str| ChannelError::Option { name: "proxy", reason: reason.to_owned() };
        if url.scheme() != "http" {
            return Err(unusable(
                "its URL has to begin with http://; what goes through it to https is encrypted all the same",
            ));
        }
        let mut bare = url.clone();
        let cleared = bare.set_username("").and_then(|()| bare.set_password(None));
        cleared.map_err(|()| unusable("its URL has no host: write it as in http://proxy.example:3128"))?;
        let uri = bare.as_str().parse().map_err(|_| unusable("its URL cannot be requested"))?;
        Ok(Proxy { uri, authorization: authorization(url)? })
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// The URL's user and password, if any (RFC 7617).
fn authorization(url: &Url) -> Result<Option<HeaderValue>, ChannelError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut pair = Zeroizing::new(Vec::with_capacity(url.as_str().len()));
    pair.extend(percent_decode_str(url.username()));
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
    let mut value = HeaderValue::from_str(&value).map_err(|_| ChannelError::Option {
        name: "proxy",
        reason: "its user or password cannot be sent".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}
