//! Which integration is meant.

use std::io::{IsTerminal as _, Write as _};

use hookseal_notifier::Integration;

use crate::failure::Failure;
use crate::notify::Registry;
use crate::output;

/// The integration of that id, or whose id begins so. Without one whoever sits at the terminal is asked.
pub(super) fn integration(registry: &Registry, id: Option<&str>) -> Result<Integration, Failure> {
    match id {
        Some(id) => registry.integration(id),
        None => ask(registry),
    }
}

fn ask(registry: &Registry) -> Result<Integration, Failure> {
    if !is_anybody_there() {
        return Err(Failure::refused("An integration ID is required.").with_hint("`hookseal integrations` lists them."));
    }
    let mut all = registry.integrations()?;
    if all.is_empty() {
        return Err(Failure::refused("No integrations found"));
    }
    output::message("Enter a number to choose an integration:");
    for (number, integration) in all.iter().enumerate() {
        output::message(&format!("  [{number}] {} ({})", integration.id, integration.integration_type()));
    }
    let answer = question("> ")?;
    match answer.trim().parse::<usize>() {
        Ok(number) if number < all.len() => Ok(all.swap_remove(number)),
        _ => Err(Failure::refused(format!("{:?} is none of these numbers", answer.trim()))),
    }
}

/// Whether a question can be asked and answered.
pub(super) fn is_anybody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on standard error, and reads a line.
pub(super) fn question(text: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::io(format!("cannot ask: {error}"), 1);
    let mut stderr = std::io::stderr();
    write!(stderr, "{text}").and_then(|()| stderr.flush()).map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(failed)?;
    Ok(answer)
}
