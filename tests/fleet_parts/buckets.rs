//! What lies in the fleet's buckets, and for whom.

use futures_util::TryStreamExt as _;
use hookseal_nats::{Connection, NatsOptions};
use hookseal_notifier::{Fleet, FleetError, Form, IntegrationType, MasterKey, NetworkGuard, Secret, Vault};
use hookseal_tests::{KEY, NatsServer, PATIENCE};

use crate::setting::{Endpoint, Host, add, eventually, fleet, options, webhook, worker};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_lies_in_the_servers_in_the_clear() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    add(&fleet, webhook(endpoint.address, "/health")).await;
    let form =
        Form { channel: Some("#ops".to_owned()), token: Some(Secret::new("xoxb-s3cret-token")), ..Form::default() };
    add(&fleet, form.create(IntegrationType::Slack, &NetworkGuard::default()).unwrap()).await;
    assert_eq!(fleet.integrations().await.unwrap().len(), 2);

    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let bucket = connection.jetstream().get_key_value("hookseal_integrations").await.unwrap();
    for integration in fleet.integrations().await.unwrap() {
        let value = bucket.get(integration.unwrap().id.as_str()).await.unwrap().unwrap();
        let value = String::from_utf8(value.to_vec()).unwrap();
        assert!(value.contains("#ops") || value.contains("/health"), "{value}");
        assert!(!value.contains("s3cret") && !value.contains(KEY), "{value}");
    }
    // Nor in any of the server's files.
    for file in files(server.folder()) {
        let content = std::fs::read(&file).unwrap_or_default();
        for secret in [KEY.as_bytes(), b"xoxb-s3cret-token"] {
            assert!(!content.windows(secret.len()).any(|window| window == secret), "{}", file.display());
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn without_a_master_key_there_is_no_fleet() {
    let error = Fleet::connect(options("nats://127.0.0.1:1"), Vault::new(None)).await.unwrap_err();
    assert!(matches!(error, FleetError::NoMasterKey), "{error:?}");
    assert!(error.to_string().contains("HOOKSEAL_MASTER_KEY"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_master_key_opens_nothing_and_loses_nothing() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    host.becomes(5).await;
    host.has_handed_over().await;

    let wrong = Vault::new(Some(MasterKey::new([8; 32])));
    let other = Fleet::connect(options(&server.url()), wrong).await.unwrap();
    let stranger = worker(&other).start().unwrap();
    let unusable = eventually("the worker tells of it", || async { stranger.status().unusable.pop() }).await;
    assert!(unusable.contains("do not open with this master key"), "{unusable}");
    let error = other.integration(integration.id.as_str()).await.unwrap_err();
    assert!(matches!(error, FleetError::Vault(_)), "{error:?}");
    assert_eq!(other.integration_id(&integration.id.as_str()[..5]).await.unwrap(), integration.id);
    assert!(endpoint.received("/health").is_empty());

    let worker = worker(&fleet).start().unwrap();
    endpoint.gets(1, "/health").await;
    worker.shutdown().await;
    stranger.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_changes_all_the_time_is_read_to_its_end_and_each_entry_once() {
    let server = NatsServer::start();
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).name("worker-1").start().unwrap();
    let _host = Host::start(&fleet).await;
    eventually("both are listed", || async { (fleet.hosts().await.unwrap().len() == 2).then_some(()) }).await;

    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let bucket = connection.jetstream().get_key_value("hookseal_hosts").await.unwrap();
    let keys: Vec<String> = bucket.keys().await.unwrap().try_collect().await.unwrap();
    let writers = keys.into_iter().map(|key| {
        let bucket = bucket.clone();
        tokio::spawn(async move {
            let value = bucket.get(&key).await.unwrap().unwrap();
            loop {
                bucket.put(&key, value.clone()).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for _ in 0..100 {
        let hosts = tokio::time::timeout(PATIENCE, fleet.hosts()).await.expect("it comes to an end").unwrap();
        assert_eq!(hosts.iter().map(|host| host.role.as_str()).collect::<Vec<_>>(), ["agent", "worker"]);
    }
    writers.iter().for_each(tokio::task::JoinHandle::abort);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_workers_say_that_they_are_there() {
    let server = NatsServer::start();
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).name("worker-1").start().unwrap();
    let _host = Host::start(&fleet).await;
    // A host that has not looked yet has nothing to watch.
    let hosts = eventually("both are listed", || async {
        Some(fleet.hosts().await.unwrap()).filter(|hosts| hosts.len() == 2 && hosts[0].resources == 1)
    })
    .await;
    assert_eq!(hosts[0].role, "agent");
    assert_eq!((hosts[1].role.as_str(), hosts[1].name.as_str()), ("worker", "worker-1"));
    worker.shutdown().await;
    assert_eq!(fleet.hosts().await.unwrap().len(), 1, "it said goodbye");
}
