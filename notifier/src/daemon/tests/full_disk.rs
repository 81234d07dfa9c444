//! A disk that is really full, with the store on it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::*;

/// Set for the process that has a disk of its own.
const INSIDE: &str = "HOOKSEAL_TEST_SMALL_DISK";

/// The folder of a tmpfs of 64 MiB, in a process that is started for that: mounts are its own. `None` in the process that
/// starts it, once it has ended well.
fn on_a_small_disk(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(INSIDE) {
        return Some(folder.into());
    }
    let may_mount = Command::new("unshare").args(["--mount", "--map-root-user", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        println!("left out: this machine lets nobody mount a small disk");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@""#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script]).arg(folder.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let output = command.env(INSIDE, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    None
}

/// Until nothing more goes onto the disk.
fn fill(path: &Path) {
    let mut filler = File::options().create(true).append(true).open(path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        let octets = vec![b'x'; size];
        while filler.write_all(&octets).is_ok() {}
    }
}

#[test]
fn the_ballast_makes_room_and_after_that_nothing_is_half_written() {
    let Some(folder) =
        on_a_small_disk("daemon::tests::full_disk::the_ballast_makes_room_and_after_that_nothing_is_half_written")
    else {
        return;
    };
    let store = Store::open(folder.join("hookseal.db"), Vault::new(None)).unwrap();
    let silence = |octets: usize| {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        store.silence(Some("x".repeat(octets)), None, until)
    };
    assert!(store.hold_ballast().unwrap());
    fill(&folder.join("filler"));
    silence(1 << 20).expect("the ballast's room was used");
    assert_eq!(fs::metadata(folder.join("hookseal.db.ballast")).unwrap().len(), 0);

    fill(&folder.join("filler"));
    let error = silence(1 << 20).unwrap_err();
    assert!(error.is_full(), "{error:?}");
    assert_eq!(store.silences().unwrap().len(), 1, "what was there can be read");
    assert!(!store.hold_ballast().unwrap(), "there is no room for it");

    fs::remove_file(folder.join("filler")).unwrap();
    silence(1 << 20).unwrap();
    assert!(store.hold_ballast().unwrap(), "it is made again");
    let integrity: String =
        store.read(|connection| connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))).unwrap();
    assert_eq!((integrity.as_str(), store.silences().unwrap().len()), ("ok", 2));
}

#[tokio::test]
async fn a_full_disk_is_told_of_although_the_store_is_on_it() {
    let Some(folder) = on_a_small_disk("daemon::tests::full_disk::a_full_disk_is_told_of_although_the_store_is_on_it")
    else {
        return;
    };
    let mut rig = Rig::new().await;
    rig.config.services[0].watched = Watched::Path(folder.clone());
    let open = || Store::open(folder.join("hookseal.db"), Vault::new(None)).unwrap();
    let url = format!("{}/a", rig.endpoint.url).parse().unwrap();
    open().add_integration(Settings::Webhook { url, shared_key: None }).unwrap();
    let notifier = Notifier::builder(rig.config.clone(), open()).start().await.unwrap();
    Rig::until(&notifier, |status| status.has_ballast && status.round.is_some()).await;

    fill(&folder.join("filler"));
    rig.endpoint.until("/a", &["critical"]).await;
    // Once more, and now without any ballast.
    fs::remove_file(folder.join("filler")).unwrap();
    rig.endpoint.until("/a", &["critical", "all-clear"]).await;
    fs::write(folder.join("hookseal.db.ballast"), "").unwrap();
    fill(&folder.join("filler"));
    rig.endpoint.until("/a", &["critical", "all-clear", "critical"]).await;
    fs::remove_file(folder.join("filler")).unwrap();
    rig.endpoint.until("/a", &["critical", "all-clear", "critical", "all-clear"]).await;
    Rig::until(&notifier, |status| status.store_error.is_none()).await;
    notifier.shutdown().await;
    let integrity: String =
        open().read(|connection| connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))).unwrap();
    assert_eq!(integrity, "ok");
}

#[test]
fn a_disk_that_is_read_only_is_said_to_be_so() {
    let Some(folder) = on_a_small_disk("daemon::tests::full_disk::a_disk_that_is_read_only_is_said_to_be_so") else {
        return;
    };
    let path = folder.join("hookseal.db");
    drop(Store::open(&path, Vault::new(None)).unwrap());
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&folder).status().unwrap();
    assert!(remounted.success());
    let error = Store::open(&path, Vault::new(None)).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
