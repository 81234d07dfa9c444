//! Which certificates are trusted: Mozilla's roots, and those of this machine, where private ones are installed.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};

use crate::channel::ChannelError;

pub(super) fn client_config() -> Result<ClientConfig, ChannelError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // A machine without any, or with damaged ones among them, has Mozilla's all the same.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ChannelError::Option { name: "tls", reason: error.to_string() })?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
