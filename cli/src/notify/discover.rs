//! `hookseal notify check --discover`: a configuration to begin with.

use std::process::ExitCode;

use hookseal_notifier::Discovered;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output;

/// A configuration's services, and nothing else.
#[derive(Serialize)]
struct Proposal {
    service: Vec<ServiceSection>,
}

#[derive(Serialize)]
struct ServiceSection {
    name: String,
    path: String,
}

pub(super) fn run(json: bool) -> Result<ExitCode, Failure> {
    // A path that is no UTF-8 cannot stand in a configuration.
    let found: Vec<_> =
        hookseal_notifier::discover().into_iter().filter(|found| found.path.to_str().is_some()).collect();
    if json {
        let found: Vec<_> = found
            .iter()
            .map(|found| json!({ "name": found.name, "path": found.path, "file_system": found.file_system }))
            .collect();
        output::json(&found)?;
    } else if found.is_empty() {
        return Err(Failure::refused("no file system of its own is mounted here, only what is in memory or an overlay")
            .with_hint("Name services yourself: [[service]], name = \"app\", path = \"/\". Every configured path is watched, whatever its file system."));
    } else {
        output::line(&proposal(&found)?)?;
        output::message(&format!(
            "Found {}. Rename them as notifications should call them.",
            if found.len() == 1 { "1 file system".to_owned() } else { format!("{} file systems", found.len()) }
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn proposal(found: &[Discovered]) -> Result<String, Failure> {
    let service = found
        .iter()
        .map(|found| ServiceSection { name: found.name.clone(), path: found.path.to_string_lossy().into_owned() });
    let services = toml::to_string(&Proposal { service: service.collect() })
        .map_err(|error| Failure::io(format!("cannot write TOML: {error}"), 1))?;
    let project = toml::Value::String(hookseal_notifier::Config::default().project);
    Ok(format!(
        "# What `hookseal notify run` watches. docs/notifier.md has every key.\nproject = {project}\nenvironment = \"main\"\ninterval = \"5m\"\n\n{}",
        services.trim_end()
    ))
}
