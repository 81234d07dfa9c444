//! Certificates are verified, always: against Mozilla's roots and those of this machine.

use std::sync::Arc;

use hookseal_health::Severity;
use hookseal_tests::{KEY, hookseal};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::fake::accept;
use crate::setting::{PATIENT, channels, keeps_secret, message, retry, webhook};

/// A server for `localhost` that answers 204, and tells what it heard.
async fn server(certified: &CertifiedKey<KeyPair>) -> (u16, mpsc::UnboundedReceiver<String>) {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (heard, hears) = mpsc::unbounded_channel();
    let address = accept(move |_, stream| {
        let (acceptor, heard) = (acceptor.clone(), heard.clone());
        async move {
            let mut octets = vec![0; 64 * 1024];
            let mut length = 0;
            if let Ok(mut stream) = acceptor.accept(stream).await {
                length = stream.read(&mut octets).await.unwrap_or(0);
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
            heard.send(String::from_utf8_lossy(&octets[..length]).into_owned()).unwrap();
        }
    })
    .await;
    (address.port(), hears)
}

fn self_signed() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

#[tokio::test]
async fn whoever_is_not_trusted_is_sent_nothing() {
    let (port, mut hears) = server(&self_signed()).await;
    let integration = webhook(&format!("https://localhost:{port}/health"), Some(KEY));
    let sent = channels(PATIENT).send(&integration, None, &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert_eq!(
        sent.exchange.error.as_deref(),
        Some("cannot connect: the server's certificate is not valid: this machine does not trust who issued it")
    );
    assert_eq!(hears.recv().await.unwrap(), "", "nothing was sent to it");
    keeps_secret(&sent.exchange, &[KEY]);
}

#[tokio::test]
async fn who_is_trusted_by_this_machine_is() {
    let certified = self_signed();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, certified.cert.pem()).unwrap();
    let (port, mut hears) = server(&certified).await;
    let command = |arguments: &[&str]| {
        let mut command = hookseal();
        command.args(arguments).args(["--allow-network", "127.0.0.0/8", "--allow-network", "::1", "--store"]);
        command.arg(folder.path().join("hookseal.db")).current_dir(&folder);
        command
    };
    let url = format!("https://localhost:{port}/health");
    let added = command(&["integration:add", "--type", "health.webhook", "--url", &url]).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    for (trusted, status) in [(false, 4), (true, 0)] {
        let mut validate = command(&["integration:validate"]);
        if trusted {
            validate.env("SSL_CERT_FILE", &roots);
        }
        let validated = tokio::task::spawn_blocking(move || validate.output().unwrap()).await.unwrap();
        assert_eq!(validated.status.code(), Some(status), "{validated:?}");
        let heard = hears.recv().await.unwrap();
        assert_eq!(heard.starts_with("POST /health HTTP/1.1\r\n"), trusted, "{heard}");
    }
}
