//! `--tls-cert` and `--tls-key`.

use std::path::{Path, PathBuf};

use hookseal_receiver::Tls;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// HTTPS.
#[derive(clap::Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Serve HTTPS with this certificate (PEM), followed by those that it is signed by
    #[arg(long, value_name = "FILE", env = "HOOKSEAL_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM); both files are read again on SIGHUP
    #[arg(long, value_name = "FILE", env = "HOOKSEAL_TLS_KEY")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    pub(crate) fn read(&self) -> Result<Option<Tls>, Failure> {
        let (certificate, key) = match (&self.tls_cert, &self.tls_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(_), None) => {
                return Err(Failure::usage("--tls-cert is given without --tls-key").with_hint("Give both, or neither."));
            }
            (None, Some(_)) => {
                return Err(Failure::usage("--tls-key is given without --tls-cert").with_hint("Give both, or neither."));
            }
        };
        let certificates = read(certificate, "certificate")?;
        let octets = Zeroizing::new(read(key, "private key")?);
        let tls = Tls::from_pem(&certificates, &octets);
        tls.map(Some).map_err(|error| {
            let file = if error.is_about_the_key() { key } else { certificate };
            Failure::usage(&format!("{}: {error}", file.display())).with_code("invalid_certificate")
        })
    }
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::file(&format!("read the {what} from"), path, &error))
}
