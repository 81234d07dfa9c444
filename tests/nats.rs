//! The connection to NATS, and its streams, with the real server.

use std::time::Duration;

use hookseal_nats::jetstream::{consumer, kv, stream};
use hookseal_nats::{Connection, NatsError, NatsOptions};
use hookseal_tests::{NatsCluster, NatsServer, PATIENCE};

fn options(servers: &str) -> NatsOptions {
    NatsOptions::parse(servers).unwrap()
}

fn orders() -> stream::Config {
    stream::Config {
        name: "ORDERS".to_owned(),
        subjects: vec!["orders.>".to_owned()],
        retention: stream::RetentionPolicy::WorkQueue,
        duplicate_window: Duration::from_secs(600),
        num_replicas: 1,
        ..stream::Config::default()
    }
}

#[tokio::test]
async fn what_is_missing_is_made_and_what_is_there_is_not_changed() {
    let server = NatsServer::start();
    let connection = Connection::connect(&options(&server.url())).await.unwrap();
    connection.ensure_stream(orders()).await.unwrap();
    let mut stream = connection.ensure_stream(orders()).await.unwrap();

    let other = stream::Config {
        retention: stream::RetentionPolicy::Limits,
        duplicate_window: Duration::from_secs(120),
        ..orders()
    };
    let error = connection.ensure_stream(other).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream ORDERS is there with other settings (retention is workqueue, and has to be limits; duplicate_window is \
         600 s, and has to be 120 s): change them with `nats stream edit ORDERS`, or give others here"
    );
    assert_eq!(stream.info().await.unwrap().config.retention, stream::RetentionPolicy::WorkQueue);
    // What the machines have room for is the operator's to say.
    connection.ensure_stream(stream::Config { max_bytes: 1 << 20, ..orders() }).await.unwrap();

    let bucket = kv::Config { bucket: "names".to_owned(), history: 1, ..kv::Config::default() };
    connection.ensure_bucket(bucket.clone()).await.unwrap().put("a", "1".into()).await.unwrap();
    let again = connection.ensure_bucket(bucket.clone()).await.unwrap();
    assert_eq!(again.get("a").await.unwrap().unwrap(), "1");
    let error = connection.ensure_bucket(kv::Config { history: 5, ..bucket }).await.unwrap_err();
    assert!(error.to_string().contains("history is 1, and has to be 5"), "{error}");

    let one = consumer::pull::Config {
        durable_name: Some("one".to_owned()),
        filter_subject: "orders.one".to_owned(),
        max_ack_pending: 1,
        ..consumer::pull::Config::default()
    };
    connection.ensure_consumer(&stream, one.clone()).await.unwrap();
    connection.ensure_consumer(&stream, one.clone()).await.unwrap();
    let error = connection.ensure_consumer(&stream, consumer::pull::Config { max_ack_pending: 9, ..one }).await;
    assert!(error.unwrap_err().to_string().contains("max_ack_pending is 1, and has to be 9"));
}

#[tokio::test]
async fn who_makes_the_same_stream_at_the_same_time_gets_the_same() {
    let server = NatsServer::start();
    let connection = Connection::connect(&options(&server.url())).await.unwrap();
    let all: Vec<_> = (0..16).map(|_| connection.ensure_stream(orders())).collect();
    for made in futures_util::future::join_all(all).await {
        made.unwrap();
    }
}

#[tokio::test]
async fn what_keeps_a_connection_or_a_stream_from_coming_about_is_told() {
    let closed = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let error = Connection::connect(&options(&format!("agent:secret@{closed}"))).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("no NATS server answers at nats://{closed}: ")), "{error}");

    let server = NatsServer::start_with("authorization { user: agent, password: secret }");
    let error = Connection::connect(&options(&server.url())).await.unwrap_err();
    assert!(matches!(error, NatsError::Unauthorized { .. }), "{error}");
    let known = format!("nats://agent:secret@{}", server.address());
    let connection = Connection::connect(&options(&known)).await.unwrap();

    let three = stream::Config { num_replicas: 3, ..orders() };
    let error = connection.ensure_stream(three).await.unwrap_err();
    assert!(error.to_string().starts_with("ORDERS cannot be kept on 3 servers: "), "{error}");
}

#[tokio::test]
async fn a_server_without_jetstream_is_told_apart() {
    let server = NatsServer::start_without_jetstream();
    let connection = Connection::connect(&options(&server.url())).await.unwrap();
    assert_eq!(connection.ensure_stream(orders()).await.unwrap_err(), NatsError::NoJetStream);
    let bucket = kv::Config { bucket: "names".to_owned(), ..kv::Config::default() };
    assert_eq!(connection.ensure_bucket(bucket).await.unwrap_err(), NatsError::NoJetStream);
}

#[tokio::test]
async fn a_connection_waits_for_a_server_and_comes_back_with_it() {
    let mut server = NatsServer::start();
    server.kill();
    let connection = Connection::connect_or_retry(&options(&server.url())).await.unwrap();
    let mut connected = connection.connected();
    assert!(!*connected.borrow());
    for _ in 0..2 {
        server.restart();
        tokio::time::timeout(PATIENCE, connected.wait_for(|connected| *connected)).await.unwrap().unwrap();
        assert_eq!(connection.trouble(), None);
        connection.ensure_stream(orders()).await.unwrap();
        server.kill();
        tokio::time::timeout(PATIENCE, connected.wait_for(|connected| !*connected)).await.unwrap().unwrap();
        assert!(connection.trouble().is_some());
    }
}

#[tokio::test]
async fn three_servers_keep_a_stream_when_one_is_lost() {
    let mut cluster = NatsCluster::start(3);
    let connection = Connection::connect(&options(&cluster.urls())).await.unwrap();
    let three = stream::Config { num_replicas: 3, ..orders() };
    let stream = connection.ensure_stream(three.clone()).await.unwrap();
    assert_eq!(stream.cached_info().config.num_replicas, 3);
    let error = connection.ensure_stream(orders()).await.unwrap_err();
    assert!(error.to_string().contains("num_replicas is 3, and has to be 1"), "{error}");

    cluster.servers[0].kill();
    let jetstream = connection.jetstream();
    let publish = async || jetstream.publish("orders.one", "1".into()).await?.await;
    let started = std::time::Instant::now();
    while publish().await.is_err() {
        assert!(started.elapsed() < PATIENCE, "the two that are left go on");
    }
    cluster.servers[0].restart();
    connection.ensure_stream(three).await.unwrap();
}
