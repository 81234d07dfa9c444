//! `hookseal sign`

use std::process::ExitCode;

use hookseal::{HEADER_NAME, Signer};
use serde_json::json;

use crate::body::BodySource;
use crate::failure::Failure;
use crate::keys::SignerArgs;
use crate::output;

/// Print the X-JWS-Signature of a body
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal sign body.json --shared-key-file key.txt
  printf '{}' | hookseal sign - --shared-key-file key.txt
  curl --data-binary @body.json -H \"X-JWS-Signature: $(hookseal sign body.json)\" http://127.0.0.1:8787/

The body is taken octet for octet: a newline at its end is part of it.")]
pub(crate) struct Args {
    #[command(flatten)]
    body: BodySource,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    key: SignerArgs,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let key = args.key.key()?;
    let format = key.format().as_str();
    let mut stream = Signer::new(key).stream();
    let size = args.body.feed(&mut stream)?;
    let value = stream.finish();
    if args.json {
        let key = json!({ "format": format });
        output::json(&json!({ "header": HEADER_NAME, "signature": value, "key": key, "body_size": size }))?;
    } else {
        output::line(&value)?;
    }
    Ok(ExitCode::SUCCESS)
}
