use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use hookseal_health::Sample;

use super::figures::Probed;
use super::paths::{FileSystem, PathProbe, Paths};
use super::{Prober, discover};
use crate::{Service, Watched};

const PATIENCE: Duration = Duration::from_secs(1);

fn path(name: &str, path: impl Into<PathBuf>) -> Service {
    Service { name: name.to_owned(), watched: Watched::Path(path.into()), timeout: Duration::from_secs(5) }
}

fn shell(script: &str, timeout: Duration) -> Service {
    let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
    Service { name: script.to_owned(), watched: Watched::Command(argv), timeout }
}

async fn probed(service: Service) -> Probed {
    Prober::new(&[service]).round().await.remove(0)
}

fn figures(sample: Sample) -> (u64, u64) {
    match sample {
        Sample::Known(reading) => (reading.available(), reading.total()),
        Sample::Unknown => panic!("unknown"),
    }
}

#[tokio::test]
async fn a_path_is_measured_as_df_does() {
    let folder = tempfile::tempdir().unwrap();
    let probed = probed(path("a", folder.path())).await;
    let df = std::process::Command::new("df").args(["-B1", "--output=avail,size"]).arg(folder.path()).output().unwrap();
    let df = String::from_utf8(df.stdout).unwrap();
    let mut df = df.lines().nth(1).unwrap().split_whitespace().map(|number| number.parse::<u64>().unwrap());
    let (available, total) = figures(probed.disk.sample);
    let apart = available.abs_diff(df.next().unwrap());
    assert!(apart < 1 << 30, "others write meanwhile, but not so much: {apart}");
    assert_eq!(total, df.next().unwrap());
}

#[tokio::test]
async fn what_cannot_be_measured_has_a_reason() {
    let missing = probed(path("a", "/does/not/exist")).await;
    assert_eq!(missing.disk.sample, Sample::Unknown);
    assert_eq!(missing.disk.reason.as_deref(), Some("/does/not/exist: no such file or directory"));
    assert_eq!(missing.inodes, Some(missing.disk));
    for (script, expected) in [
        ("echo no such database >&2; exit 3", "sh: ended with exit status: 3: no such database"),
        ("true", "sh: printed nothing"),
        ("echo full", "sh: printed what is no answer: "),
        ("echo '{\"available\":1}'", "sh: printed what is no answer: missing field `total`"),
        ("echo '{\"available\":2,\"total\":1}'", "2 of 1 bytes cannot be true"),
        ("echo '{\"available\":1,\"total\":2,\"inodes_total\":1}'", "sh: printed one of inodes_available"),
        ("yes", "sh: prints more than 64 KiB"),
    ] {
        let probed = probed(shell(script, Duration::from_secs(5))).await;
        let reason = probed.disk.reason.unwrap_or_default();
        assert!(reason.starts_with(expected), "{script}: {reason}");
    }
    let argv = vec!["/does/not/exist".to_owned()];
    let missing = Service { name: "a".to_owned(), watched: Watched::Command(argv), timeout: PATIENCE };
    assert_eq!(
        probed(missing).await.disk.reason.as_deref(),
        Some("exist: cannot be started: no such file or directory")
    );
}

#[tokio::test]
async fn a_commands_figures_are_read() {
    let probed =
        probed(shell("echo '{\"available\":19,\"total\":100,\"engine\":\"x\"}'; echo ok >&2", PATIENCE * 60)).await;
    assert_eq!((figures(probed.disk.sample), probed.inodes), ((19, 100), None));
    let script = "echo '{\"available\":1,\"total\":2,\"inodes_available\":3,\"inodes_total\":4}'";
    let probed = self::probed(shell(script, PATIENCE * 60)).await;
    assert_eq!(figures(probed.inodes.unwrap().sample), (3, 4));
}

