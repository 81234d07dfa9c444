//! What the fuzzer starts from: the test vectors.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Target, write_seed};
use crate::repo::Repo;

pub(super) fn write(repo: &Repo, target: Target, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    for file in ["valid", "invalid", "keys"] {
        let path = repo.root().join(format!("test-vectors/{file}.json"));
        let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        let vectors: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
        for vector in vectors["vectors"].as_array().into_iter().flatten() {
            let name = vector["id"].as_str().unwrap_or_default();
            if let Some(octets) = seed(target, vector) {
                write_seed(folder, &format!("{file}-{name}"), &octets)?;
            }
        }
    }
    Ok(())
}

fn seed(target: Target, vector: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| vector[name].as_str();
    let key = vector["key"]["value"].as_str();
    let body = vector["body"]["utf8"].as_str();
    let seed = match target {
        Target::Verify => [text("signature")?, "\0", body?].concat().into_bytes(),
        Target::Header => URL_SAFE_NO_PAD.decode(text("signature")?.split('.').next()?).ok()?,
        Target::Key => key?.into(),
        Target::Explain => match text("signature").zip(body) {
            Some((value, body)) if vector["result"] != "valid" => [key?, "\0", value, "\0", body].concat().into_bytes(),
            _ => [key?, "\0a\0", body.unwrap_or("{\"a\": [1.50, \"é\"]}\n")].concat().into_bytes(),
        },
        Target::Rewrite => body?.into(),
    };
    Some(seed)
}
