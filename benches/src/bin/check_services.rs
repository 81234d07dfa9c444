//! Checks many services with the notifier, and prints how many seconds the first check took, which writes down all of them,
//! and the median of the checks after it. Each from its beginning until it is on the disk.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use hookseal_notifier::{Config, Notifier, Service, Store, Vault, Watched};

const MORE: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: check_services STORE COUNT DISK";
    let store = Store::open(args.next().ok_or(usage)?, Vault::new(None))?;
    let count: usize = args.next().ok_or(usage)?.parse()?;
    let disk = args.next().ok_or(usage)?;
    let mut config = Config::default();
    config.interval = Duration::from_secs(60 * 60);
    config.services = (0..count).map(|number| service(number, &disk)).collect();

    let notifier = Notifier::builder(config, store).start().await?;
    let mut status = notifier.subscribe();
    let (mut total, mut took) = (0.0, Vec::new());
    let mut last = None;
    for _ in 0..=MORE {
        last = status.wait_for(|status| status.round.is_some() && status.round != last).await?.round;
        let sum = seconds(&notifier.metrics()?).ok_or("there is no hookseal_check_seconds_sum")?;
        took.push(sum - total);
        total = sum;
        notifier.check_now();
    }
    notifier.shutdown().await;
    let mut more = took.split_off(1);
    more.sort_by(f64::total_cmp);
    println!("{} {}", took[0], more[MORE / 2]);
    Ok(())
}

fn service(number: usize, disk: &str) -> Service {
    let watched = Watched::Path(PathBuf::from(disk));
    Service { name: format!("service {number:06}"), watched, timeout: Duration::from_secs(60) }
}

fn seconds(metrics: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix("hookseal_check_seconds_sum "))?;
    line.parse().ok()
}
