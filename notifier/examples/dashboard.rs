//! The dashboard with a month of made-up figures, to look at and to test with: no disk is watched, and nobody is told.
//!
//! `cargo run -p hookseal-notifier --example dashboard -- [--listen ADDRESS] [--ready-file FILE] [--token TOKEN] [--empty]
//! [--name NAME]…`. Each NAME is a service more, and stands wherever a stranger's words can.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use hookseal_notifier::{Config, Dashboard, IntegrationId, Secret, Settings, SharedKey, Store, Vault};
use jiff::Timestamp;
use made_up::{Desk, Service};
use tokio::net::TcpListener;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[path = "dashboard/made_up.rs"]
mod made_up;

const KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

struct Options {
    listen: SocketAddr,
    ready_file: Option<PathBuf>,
    token: Option<String>,
    is_empty: bool,
    names: Vec<String>,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let options = Options::read()?;
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None))?;
    let mut config = Config::default();
    config.project = "shop".to_owned();
    config.token = options.token.map(Secret::new);
    if !options.is_empty {
        fill(&store, &options.names)?;
    }
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "http://{address}/_hookseal/")?;
    if let Some(file) = options.ready_file {
        std::fs::write(file, address.to_string())?;
    }
    Dashboard::new(store, &config).serve(listener, std::future::pending()).await;
    Ok(())
}

impl Options {
    fn read() -> Outcome<Self> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut options = Options { listen, ready_file: None, token: None, is_empty: false, names: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--listen" => options.listen = value()?.parse()?,
                "--ready-file" => options.ready_file = Some(value()?.into()),
                "--token" => options.token = Some(value()?),
                "--empty" => options.is_empty = true,
                "--name" => options.names.push(value()?),
                _ => return Err(format!("{argument} is no option").into()),
            }
        }
        Ok(options)
    }
}

fn fill(store: &Store, names: &[String]) -> Outcome<()> {
    let webhook = webhook(store, "https://hooks.example.com/health", true)?;
    let slack = slack(store, "#operations")?;
    let pager = store.add_integration(Settings::PagerDuty { routing_key: Secret::new("0".repeat(32)) })?.id;
    let from_address = Some("hookseal@example.com".to_owned());
    let recipients = vec!["admin@example.com".to_owned(), "#viewers".to_owned()];
    let email = store.add_integration(Settings::Email { from_address, recipients })?.id;
    let old = webhook_of_old(store)?;

    let mut desk = Desk::open(store.path())?;
    for service in Service::all() {
        desk.watch(&service, &[&webhook, &slack, &pager, &email, &old])?;
    }
    desk.fails(&slack, "Slack answered 503 Service Unavailable", 40)?;
    desk.is_paused(&old, "the connection to 203.0.113.9:443 was refused", 9)?;
    desk.checked()?;
    for (index, name) in names.iter().enumerate() {
        let channel = self::slack(store, name)?;
        desk.watch(&Service::named(name, index), &[&channel])?;
        desk.fails(&channel, name, 5)?;
    }
    desk.deliver()?;
    let soon = |hours| Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    store.silence(Some("uploads".to_owned()), Some(hookseal_health::Line::Warning), soon(3))?;
    for name in names {
        store.silence(Some(name.clone()), None, soon(48))?;
    }
    Ok(())
}

fn webhook(store: &Store, url: &str, is_signed: bool) -> Outcome<IntegrationId> {
    let key = || SharedKey::new(Secret::new(KEY), hookseal::KeyFormat::Jwk);
    let shared_key = if is_signed { Some(key()?) } else { None };
    Ok(store.add_integration(Settings::Webhook { url: url.parse()?, shared_key })?.id)
}

fn webhook_of_old(store: &Store) -> Outcome<IntegrationId> {
    webhook(store, "https://old.example.com/notify?team=operations", false)
}

fn slack(store: &Store, channel: &str) -> Outcome<IntegrationId> {
    let token = Secret::new("xoxb-made-up");
    Ok(store.add_integration(Settings::Slack { channel: channel.to_owned(), token })?.id)
}
