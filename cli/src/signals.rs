//! Being told to stop.

use std::io;

/// Completes at the first Ctrl-C or SIGTERM. A second one ends the process at once, should the first take too long.
pub(crate) async fn stop() -> io::Result<()> {
    one().await?;
    tokio::spawn(async {
        if one().await.is_ok() {
            std::process::exit(130);
        }
    });
    Ok(())
}

#[cfg(unix)]
async fn one() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn one() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
