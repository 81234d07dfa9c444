//! How full a service's disk is.
//!
//! Whatever touches a file system can hang for ever: on a dead NFS server even `stat` does. So paths are measured by
//! threads that nobody waits for longer than the time-out (`paths`), what hangs is left alone until it returns
//! (`stuck`), and commands are processes that are killed (`command`).

mod command;
mod discover;
mod figures;
mod mounts;
mod paths;
mod stuck;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Service, Watched};
use command::Commands;
use paths::{PathProbe, Paths};

pub use discover::{Discovered, discover};
pub use figures::{Figures, Probed};

/// Measures services, a round at a time.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use hookseal_health::Sample;
/// use hookseal_notifier::{Config, Prober};
///
/// let config = Config::parse("[[service]]\nname = \"root\"\npath = \"/\"").unwrap();
/// let prober = Prober::new(&config.services);
/// let probed = prober.round().await;
/// assert!(matches!(probed[0].disk.sample, Sample::Known(reading) if reading.total() > 0));
/// # });
/// ```
#[derive(Debug)]
pub struct Prober {
    paths: Paths,
    commands: Commands,
    /// Which of the two a service is with, and its place there.
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Path(usize),
    Command(usize),
}

impl Prober {
    /// A prober for these services.
    #[must_use]
    pub fn new(services: &[Service]) -> Self {
        let (mut paths, mut commands, mut places) = (Vec::new(), Vec::new(), Vec::with_capacity(services.len()));
        for service in services {
            places.push(match &service.watched {
                Watched::Path(path) => {
                    paths.push(PathProbe {
                        path: Arc::<std::path::Path>::from(path.as_path()),
                        timeout: service.timeout,
                    });
                    Place::Path(paths.len() - 1)
                }
                Watched::Command(argv) => {
                    commands.push((argv.clone(), service.timeout));
                    Place::Command(commands.len() - 1)
                }
            });
        }
        Prober { paths: Paths::new(paths), commands: Commands::new(commands), places }
    }

    /// Measures all services once, each within its time-out. The results are in the order of the services.
    ///
    /// Each device is asked once, however many services are on it. A service whose earlier measurement hangs is not
    /// measured again before that returns.
    pub async fn round(&self) -> Vec<Probed> {
        let (paths, commands) = tokio::join!(self.paths.round(), self.commands.round());
        let probed = self.places.iter().map(|place| match *place {
            Place::Path(at) => paths.get(at),
            Place::Command(at) => commands.get(at),
        });
        probed.map(|probed| probed.cloned().unwrap_or_else(|| Probed::unknown("it was not measured"))).collect()
    }
}

/// The system's words for an error, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A path for people.
fn shown(path: &std::path::Path) -> String {
    PathBuf::from(path).display().to_string()
}
