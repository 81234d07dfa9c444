//! `hookseal verify`

use std::process::ExitCode;

use hookseal::{Error, Verified, Verifier};
use serde_json::{Map, Value, json};

use crate::body::BodySource;
use crate::failure::{Failure, FailureView};
use crate::keys::{PolicyArg, VerifierArgs};
use crate::{output, style};

/// Verify a body against its X-JWS-Signature
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal verify body.json --signature \"$VALUE\" --shared-key-file key.txt
  hookseal verify body.json --signature \"$VALUE\" --shared-key-file new.txt --shared-key-file old.txt
  hookseal verify - --signature \"$VALUE\" --key-format utf8 --json < body.json

Exit status: 0 valid, 1 not valid, 2 a usage error or a key that cannot be used.
The body must be the raw octets of the request; what a framework has parsed and written again does not verify.")]
pub(crate) struct Args {
    #[command(flatten)]
    body: BodySource,
    /// The value of the X-JWS-Signature header, exactly as it came; not trimmed
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    signature: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print nothing; the exit status tells
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    #[command(flatten)]
    keys: VerifierArgs,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let verifier = args.keys.read()?.verifier()?;
    let verdict = verify(&verifier, &args)?;
    match &verdict {
        _ if args.quiet => Ok(()),
        Ok((verified, size)) if args.json => output::json(&valid_json(verified, *size, args.keys.policy)),
        Ok((verified, size)) => output::line(&valid_text(verified, *size)),
        Err(error) if args.json => {
            let (message, hint) = (error.to_string(), error.hint());
            output::json(&FailureView { valid: false, code: error.code(), message: &message, hint: Some(&hint) })
        }
        Err(error) => output::line(&invalid_text(error)),
    }?;
    Ok(if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The outer error is the command's, the inner one the signature's.
fn verify(verifier: &Verifier, args: &Args) -> Result<Result<(Verified, u64), Error>, Failure> {
    let mut stream = match verifier.stream(&args.signature) {
        Ok(stream) => stream,
        Err(error) => return Ok(Err(error)),
    };
    let size = args.body.feed(&mut stream)?;
    Ok(stream.finish().map(|verified| (verified, size)))
}

fn valid_text(verified: &Verified, size: u64) -> String {
    let key = verified.key;
    let mut text = format!(
        "{}valid{}: {} octets, signed with key {} read as {}",
        style::VALID,
        style::RESET,
        output::grouped(size),
        key.index,
        key.format,
    );
    for parameter in &verified.header_parameters {
        let (name, value) = (parameter.name.escape_debug(), parameter.value.escape_debug());
        text.push_str(&format!("\n  header {name}: {value}"));
    }
    text
}

fn invalid_text(error: &Error) -> String {
    let (red, cyan, reset) = (style::INVALID, style::HINT, style::RESET);
    let mut text = format!("{red}not valid{reset}: {error} ({})\n  {cyan}hint:{reset} {}", error.code(), error.hint());
    if !matches!(error, Error::MissingSignature) {
        text.push_str("\n  `hookseal explain` with the same arguments finds out why.");
    }
    text
}

fn valid_json(verified: &Verified, size: u64, policy: PolicyArg) -> Value {
    let mut answer = json!({
        "valid": true,
        "key": { "index": verified.key.index, "format": verified.key.format.as_str() },
        "body_size": size,
    });
    if policy == PolicyArg::Rfc7797 {
        let parameters = verified.header_parameters.iter().map(|parameter| {
            // A number beyond what a double holds is told as it was written.
            let value = serde_json::from_str(&parameter.value).unwrap_or_else(|_| parameter.value.clone().into());
            (parameter.name.clone(), value)
        });
        answer["header_parameters"] = Value::Object(parameters.collect::<Map<_, _>>());
    }
    answer
}
