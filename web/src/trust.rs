//! Whose certificates are trusted where a program connects elsewhere.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// TLS for a client that trusts the system's authorities, which an organisation adds its own to, and Mozilla's, which are
/// there on a system that has none. Reads the system's from disk: some milliseconds. `SSL_CERT_FILE` and `SSL_CERT_DIR`
/// name others.
pub fn client_tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // What cannot be read is trusted by nobody; a connection that needs it says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}
