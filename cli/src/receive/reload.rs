//! SIGHUP: the configuration is read again.

use std::ffi::OsString;

use hookseal_receiver::{Receiver, Tls};

use super::config::Config;
use crate::output::message;
use crate::style;

/// Puts in force what can change while the receiver runs, and says what cannot. A configuration that is wrong changes
/// nothing.
pub(super) fn reload(arguments: &[OsString], receiver: &Receiver, tls: Option<&Tls>, running: &mut Config) {
    let (heading, error, dim, reset) = (style::HEADING, style::ERROR, style::DIM, style::RESET);
    let outcome = Config::load(arguments).and_then(|config| {
        let reloaded = receiver.reload(config.rules.clone());
        reloaded.map(|()| config).map_err(|invalid| crate::failure::Failure::usage(&invalid))
    });
    let config = match outcome {
        Ok(config) => config,
        Err(failure) => {
            message(&format!("{error}Not reloaded:{reset} {}", failure.message()));
            message(&format!("  {dim}everything goes on as before{reset}"));
            return;
        }
    };
    if let (Some(tls), Some(new)) = (tls, &config.tls) {
        tls.replace(new);
    }
    message(&format!("{heading}Reloaded:{reset} {}", config.summary()));
    let changed = config.needs_restart(running);
    if !changed.is_empty() {
        message(&format!("  {dim}changed, and needs a restart to count: {}{reset}", changed.join(", ")));
    }
    // What needs a restart is compared with what runs, the next time too.
    running.rules = config.rules;
}
