//! `hookseal explain`

use std::process::ExitCode;

use hookseal::{Cause, Detail, Explanation, Note};

use crate::body::BodySource;
use crate::failure::Failure;
use crate::keys::{SharedKeys, VerifierArgs, no_key};
use crate::{output, style};

/// Find out why a signature does not verify, and prove it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal explain body.json --signature \"$VALUE\" --shared-key-file key.txt
  hookseal explain body.json --signature \"$VALUE\" --shared-key-file new.txt --shared-key-file old.txt
  hookseal explain - --signature \"$VALUE\" --key-format jwk --json < body.json

It tries what is known to go wrong: another reading of the key, white space, quotes or a name around it; a body that was
written again, trimmed, decoded, compressed or encoded; another signing input; a changed header value. Alone, and a key's
change together with one of the others. A cause is named only when the signature matches without it.

Exit status: 0 it verifies, or a cause is proved; 1 no cause is proved; 2 a usage error.
The answer is for whoever runs the receiver: never show it to a sender.")]
pub(crate) struct Args {
    #[command(flatten)]
    body: BodySource,
    /// The value of the X-JWS-Signature header, exactly as it came; not trimmed
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    signature: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keys: VerifierArgs,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let keys = args.keys.read()?;
    if keys.is_empty() {
        return Err(no_key());
    }
    let body = args.body.read()?;
    let explanation = keys.explain().explain(&body, &args.signature);
    if args.json {
        output::json(&explanation)?;
    } else {
        output::line(&text(&explanation, &keys))?;
    }
    let is_explained = explanation.valid || !explanation.causes.is_empty();
    Ok(if is_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(explanation: &Explanation, keys: &SharedKeys) -> String {
    let (heading, reset) = (style::HEADING, style::RESET);
    let mut text = verdict(explanation);
    if let Some(key) = explanation.key {
        let name = keys.name(key.index);
        text.push_str(&format!(" with key {} ({name}) read as {}", key.index, key.format));
    }
    if !explanation.valid {
        text.push_str(&conclusion(explanation));
    }
    for (place, cause) in explanation.causes.iter().enumerate() {
        text.push_str(&format!("\n\n{heading}{}. {}{reset}{}", place + 1, cause.id, cause_text(cause)));
    }
    for note in &explanation.notes {
        text.push_str(&format!("\n\n{heading}note: {}{reset}{}", note.id, note_text(note)));
    }
    text
}

fn verdict(explanation: &Explanation) -> String {
    let reset = style::RESET;
    match explanation.code() {
        None => format!("{}valid{reset}: there is nothing to explain; it is signed", style::VALID),
        Some(code) if explanation.causes.is_empty() => {
            format!("{}not valid{reset}: {code}, and no cause is proved", style::INVALID)
        }
        Some(code) => {
            let these = if explanation.causes.len() == 1 { "this is why" } else { "these together are why" };
            format!("{}not valid{reset}: {code}, and {these}. It is signed", style::INVALID)
        }
    }
}

/// How sure that is: what was tried, and what is left when nothing matched.
fn conclusion(explanation: &Explanation) -> String {
    let (dim, reset) = (style::DIM, style::RESET);
    let Explanation { tried, ruled_out, causes, exhausted, .. } = explanation;
    let tried = if *tried == 1 { "1 MAC".to_owned() } else { format!("{tried} MACs") };
    if !causes.is_empty() {
        return format!("\n{dim}proved by a matching MAC, after {tried}{reset}");
    }
    if explanation.tried == 0 {
        return format!("\n{dim}nothing was tried: there is no key, or no HMAC-SHA256 in the value{reset}");
    }
    let mut text = format!(
        "\n{dim}ruled out by {tried}: {} other keys, {} changes of the body, {} other signing inputs, {} pairs of a key \
         and a change{reset}",
        ruled_out.keys, ruled_out.bodies, ruled_out.inputs, ruled_out.pairs,
    );
    if *exhausted {
        text.push_str(&format!(
            "\n{dim}not everything was tried: the body is too large or the keys are too many{reset}"
        ));
    }
    if explanation.notes.iter().any(|note| note.id.starts_with("scheme.")) {
        return text;
    }
    text.push_str(&format!(
        "\n\n  {}left:{reset} the sender has an altogether different key, or the body differs in more than one way or in \
         its content. Compare the key in the sender's settings, and the body as it was on the wire.",
        style::HINT,
    ));
    text
}

fn cause_text(cause: &Cause) -> String {
    item(&cause.found, &cause.fix, &cause.detail)
}

fn note_text(note: &Note) -> String {
    item(&note.found, &note.fix, &note.detail)
}

fn item(found: &str, fix: &str, detail: &Detail) -> String {
    let (hint, dim, reset) = (style::HINT, style::DIM, style::RESET);
    let mut text = format!("\n   {found}\n   {hint}fix:{reset} {fix}");
    if !detail.is_empty() {
        let pairs: Vec<String> = detail.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        text.push_str(&format!("\n   {dim}{}{reset}", pairs.join(", ")));
    }
    text
}
