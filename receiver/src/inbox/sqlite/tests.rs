use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Version};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::delivery::tests::delivery;
use crate::delivery::{Answer, Verdict};
use crate::faults::Fault;
use crate::headers::Headers;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> SqliteInbox {
    open_with(folder, Retention::default())
}

fn open_with(folder: &TempDir, retention: Retention) -> SqliteInbox {
    let options = SqliteOptions { retention, ..SqliteOptions::default() };
    SqliteInbox::open(folder.path().join("inbox.db"), options).unwrap()
}

fn refused(target: &str) -> Delivery {
    Delivery { verdict: Verdict::Invalid, ..delivery(target, b"0123456789") }
}

async fn places(inbox: &SqliteInbox) -> Vec<(u64, String)> {
    let all = inbox.after(Position(0), 10_000).await.unwrap();
    all.into_iter().map(|(position, delivery)| (position.0, delivery.path().to_owned())).collect()
}

#[tokio::test]
async fn a_delivery_is_the_same_after_the_process() {
    let folder = folder();
    let mut headers = HeaderMap::new();
    for value in [&b"2: \xff;"[..], b"", b"one"] {
        headers.append(HeaderName::from_static("x-b"), HeaderValue::from_bytes(value).unwrap());
    }
    let odd = Delivery {
        received_at: Timestamp::from_microsecond(1_764_000_000_123_456).unwrap(),
        method: Method::from_bytes(b"BREW").unwrap(),
        http_version: Version::HTTP_10,
        peer: "[2001:db8::1]:443".parse().unwrap(),
        headers: Headers::copy(&headers, false),
        truncated: true,
        verdict: Verdict::Invalid,
        code: Some("signature_mismatch".into()),
        message: Some("the\0message".into()),
        hint: Some("a hint".into()),
        key: Some(hookseal::MatchedKey::new(3, hookseal::KeyFormat::JwkLenient)),
        replay: true,
        response: Answer { status: None, fault: Some(Fault::SlowBody) },
        ..delivery("/\u{e9}?a=%00&b", b"\x00\xff\r\n")
    };
    let plain = Delivery {
        received_at: Timestamp::from_microsecond(1).unwrap(),
        response: Answer { status: Some(StatusCode::NO_CONTENT), fault: None },
        ..delivery("*", b"")
    };
    let inbox = open(&folder);
    for kept in [&odd, &plain] {
        inbox.append(kept.clone()).await.unwrap();
    }
    let incarnation = inbox.incarnation();
    let stats = inbox.stats();
    drop(inbox);

    let inbox = open(&folder);
    assert_eq!((inbox.incarnation(), inbox.stats()), (incarnation, stats));
    assert_eq!(*inbox.latest().borrow(), Position(2));
    for kept in [odd, plain] {
        let found = inbox.get(kept.id).await.unwrap().unwrap();
        assert_eq!(format!("{found:?}"), format!("{kept:?}"));
    }
}

#[tokio::test]
async fn a_second_receiver_is_told_who_has_the_file() {
    let folder = folder();
    let inbox = open(&folder);
    let path = folder.path().join("inbox.db");
    let second = SqliteInbox::open(&path, SqliteOptions::default()).unwrap_err();
    let expected = format!("{} is another receiver's inbox: process {}", path.display(), std::process::id());
    assert_eq!(second.to_string(), expected);
    drop(inbox);
    assert!(SqliteInbox::open(&path, SqliteOptions::default()).is_ok());
}

