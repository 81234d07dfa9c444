//! Somebody of a fleet, to be killed: `fleet_member worker SERVERS REPLICAS`, or
//! `fleet_member agent SERVERS REPLICAS CONFIG STORE [PLACE TIMES]`: such an agent dies by SIGKILL at that place, when it passes
//! there for the so many-eth time.

use std::process::ExitCode;

use hookseal_notifier::{Notifier, Store, Worker};
use hookseal_tests::{die_at, fleet_config, fleet_on, fleet_vault};

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["worker", servers, replicas] => {
            let fleet = fleet_on(servers, replicas.parse().expect("REPLICAS is a number")).await;
            let _worker = Worker::builder(fleet, fleet_config("")).start().expect("it starts");
            std::future::pending().await
        }
        ["agent", servers, replicas, config, store, mortal @ ..] => {
            if let [place, times] = mortal {
                die_at(place, times.parse().expect("TIMES is a number"));
            }
            let fleet = fleet_on(servers, replicas.parse().expect("REPLICAS is a number")).await;
            let config = fleet_config(&std::fs::read_to_string(config).expect("the configuration is there"));
            let store = Store::open(store, fleet_vault()).expect("the store opens");
            let _notifier = Notifier::builder(config, store).fleet(fleet).start().await.expect("it starts");
            std::future::pending().await
        }
        _ => {
            eprintln!(
                "usage: fleet_member worker SERVERS REPLICAS | agent SERVERS REPLICAS CONFIG STORE [PLACE TIMES]"
            );
            ExitCode::from(2)
        }
    }
}
