//! `hookseal keygen`

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// Make a random shared key, in base64url as the k of a JWK
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal keygen > key.txt
  hookseal keygen --json | jq .jwk

Give the printed string to the platform (--shared-key) and to the receiver; every part of hookseal reads it as jwk.")]
pub(crate) struct Args {
    /// Octets of randomness
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(32..=1024))]
    bytes: u16,
    /// Print JSON: the string, and the JWK
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let shared_key = random_key(args.bytes.into())?;
    if args.json {
        output::json(&json!({
            "shared_key": *shared_key,
            "bytes": args.bytes,
            "jwk": { "kty": "oct", "k": *shared_key },
        }))?;
    } else {
        output::line(&shared_key)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A shared key of so many random octets, as the `k` of a JWK.
pub(crate) fn random_key(octets: usize) -> Result<Zeroizing<String>, Failure> {
    let mut random = Zeroizing::new(vec![0; octets]);
    getrandom::fill(&mut random).map_err(|error| Failure::io(format!("the system gives no randomness: {error}"), 1))?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(&random)))
}
