//! A notifier that dies by SIGKILL at a named place: `mortal_notifier CONFIG STORE PLACE TIMES`, where TIMES is which
//! passing of the place is its last.

use std::process::ExitCode;

use hookseal_notifier::{Config, Notifier, Store, Vault};
use hookseal_tests::die_at;

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [config, store, place, times] = args.as_slice() else {
        eprintln!("usage: mortal_notifier CONFIG STORE PLACE TIMES");
        return ExitCode::from(2);
    };
    let times: u32 = times.parse().expect("TIMES is a number");
    die_at(place, times);
    let config = Config::read(config.as_ref()).expect("the configuration is sound");
    let store = Store::open(store, Vault::new(None)).expect("the store opens");
    let _notifier = Notifier::builder(config, store).start().await.expect("it starts");
    std::future::pending().await
}
