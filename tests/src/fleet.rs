//! What agents and workers of a fleet agree on in these tests.

use std::time::Duration;

use hookseal_notifier::{Config, Fleet, FleetOptions, MasterKey, NatsOptions, Vault};

/// What is killed leaves a delivery unacknowledged for so long: shorter than for real, where it is fifteen seconds.
const ACK_WAIT: Duration = Duration::from_secs(2);

/// The fleet's master key.
pub fn fleet_vault() -> Vault {
    Vault::new(Some(MasterKey::new([7; 32])))
}

/// Deliveries that are given up after a second, and repeated soon. `more` is what stands in front, such as `interval = "1s"`.
pub fn fleet_config(more: &str) -> Config {
    let delivery = "[delivery]\nfirst_delay = \"50ms\"\nlongest_delay = \"200ms\"\ntimeout = \"1s\"\n";
    let text = format!("project = \"fleet\"\nallow_network = [\"127.0.0.0/8\"]\n{more}\n{delivery}");
    Config::parse(&text).expect("it is sound")
}

/// The fleet on these servers: all that is kept is kept on so many of them.
pub async fn fleet_on(servers: &str, replicas: usize) -> Fleet {
    let mut nats = NatsOptions::parse(servers).expect("these are servers");
    nats.replicas = replicas;
    let mut options = FleetOptions::new(nats, &fleet_config(""));
    options.ack_wait = ACK_WAIT;
    options.beat = Duration::from_secs(1);
    Fleet::connect(options, fleet_vault()).await.expect("there is a master key")
}
