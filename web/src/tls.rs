//! HTTPS: a certificate and its key, which can be replaced while the server runs.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::peer::Shared;

/// A server's certificate and key. Clones share them: what [`replace`](Tls::replace) puts in counts for all.
#[derive(Clone)]
pub struct Tls {
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

/// A certificate or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate's file has none.
    #[error("there is no certificate in it; PEM has it between BEGIN CERTIFICATE and END CERTIFICATE")]
    NoCertificate,
    /// The certificate's file has a broken one.
    #[error("the certificate is no sound PEM: {0}")]
    MalformedCertificate(String),
    /// The key's file has none.
    #[error("there is no private key in it; PEM has it between BEGIN PRIVATE KEY and END PRIVATE KEY")]
    NoKey,
    /// The key's file has one that asks for a passphrase.
    #[error(
        "the private key is encrypted; a server cannot ask for its passphrase. `openssl pkey -in FILE` writes it in clear"
    )]
    EncryptedKey,
    /// The key's file has a broken one.
    #[error("the private key is no sound PEM: {0}")]
    MalformedKey(String),
    /// Both are sound, but the key is not the certificate's.
    #[error("the private key is not that of the certificate")]
    Mismatch,
    /// TLS cannot use them.
    #[error("TLS cannot use them: {0}")]
    Unusable(rustls::Error),
}

impl TlsError {
    /// Whether the key's file is the one to look at, rather than the certificate's.
    pub fn is_about_the_key(&self) -> bool {
        matches!(self, TlsError::NoKey | TlsError::EncryptedKey | TlsError::MalformedKey(_) | TlsError::Mismatch)
    }
}

impl Tls {
    /// A certificate with those that it is signed by, leaf first, and its private key, in PEM.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let config = config(certificates, key)?;
        Ok(Tls { config: Arc::new(RwLock::new(Arc::new(config))) })
    }

    /// Shows new connections this other certificate.
    pub fn replace(&self, other: &Tls) {
        let config = other.current();
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    fn current(&self) -> Arc<ServerConfig> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The handshake. Who speaks HTTP without TLS is told so.
    pub(crate) async fn accept(&self, stream: Shared) -> io::Result<TlsStream<Shared>> {
        /// The first octet of every TLS connection: a handshake record.
        const HANDSHAKE: u8 = 0x16;
        let mut first = [0];
        if stream.peek(&mut first).await? > 0 && first[0].is_ascii_uppercase() && first[0] != HANDSHAKE {
            let mut stream = stream;
            stream.write_all(PLAIN_HTTP).await?;
            stream.shutdown().await?;
            return Err(io::Error::other("HTTP on a port for HTTPS"));
        }
        TlsAcceptor::from(self.current()).accept(stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 24\r\n\
connection: close\r\n\r\n{\"code\":\"tls_required\"}\n";

fn config(certificates: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::MalformedCertificate(reason(&error)))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = match PrivateKeyDer::from_pem_slice(key) {
        Ok(key) => key,
        Err(pem::Error::NoItemsFound) if contains(key, b"ENCRYPTED PRIVATE KEY") => return Err(TlsError::EncryptedKey),
        Err(pem::Error::NoItemsFound) => return Err(TlsError::NoKey),
        Err(error) => return Err(TlsError::MalformedKey(reason(&error))),
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch,
        error => TlsError::Unusable(error),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn contains(octets: &[u8], text: &[u8]) -> bool {
    octets.windows(text.len()).any(|window| window == text)
}

/// The library's words start with a capital letter or show octets as a list; ours go into a sentence.
fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("the line {} is missing", String::from_utf8_lossy(end_marker).trim_end())
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("the line {:?} does not begin a section", String::from_utf8_lossy(line))
        }
        pem::Error::Base64Decode(reason) => format!("its base64 is broken: {reason}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn each_way_to_be_wrong_is_told_apart() {
        let (certificate, key) = pair();
        let (_, other) = pair();
        let error = |certificate: &str, key: &str| Tls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(Tls::from_pem(certificate.as_bytes(), key.as_bytes()).is_ok());
        assert!(matches!(error("", &key), TlsError::NoCertificate));
        assert!(matches!(error(&key, &key), TlsError::NoCertificate));
        assert!(matches!(error(&certificate, ""), TlsError::NoKey));
        assert!(matches!(error(&certificate, &certificate), TlsError::NoKey));
        assert!(matches!(error(&certificate, &other), TlsError::Mismatch));
        assert!(matches!(error(&certificate[..80], &key), TlsError::MalformedCertificate(_)));
        assert!(matches!(error(&certificate, &key[..80]), TlsError::MalformedKey(_)));
        assert!(matches!(error(&certificate, &key.replacen("\nM", "\n*", 1)), TlsError::MalformedKey(_)));
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert!(matches!(error(&certificate, &encrypted), TlsError::EncryptedKey));
    }
}
