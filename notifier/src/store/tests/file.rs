//! The file itself, and how it is written to.

use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::params;

use super::*;

/// Writes a silence, which refers to nothing.
fn note(transaction: &Transaction<'_>, id: &str) -> rusqlite::Result<usize> {
    transaction
        .execute("INSERT INTO silence (id, service, severity, until, created_at) VALUES (?1, NULL, NULL, 0, 0)", [id])
}

fn noted(store: &Store) -> Vec<String> {
    store
        .read(|connection| {
            let mut select = connection.prepare("SELECT id FROM silence ORDER BY id")?;
            select.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap()
}

#[test]
fn what_is_written_is_there_after_the_process() {
    let folder = folder();
    let store = open(&folder);
    assert!(noted(&store).is_empty());
    assert_eq!(store.write_blocking(|transaction| note(transaction, "a")).unwrap(), 1);
    assert_eq!(noted(&store), ["a"]);
    drop(store);
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["hookseal.db"], "the write-ahead log is in the file");

    let store = open(&folder);
    assert_eq!(noted(&store), ["a"]);
    let settings = store.write_blocking(|transaction| {
        let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        Ok(format!("{:?}", [pragma("journal_mode")?, pragma("synchronous")?, pragma("foreign_keys")?]))
    });
    assert_eq!(settings.unwrap(), r#"[Text("wal"), Integer(2), Integer(1)]"#);
}

#[tokio::test]
async fn a_job_that_fails_takes_no_other_with_it() {
    let folder = folder();
    let store = open(&folder);
    // The writer is held up, so that what follows becomes one group.
    let (hold, held) = mpsc::channel::<()>();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.write(move |_| Ok(held.recv())).await }
    });
    tokio::task::yield_now().await;
    let jobs: Vec<_> = ["a", "b", "a", "c"]
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write(move |transaction| {
                        note(transaction, &format!("{id} before"))?;
                        note(transaction, id)
                    })
                    .await
            })
        })
        .into_iter()
        .collect();
    tokio::task::yield_now().await;
    drop(hold);
    assert!(waiting.await.unwrap().unwrap().is_err());

    let mut failed = 0;
    for job in jobs {
        failed += u32::from(job.await.unwrap().is_err());
    }
    assert_eq!(failed, 1);
    assert_eq!(noted(&store), ["a", "a before", "b", "b before", "c", "c before"]);
}

#[test]
fn a_full_store_takes_the_ballast_and_repeats() {
    let folder = folder();
    let store = open(&folder);
    assert!(store.hold_ballast().unwrap());
    // SQLite's own limit stands in for the disk's: it gives the same error.
    let limit = |transaction: &Transaction<'_>, pages: u32| {
        transaction.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    };
    store
        .write_blocking(move |transaction| {
            let pages = transaction.pragma_query_value(None, "page_count", |row| row.get(0))?;
            limit(transaction, pages)
        })
        .unwrap();
    let tries = Arc::new(AtomicU32::new(0));
    let fill = |tries: Arc<AtomicU32>, enough_after: u32| {
        move |transaction: &Transaction<'_>| {
            if tries.fetch_add(1, Ordering::Relaxed) == enough_after {
                limit(transaction, 1_000_000)?;
            }
            let text = "x".repeat(100_000);
            transaction.execute(
                "INSERT INTO silence (id, service, severity, until, created_at) VALUES (?1, ?2, NULL, 0, 0)",
                params!["full", text],
            )
        }
    };
    assert_eq!(store.write_blocking(fill(tries.clone(), 1)).unwrap(), 1);
    assert_eq!(tries.load(Ordering::Relaxed), 2);
    assert_eq!(noted(&store), ["full"]);
    assert!(!store.inner.ballast.is_held());

    store
        .write_blocking(move |transaction| {
            transaction.execute("DELETE FROM silence", [])?;
            let pages = transaction.pragma_query_value(None, "page_count", |row| row.get(0))?;
            limit(transaction, pages)
        })
        .unwrap();
    let text = "x".repeat(1_000_000);
    let error = store
        .write_blocking(move |transaction| {
            transaction.execute(
                "INSERT INTO silence (id, service, severity, until, created_at) VALUES (?1, ?2, NULL, 0, 0)",
                params!["fuller", text],
            )
        })
        .unwrap_err();
    assert!(error.is_full(), "{error}");
    assert!(error.to_string().ends_with("hookseal.db is full: make room on it"), "{error}");
    assert!(noted(&store).is_empty(), "nothing of it was written");
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("text");
    let text = "no database, but long enough to be looked at by SQLite ".repeat(50);
    std::fs::write(&path, &text).unwrap();
    let error = Store::open(&path, Vault::new(None)).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    let error = Store::open(&path, Vault::new(None)).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");

    let path = folder.path().join("newer.db");
    drop(Store::open(&path, Vault::new(None)).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = Store::open(&path, Vault::new(None)).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 7, .. }), "{error:?}");

    let error = Store::open(folder.path(), Vault::new(None)).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error:?}");
    let error = Store::open(folder.path().join("none/hookseal.db"), Vault::new(None)).unwrap_err();
    assert!(error.to_string().contains("No such file or directory"), "{error}");
}

#[test]
fn one_daemon_at_a_time() {
    let folder = folder();
    let store = open(&folder);
    let lock = store.lock_for_daemon().unwrap();
    let error = open(&folder).lock_for_daemon().unwrap_err();
    let ours = format!("(process {})", std::process::id());
    assert!(matches!(error, StoreError::InUse { .. }) && error.to_string().contains(&ours), "{error}");
    drop(lock);
    store.lock_for_daemon().unwrap();
}

#[tokio::test]
async fn another_process_is_noticed_and_waited_for() {
    let folder = folder();
    let (ours, theirs) = (open(&folder), open(&folder));
    let version = ours.data_version().await.unwrap();
    ours.write(|transaction| note(transaction, "ours")).await.unwrap();
    assert_eq!(ours.data_version().await.unwrap(), version, "what we write ourselves is no news");
    theirs.write(|transaction| note(transaction, "theirs")).await.unwrap();
    assert_ne!(ours.data_version().await.unwrap(), version);

    let held = tokio::spawn(async move {
        let slow = |transaction: &Transaction<'_>| {
            note(transaction, "slow")?;
            std::thread::sleep(std::time::Duration::from_millis(50));
            Ok(())
        };
        theirs.write(slow).await
    });
    tokio::task::yield_now().await;
    ours.write(|transaction| note(transaction, "waited")).await.unwrap();
    held.await.unwrap().unwrap();
    assert_eq!(noted(&ours), ["ours", "slow", "theirs", "waited"]);
}

#[cfg(unix)]
#[test]
fn its_files_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let store = open(&folder);
    let _lock = store.lock_for_daemon().unwrap();
    store.write_blocking(|transaction| note(transaction, "a")).unwrap();
    store.hold_ballast().unwrap();
    let mut names = Vec::new();
    for entry in folder.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["", "-shm", "-wal", ".ballast", ".lock"].map(|suffix| format!("hookseal.db{suffix}")));
}
