//! What a host hands over, and when.

use std::time::Duration;

use hookseal_nats::{Connection, NatsOptions};
use hookseal_notifier::{Form, IntegrationType, NetworkGuard, Notifier, Redeliver, StartError};
use hookseal_tests::NatsServer;

use crate::setting::{Endpoint, Host, add, config, eventually, fleet, webhook, worker};

/// How many messages the stream of deliveries holds.
async fn messages(server: &NatsServer) -> u64 {
    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let stream = connection.jetstream().get_stream("HOOKSEAL_DELIVERIES").await.unwrap();
    stream.get_info().await.unwrap().state.messages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transition_on_a_host_reaches_a_webhook_through_the_fleet() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).start().unwrap();
    let host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    host.becomes(5).await;
    let received = endpoint.gets(1, "/health").await;
    assert!(received[0].is_signed, "{received:?}");
    assert_eq!(received[0].body["type"], "health.low_disk");
    assert_eq!(received[0].body["id"], received[0].event);
    assert_eq!(received[0].body["payload"]["service"], "database");
    host.has_handed_over().await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_goes_on_without_the_fleet_and_drains_once_it_is_back() {
    let (mut server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let host = Host::start(&fleet).await;
    let worker = worker(&fleet).start().unwrap();
    add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    server.kill();
    host.wavers(5).await;
    eventually("all of it waits", || async { (host.waiting() == 10).then_some(()) }).await;
    assert!(endpoint.received("/health").is_empty());
    server.restart();
    endpoint.gets(10, "/health").await;
    assert_eq!(endpoint.severities("/health"), ["warning", "all-clear"].repeat(5));
    host.has_handed_over().await;
    // Hosts and workers still hear of what is new.
    add(&fleet, webhook(endpoint.address, "/new")).await;
    host.knows(2).await;
    host.becomes(5).await;
    endpoint.gets(1, "/new").await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_starts_without_the_fleet() {
    let (mut server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let known = fleet(&server).await;
    let mut host = Host::start(&known).await;
    add(&known, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    host.notifier.take().unwrap().shutdown().await;
    server.kill();
    let unreachable =
        hookseal_notifier::Fleet::connect(crate::setting::options(&server.url()), crate::setting::vault())
            .await
            .unwrap();
    host.run(&unreachable).await;
    host.becomes(5).await;
    eventually("it waits", || async { (host.waiting() == 1).then_some(()) }).await;
    server.restart();
    let worker = worker(&unreachable).start().unwrap();
    endpoint.gets(1, "/health").await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_without_hearing_of_it_stands_in_the_stream_once() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let mut host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    host.becomes(5).await;
    host.has_handed_over().await;
    host.notifier.take().unwrap().shutdown().await;
    assert_eq!(messages(&server).await, 1);
    // As if it had been killed before the acknowledgement: the row is not done.
    let store = host.store();
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    assert_eq!(connection.execute("UPDATE delivery SET state = 'pending', attempts = 0", []).unwrap(), 1);
    drop((connection, store));
    host.run(&fleet).await;
    host.has_handed_over().await;
    assert_eq!(messages(&server).await, 1, "the same Msg-Id");
    host.becomes(50).await;
    host.has_handed_over().await;
    assert_eq!(messages(&server).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_is_told_to_deliver_again_is_no_duplicate() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).start().unwrap();
    let host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;
    host.becomes(5).await;
    host.has_handed_over().await;
    let store = host.notifier.as_ref().unwrap().store();
    let since = Redeliver::Since(jiff::Timestamp::UNIX_EPOCH, None);
    assert_eq!(store.redeliver(&since).unwrap(), 1);
    let received = endpoint.gets(2, "/health").await;
    assert_eq!(received[0].event, received[1].event);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn integrations_and_silences_are_seen_by_all_hosts_within_a_second() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let hosts = [Host::start(&fleet).await, Host::start(&fleet).await];
    let integration = add(&fleet, webhook(endpoint.address, "/old")).await;
    let until = jiff::Timestamp::now() + Duration::from_secs(3600);
    let silence = fleet.silence(Some("database".to_owned()), None, until).await.unwrap();
    for host in &hosts {
        host.knows(1).await;
        let store = host.notifier.as_ref().unwrap().store();
        eventually("the silence is known", || async { (store.silences().unwrap().len() == 1).then_some(()) }).await;
        host.becomes(5).await;
        assert_eq!(host.waiting(), 0, "it is silenced");
    }
    fleet.end_silence(&silence.id).await.unwrap();
    fleet.update_integration(&integration.id, webhook(endpoint.address, "/new")).await.unwrap();
    for host in &hosts {
        let store = host.notifier.as_ref().unwrap().store();
        eventually("the silence has ended", || async { store.silences().unwrap().is_empty().then_some(()) }).await;
        eventually("the new address is known", || async {
            (store.integrations().unwrap()[0].settings.public()["url"].as_str()?.ends_with("/new")).then_some(())
        })
        .await;
    }
    fleet.delete_integration(&integration.id).await.unwrap();
    for host in &hosts {
        host.knows(0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_integrations_of_its_own_is_not_taken_into_a_fleet() {
    let server = NatsServer::start();
    let fleet = fleet(&server).await;
    let host = Host::new();
    let form = Form { url: Some("https://example.com/health".to_owned()), ..Form::default() };
    let settings = form.create(IntegrationType::Webhook, &NetworkGuard::default()).unwrap();
    let own = host.store().add_integration(settings).unwrap();
    let error = Notifier::builder(config(""), host.store()).fleet(fleet).start().await.unwrap_err();
    assert!(matches!(error, StartError::Fleet(_)), "{error:?}");
    assert!(error.to_string().contains(own.id.as_str()), "{error}");
    assert_eq!(host.store().integrations().unwrap().len(), 1, "it is left as it is");
}