#[test]
fn a_file_that_is_no_inbox_stays_as_it_is() {
    let folder = folder();
    let path = folder.path().join("inbox.db");
    std::fs::write(&path, "These are my notes, and no database.".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = SqliteInbox::open(&path, SqliteOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("is no inbox of hookseal's"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::remove_file(&path).unwrap();
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)").unwrap();
    drop(foreign);
    assert!(matches!(SqliteInbox::open(&path, SqliteOptions::default()), Err(SqliteError::Foreign { .. })));
    let missing = folder.path().join("nowhere/inbox.db");
    assert!(matches!(SqliteInbox::open(&missing, SqliteOptions::default()), Err(SqliteError::Io { .. })));
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let folder = folder();
    drop(open(&folder));
    let path = folder.path().join("inbox.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteInbox::open(&path, SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, SqliteError::TooNew { found: 99, .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let inbox = open(&folder);
    inbox.append(delivery("/", b"")).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 4, "the file, its log, its index and the lock: {files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn the_oldest_make_room_and_a_flood_of_refused_ones_leaves_the_valid_ones() {
    let folder = folder();
    let inbox = open_with(&folder, Retention { deliveries: Some(20), ..Retention::default() });
    for number in 0..30 {
        inbox.append(delivery(&format!("/{number}"), b"0123456789")).await.unwrap();
    }
    assert_eq!((inbox.stats().held, inbox.stats().dropped), (20, 10));
    for number in 0..100 {
        inbox.append(refused(&format!("/refused/{number}"))).await.unwrap();
    }
    let left = places(&inbox).await;
    assert_eq!((left.len(), &left[0], &left[19]), (20, &(13, "/12".into()), &(130, "/refused/99".into())));
    drop(inbox);
    let inbox = open_with(&folder, Retention { bytes: Some(1), ..Retention::default() });
    inbox.append(refused("/large")).await.unwrap();
    assert_eq!(places(&inbox).await, [(131, "/large".into())], "the newest always stays");
    assert_eq!(inbox.stats().dropped, 130);
}

#[tokio::test]
async fn what_is_too_old_goes_by_itself() {
    let folder = folder();
    let inbox = open_with(&folder, Retention { age: Some(Duration::from_secs(60)), ..Retention::default() });
    let old = Timestamp::now() - SignedDuration::from_secs(61);
    inbox.append(Delivery { received_at: old, ..delivery("/old", b"") }).await.unwrap();
    inbox.append(delivery("/young", b"")).await.unwrap();
    while inbox.stats().held > 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(places(&inbox).await, [(2, "/young".into())]);
    assert_eq!(inbox.stats().dropped, 1);
}

#[tokio::test]
async fn what_is_removed_is_gone_and_places_stay_as_they_are() {
    let folder = folder();
    let inbox = open(&folder);
    let mut ids = Vec::new();
    for number in 0..600 {
        ids.push(inbox.append(delivery(&format!("/{}/{number}", number % 2), b"")).await.unwrap().id);
    }
    assert!(inbox.remove_one(ids[0]).await.unwrap() && !inbox.remove_one(ids[0]).await.unwrap());
    let odd = Filter { path: Some("/1/*".to_owned()), ..Filter::default() };
    assert_eq!(inbox.remove(&odd).await.unwrap(), 300);
    assert_eq!((inbox.stats().held, inbox.stats().dropped), (299, 0));
    assert_eq!(inbox.remove(&Filter::default()).await.unwrap(), 299);
    assert_eq!(inbox.stats(), Stats::default());
    drop(inbox);
    let inbox = open(&folder);
    inbox.append(delivery("/next", b"")).await.unwrap();
    assert_eq!(places(&inbox).await, [(601, "/next".into())]);
}

#[tokio::test]
async fn every_filter_means_the_same_as_in_memory() {
    let folder = folder();
    let inbox = open(&folder);
    let memory = crate::inbox::MemoryInbox::new(Retention::default());
    let start = Timestamp::from_microsecond(1_764_000_000_000_000).unwrap();
    for number in 0..40_i64 {
        let kept = Delivery {
            received_at: start + SignedDuration::from_millis(number),
            verdict: [Verdict::Valid, Verdict::Invalid, Verdict::Unsigned][number as usize % 3],
            code: (number % 3 == 1).then(|| "signature_mismatch".into()),
            method: if number % 5 == 0 { Method::PUT } else { Method::POST },
            ..delivery(&format!("/{}?needle{number}", number % 7), b"body")
        };
        inbox.append(kept.clone()).await.unwrap();
        memory.append(kept).await.unwrap();
    }
    let text = |text: &str| Some(text.to_owned());
    for filter in [
        Filter::default(),
        Filter { verdict: Some(Verdict::Valid), ..Filter::default() },
        Filter { verdict: Some(Verdict::Unsigned), method: text("put"), ..Filter::default() },
        Filter { code: text("signature_mismatch"), ..Filter::default() },
        Filter { path: text("/1*"), ..Filter::default() },
        Filter { since: Some(start + SignedDuration::from_millis(20)), ..Filter::default() },
        Filter { q: text("needle3"), ..Filter::default() },
        Filter { q: text("body"), path: text("/3"), ..Filter::default() },
    ] {
        for before in [None, Some(Position(17)), Some(Position(0)), Some(Position(u64::MAX))] {
            for limit in [1, 3, 100] {
                let ids = |found: Vec<(Position, Arc<Delivery>)>| -> Vec<_> {
                    found.into_iter().map(|(position, delivery)| (position, delivery.id)).collect()
                };
                let on_disk = ids(inbox.before(before, &filter, limit).await.unwrap());
                assert_eq!(on_disk, ids(memory.before(before, &filter, limit).await.unwrap()), "{filter:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_a_time_are_all_kept_once_and_in_the_order_of_their_places() {
    let folder = folder();
    let inbox = Arc::new(open(&folder));
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for number in 0..50 {
                    let kept = inbox.append(delivery(&format!("/{task}/{number}"), &[b'a'; 1_000])).await.unwrap();
                    assert!(inbox.get(kept.id).await.unwrap().is_some(), "it can be read as soon as it is kept");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let found = places(&inbox).await;
    assert_eq!(found.iter().map(|(place, _)| *place).collect::<Vec<_>>(), (1..=800).collect::<Vec<_>>());
    for task in 0..16 {
        let own: Vec<_> = found.iter().filter(|(_, path)| path.starts_with(&format!("/{task}/"))).collect();
        let in_order = own.iter().enumerate().all(|(number, (_, path))| *path == format!("/{task}/{number}"));
        assert!(in_order && own.len() == 50, "{own:?}");
    }
}

#[tokio::test]
async fn a_file_that_nobody_closed_knows_what_it_holds() {
    let folder = folder();
    let inbox = open(&folder);
    let mut some = Vec::new();
    for number in 0..1_200 {
        let target = format!("/{number}");
        let one = if number % 3 == 0 { refused(&target) } else { delivery(&target, b"0123456789") };
        some.push(inbox.append(one).await.unwrap().id);
        // Before what is counted anew.
        if number == 1_100 {
            assert!(inbox.remove_one(some[5]).await.unwrap());
        }
        if [3, 1_030, 1_100, 1_199].contains(&number) {
            let copied = tempfile::tempdir().unwrap();
            for name in ["inbox.db", "inbox.db-wal"] {
                std::fs::copy(folder.path().join(name), copied.path().join(name)).unwrap();
            }
            let copy = open(&copied);
            assert_eq!(copy.stats(), inbox.stats(), "after {number}");
            copy.append(refused("/next")).await.unwrap();
            assert_eq!(places(&copy).await.last().unwrap(), &(number + 2, "/next".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_and_passes() {
    let folder = folder();
    let path = folder.path().join("inbox.db");
    let lock = LockedFile::open(&path).unwrap();
    let (connection, state) = schema::open(&path, Synchronous::Normal).unwrap();
    let pages = |pages: i64| connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    pages(64);
    let shared = Arc::new(Shared::new(&state));
    let (jobs, waiting) = mpsc::channel(8);
    let keeper = keeper::start(&path, lock.database().clone(), Retention::default(), jobs.downgrade()).unwrap();
    let writer = Writer::new(connection, state, Retention::default(), shared.clone(), keeper).unwrap();
    let writer = std::thread::spawn(move || writer.run(waiting));
    let inbox = SqliteInbox {
        incarnation: state.incarnation,
        jobs,
        readers: Readers::new(&path),
        shared,
        writer: Some(writer),
        _lock: lock,
    };
    let mut kept = Vec::new();
    let refused = loop {
        match inbox.append(delivery(&format!("/{}", kept.len()), &[b'a'; 10_000])).await {
            Ok(delivery) => kept.push(delivery.path().to_owned()),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.to_string(), "the inbox failed: database or disk is full");
    assert!(kept.len() > 5);
    let found: Vec<_> = places(&inbox).await.into_iter().map(|(_, path)| path).collect();
    assert_eq!(found, kept);
    assert_eq!(inbox.stats().held, kept.len() as u64);
    assert!(inbox.remove(&Filter { path: Some("/1".to_owned()), ..Filter::default() }).await.is_ok());
    inbox.append(delivery("/room again", &[b'a'; 10_000])).await.unwrap();
    assert_eq!(inbox.latest().borrow().0, kept.len() as u64 + 1, "what was refused took no place");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_does_not_grow_without_end() {
    let folder = folder();
    let inbox = Arc::new(open(&folder));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for _ in 0..150 {
                    inbox.append(delivery("/", &[b'a'; 100_000])).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let log = std::fs::metadata(folder.path().join("inbox.db-wal")).unwrap().len();
    assert!(log < 90 << 20, "{} MiB of a log for 115 MiB of deliveries", log >> 20);
}

#[tokio::test]
async fn deliveries_are_taken_while_many_are_removed() {
    let folder = folder();
    let inbox = open(&folder);
    let all: Vec<_> = (0..4_000).map(|_| inbox.append(delivery("/old", b"{}"))).collect();
    futures_util::future::try_join_all(all).await.unwrap();
    let filter = Filter { verdict: Some(Verdict::Valid), ..Filter::default() };
    let mut removing = inbox.remove(&filter);
    let mut taken = 0;
    let removed = loop {
        tokio::select! {
            biased;
            kept = inbox.append(refused("/new")) => taken += u64::from(kept.is_ok()),
            removed = &mut removing => break removed.unwrap(),
        }
    };
    assert_eq!(removed, 4_000);
    assert!(taken > 5, "{taken} were taken between {} pages", 4_000 / writer::MOST_TOGETHER);
    // The last one was under way, and may have been taken too.
    inbox.check().await.unwrap();
    let held = inbox.stats().held;
    assert!(held == taken || held == taken + 1, "{taken} were taken, {held} are there");
    let by_path = Filter { path: Some("/n*".to_owned()), ..Filter::default() };
    assert_eq!(inbox.remove(&by_path).await.unwrap(), held);
    assert_eq!((inbox.stats().held, inbox.stats().bytes), (0, 0));
}

/// They share transactions, so that each is in the order in which it was sent.
#[tokio::test]
async fn what_becomes_of_deliveries_is_noted_among_new_ones() {
    let folder = folder();
    let inbox = open(&folder);
    let known: Vec<_> = (0..300).map(|_| delivery("/app", b"{}")).collect();
    let url = "http://127.0.0.1:9/app".parse().unwrap();
    let forwarded = |attempts| Forwarded { attempts, ..Forwarded::pending(&url) };
    let (first, last) = (forwarded(1), forwarded(2));
    let each = known.iter().map(async |delivery| {
        inbox.append(delivery.clone()).await?;
        inbox.note_forward(delivery.id, &first).await?;
        inbox.note_forward(delivery.id, &last).await
    });
    futures_util::future::try_join_all(each).await.unwrap();
    inbox.check().await.unwrap();
    drop(inbox);
    let inbox = open(&folder);
    for delivery in known {
        let kept = inbox.get(delivery.id).await.unwrap().unwrap();
        assert_eq!(kept.forwarded().map(|forwarded| forwarded.attempts), Some(2));
    }
}

#[tokio::test]
async fn a_limit_that_was_lowered_is_reached_step_by_step() {
    let folder = folder();
    let inbox = open(&folder);
    let all: Vec<_> = (0..6_000).map(|_| inbox.append(delivery("/", b"{}"))).collect();
    futures_util::future::try_join_all(all).await.unwrap();
    drop(inbox);
    let inbox = open_with(&folder, Retention { deliveries: Some(10), ..Retention::default() });
    inbox.append(delivery("/", b"{}")).await.unwrap();
    assert_eq!(inbox.stats().held, 6_001 - 4_096);
    inbox.append(delivery("/", b"{}")).await.unwrap();
    assert_eq!((inbox.stats().held, inbox.stats().dropped), (10, 5_992));
}
