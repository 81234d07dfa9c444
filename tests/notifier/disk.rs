//! A file system that fills up for real: what is told of it, to a receiver of ours and to one that is not.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookseal_tests::{KEY, Receiver, eventually, hookseal_bin, python};
use serde_json::Value;

use crate::daemon::{Daemon, seen_by};
use crate::setting::Setting;

const SIZE: usize = 10 << 20;
const INODES: usize = 1_000;

/// The vendor's recipe as a receiver, in Python.
struct Recipe {
    process: Child,
    port: u16,
    came: Arc<Mutex<Vec<Value>>>,
}

impl Recipe {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/receiver.py");
        let mut process = python().arg(script).arg(KEY).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let port = lines.next().expect("it says its port").unwrap().parse().expect("it is a port");
        let came = Arc::<Mutex<Vec<Value>>>::default();
        let coming = came.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                coming.lock().unwrap().push(serde_json::from_str(&line).expect("it prints JSON"));
            }
        });
        Recipe { process, port, came }
    }

    fn wait_for(&self, count: usize) -> Vec<Value> {
        eventually("the recipe's receiver has them", || {
            Some(self.came.lock().unwrap().clone()).filter(|came| came.len() >= count)
        })
    }
}

impl Drop for Recipe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A disk of our own.
enum Disk {
    /// A tmpfs that the notifier alone sees, so that it goes when that goes; where we see it.
    Mounted(PathBuf),
    /// Where nobody may mount anything: what a command says.
    Told(PathBuf),
}

impl Disk {
    /// Starts a notifier with a disk of its own.
    fn with_notifier(setting: &Setting, config: &str) -> (Self, Daemon) {
        let point = setting.path("disk");
        std::fs::create_dir(&point).unwrap();
        let may_mount = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(&point).output();
        if !may_mount.is_ok_and(|output| output.status.success()) {
            println!("This machine lets nobody mount a tmpfs: a command stands for the disk.");
            let figures = setting.path("figures.json");
            let disk = Disk::Told(figures);
            disk.fill(0, 0);
            setting.write("hookseal.toml", &format!("{config}\ncommand = [\"cat\", \"figures.json\"]\n"));
            return (disk, Daemon::start(setting));
        }
        setting.write("hookseal.toml", &format!("{config}\npath = \"{}\"\n", point.display()));
        let run = format!(
            "mount -t tmpfs -o size={SIZE},nr_inodes={INODES} none \"$1\" && exec \"$0\" notify run --log json"
        );
        let hookseal = setting.command([""]); // for its environment
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &run]).arg(hookseal_bin()).arg(&point).current_dir(setting.path(""));
        for (name, value) in hookseal.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let daemon = Daemon::start_command(setting, &mut command);
        (Disk::Mounted(seen_by(daemon.id(), &point)), daemon)
    }

    /// Takes so many percent of the space and of the inodes.
    fn fill(&self, space: usize, inodes: usize) {
        match self {
            Disk::Mounted(point) => {
                let file = point.join("file");
                let _ = std::fs::remove_file(&file); // there is none at first
                if space > 0 {
                    std::fs::File::create(file).unwrap().write_all(&vec![7; SIZE / 100 * space]).unwrap();
                }
                let wanted = INODES / 100 * inodes;
                for number in 0..INODES {
                    let path = point.join(number.to_string());
                    if number < wanted {
                        std::fs::File::create(path).unwrap();
                    } else {
                        let _ = std::fs::remove_file(path); // there need be none
                    }
                }
            }
            Disk::Told(figures) => {
                let (space, inodes) = (100 - space, 100 - inodes);
                let text =
                    format!(r#"{{"available":{space},"total":100,"inodes_available":{inodes},"inodes_total":100}}"#);
                let next = figures.with_extension("next");
                std::fs::write(&next, text).unwrap();
                std::fs::rename(next, figures).unwrap();
            }
        }
    }
}

#[test]
fn a_disk_that_fills_up_and_is_cleared_is_told_once_each_in_order_and_signed() {
    let ours = Receiver::with_key();
    let theirs = Recipe::start();
    let setting = Setting::new("allow_network = [\"127.0.0.1\"]");
    setting.write("key.txt", KEY);
    for url in [format!("{}/health", ours.url()), format!("http://127.0.0.1:{}/health", theirs.port)] {
        setting.add(["--type=health.webhook", &format!("--url={url}"), "--shared-key-file=key.txt"]);
    }
    let config = "store = \"store.db\"\nproject = \"shop\"\ninterval = \"1s\"\nallow_network = [\"127.0.0.1\"]\n\
                  [[service]]\nname = \"app\"";
    let (disk, daemon) = Disk::with_notifier(&setting, config);
    eventually("it has checked", || (!daemon.logged("check").is_empty()).then_some(()));

    let mut expected = Vec::new();
    for (space, inodes, resource, severity) in [
        (85, 0, "disk", "warning"),
        (95, 0, "disk", "critical"),
        (0, 0, "disk", "all-clear"),
        (0, 85, "inodes", "warning"),
        (0, 95, "inodes", "critical"),
        (0, 0, "inodes", "all-clear"),
    ] {
        disk.fill(space, inodes);
        expected.push((resource.to_owned(), severity.to_owned()));
        theirs.wait_for(expected.len());
        ours.wait_for(expected.len(), "/health");
    }
    // Two more rounds, in which there is nothing to tell.
    std::thread::sleep(Duration::from_millis(2_500));

    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let theirs = theirs.wait_for(expected.len());
    assert!(theirs.iter().all(|came| came["valid"] == true), "{theirs:#?}");
    assert!(theirs.iter().all(|came| came["event_id"] == came["body"]["id"]), "{theirs:#?}");
    let told = |came: &Value| (text(&came["body"]["payload"]["resource"]), text(&came["body"]["payload"]["severity"]));
    assert_eq!(theirs.iter().map(told).collect::<Vec<_>>(), expected);

    let mut ours = ours.deliveries("path=/health");
    ours.reverse();
    assert!(ours.iter().all(|came| came["verdict"] == "valid" && came["schema"] == "valid"), "{ours:#?}");
    let told = |came: &Value| (text(&came["event"]["resource"]), text(&came["event"]["severity"]));
    assert_eq!(ours.iter().map(told).collect::<Vec<_>>(), expected);
    let ids = |all: &[Value], id: fn(&Value) -> &Value| all.iter().map(|one| text(id(one))).collect::<Vec<_>>();
    assert_eq!(ids(&ours, |came| &came["event"]["id"]), ids(&theirs, |came| &came["body"]["id"]));
    assert_eq!(daemon.stop().code(), Some(0));
}