#[tokio::test]
async fn a_command_has_none_of_our_secrets() {
    let script = "env | grep -c ^HOOKSEAL_ | sed 's/.*/{\"available\":&,\"total\":9}/'";
    // CARGO_… stands for the rest of the environment, which is handed on.
    assert_eq!(figures(probed(shell(script, PATIENCE * 60)).await.disk.sample).0, 0);
    assert_eq!(
        probed(shell("test -n \"$PATH\" && exit 7", PATIENCE * 60)).await.disk.reason.as_deref(),
        Some("sh: ended with exit status: 7")
    );
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_all_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sleep 600 & echo $! > '{}'; wait", file.display());
    let began = Instant::now();
    let probed = probed(shell(&script, PATIENCE)).await;
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(probed.disk.reason.as_deref(), Some("sh: did not end within 1s"));
    let pid = std::fs::read_to_string(file).unwrap();
    let is_there = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    while is_there() {
        assert!(began.elapsed() < Duration::from_secs(60), "the grandchild lives on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A file system of which some paths hang until they are told to answer.
#[derive(Debug, Default)]
struct Fake {
    hanging: Mutex<HashMap<PathBuf, bool>>,
    changed: Condvar,
    asked: Mutex<Vec<PathBuf>>,
    measured: AtomicUsize,
}

impl Fake {
    fn hang(&self, path: &str, hangs: bool) {
        self.hanging.lock().unwrap().insert(path.into(), hangs);
        self.changed.notify_all();
    }

    fn asked(&self) -> Vec<PathBuf> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

impl FileSystem for Fake {
    fn device(&self, path: &Path) -> std::io::Result<u64> {
        self.asked.lock().unwrap().push(path.to_owned());
        let hanging = self.hanging.lock().unwrap();
        drop(self.changed.wait_while(hanging, |hanging| hanging.get(path).copied().unwrap_or(false)).unwrap());
        Ok(1)
    }

    fn usage(&self, _: &Path) -> std::io::Result<Probed> {
        self.measured.fetch_add(1, Ordering::Relaxed);
        Ok(Probed::measured((50, 100), None))
    }
}

fn paths(fake: &Arc<Fake>, names: &[&str]) -> Paths {
    let probes = names.iter().map(|name| PathProbe { path: Path::new(name).into(), timeout: PATIENCE });
    Paths::with(probes.collect(), fake.clone())
}

fn known(round: &[Probed]) -> Vec<bool> {
    round.iter().map(|probed| probed.disk.sample != Sample::Unknown).collect()
}

#[tokio::test]
async fn what_hangs_holds_up_nothing_else_and_is_left_alone_until_it_returns() {
    let fake = Arc::new(Fake::default());
    let paths = paths(&fake, &["/a", "/b", "/c", "/d"]);
    fake.hang("/b", true);
    let first = paths.round().await;
    assert_eq!(known(&first), [true, false, true, true]);
    assert_eq!(first[1].disk.reason.as_deref(), Some("/b did not answer within 1s"));
    fake.asked();

    let second = paths.round().await;
    assert_eq!(known(&second), [true, false, true, true]);
    assert_eq!(fake.asked(), ["/a", "/c", "/d"].map(PathBuf::from));
    let reason = second[1].disk.reason.as_deref().unwrap();
    assert!(reason.starts_with("/b: has not answered for "), "nobody waits for it again: {reason}");

    fake.hang("/b", false);
    while paths.stuck().len() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(known(&paths.round().await), [true; 4]);
}

#[tokio::test]
async fn threads_that_hang_are_few() {
    let fake = Arc::new(Fake::default());
    let names: Vec<String> = (0..100).map(|number| format!("/{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let probes = names.iter().map(|name| PathProbe { path: Path::new(name).into(), timeout: Duration::from_millis(5) });
    let paths = Paths::with(probes.collect(), fake.clone());
    for name in &names {
        fake.hang(name, true);
    }
    let round = paths.round().await;
    assert_eq!(known(&round), [false; 100]);
    assert_eq!(paths.stuck().len(), 64);
    assert_eq!(round[99].disk.reason.as_deref(), Some("not measured: 64 other measurements hang"));
    for name in &names {
        fake.hang(name, false);
    }
}

#[tokio::test]
async fn each_device_is_asked_once() {
    let fake = Arc::new(Fake::default());
    let names: Vec<String> = (0..1_000).map(|number| format!("/{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let paths = paths(&fake, &names);
    assert!(known(&paths.round().await).into_iter().all(|known| known));
    assert_eq!(fake.measured.load(Ordering::Relaxed), 1);
    paths.round().await;
    assert_eq!(fake.measured.load(Ordering::Relaxed), 2);
}

#[test]
fn nothing_in_memory_is_proposed() {
    assert!(discover().iter().all(|found| found.file_system != "tmpfs" && found.path.is_absolute()));
}
