//! Certificates are verified, always.

use hookseal_health::Severity;
use hookseal_tests::KEY;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsAcceptor;

use crate::fake::accept;
use crate::setting::{PATIENT, channels, keeps_secret, message, retry, webhook};

#[tokio::test]
async fn whoever_is_not_trusted_is_sent_nothing() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let address = accept(move |_, stream| {
        let (acceptor, heard) = (acceptor.clone(), heard.clone());
        async move {
            let mut octets = Vec::new();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read_to_end(&mut octets).await;
            }
            heard.send(octets).unwrap();
        }
    })
    .await;
    let integration = webhook(&format!("https://localhost:{}/health", address.port()), Some(KEY));
    let sent = channels(PATIENT).send(&integration, None, &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    let error = sent.exchange.error.clone().unwrap();
    assert_eq!(
        error,
        "cannot connect: the server's certificate is not valid: this machine does not trust who issued it"
    );
    assert_eq!(hears.recv().await.unwrap(), b"", "nothing was sent to it");
    keeps_secret(&sent.exchange, &[KEY]);
}
