//! A receiver that is away for a while.

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::time::Duration;

use hookseal_notifier::{Settings, Store, Vault};
use hookseal_tests::{KEY, Receiver, eventually, hookseal};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::setting::Setting;

const INTEGRATIONS: usize = 100;
const SERVICES: usize = 100;

#[test]
fn ten_thousand_deliveries_wait_for_a_receiver_and_all_arrive() {
    // It was free, and its port is given to nobody else as long as nobody asks for it by number.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = "interval = \"1s\"\nallow_network = [\"127.0.0.1\"]\n".to_owned();
    config += "[delivery]\nfirst_delay = \"100ms\"\nlongest_delay = \"1s\"\n";
    for number in 0..SERVICES {
        config += &format!("[[service]]\nname = \"service {number}\"\ncommand = [\"cat\", \"figures.json\"]\n");
    }
    let setting = Setting::new(&config);
    setting.write("figures.json", r#"{"available":5,"total":100}"#);
    let store = Store::open(setting.path("store.db"), Vault::new(None)).unwrap();
    for number in 0..INTEGRATIONS {
        let url = format!("http://{address}/{number}").parse().unwrap();
        store.add_integration(Settings::Webhook { url, shared_key: None }).unwrap();
    }

    let daemon = Daemon::start(&setting);
    eventually("the deliveries wait", || (waiting(&setting) == Some((INTEGRATIONS * SERVICES) as u64)).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    let vain = daemon.logged("attempt").len();
    assert!(vain >= INTEGRATIONS, "each is tried: {vain}");
    // Alone, one at a time, each is tried about three times in the first second, and once or twice in each further one.
    assert!(vain < 20 * INTEGRATIONS, "{vain} attempts while nobody was there");

    let mut command = hookseal();
    // On disk, where no delivery has to make room for another.
    let inbox = format!("sqlite:{}", setting.path("inbox.db").display());
    command.args(["receive", "--shared-key", KEY, "--accept-all", "--log", "off", "--inbox", &inbox]);
    let receiver = Receiver::start_command_at(&mut command, address);
    eventually("all has arrived", || (waiting(&setting) == Some(0)).then_some(()));

    let export = String::from_utf8(receiver.api("export?format=ndjson").body).unwrap();
    let mut events: HashMap<String, HashSet<String>> = HashMap::new();
    for line in export.lines() {
        let delivery: Value = serde_json::from_str(line).unwrap();
        let id = delivery["event"]["id"].as_str().unwrap().to_owned();
        let is_new = events.entry(delivery["path"].as_str().unwrap().to_owned()).or_default().insert(id);
        assert!(is_new, "it came twice: {delivery}");
    }
    assert_eq!(events.len(), INTEGRATIONS);
    assert!(events.values().all(|ids| ids.len() == SERVICES));

    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let peak: u32 = peak.trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 150 * 1024, "{peak} kB");
    println!("10,000 deliveries waited: {vain} attempts in vain, {peak} kB at the most");
}

/// Deliveries that have not arrived.
fn waiting(setting: &Setting) -> Option<u64> {
    let status = setting.run(["notify", "status", "--json"]).json();
    status["integrations"].as_array()?.iter().map(|integration| integration["pending"].as_u64()).sum()
}
