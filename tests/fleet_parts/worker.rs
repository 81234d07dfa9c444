//! What workers do with deliveries.

use std::time::Duration;

use hookseal_nats::{Connection, NatsOptions};
use hookseal_notifier::{
    AttemptFilter, ChannelOptions, Channels, Form, IntegrationType, NetworkGuard, NewIntegration, Secret, Worker,
};
use hookseal_tests::NatsServer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::setting::{Endpoint, Host, add, config, eventually, fleet, webhook, worker};

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_down_holds_up_nobody_else_and_gets_all_in_order() {
    let (server, dead, well) = (NatsServer::start(), Endpoint::start().await, Endpoint::start().await);
    let fleet = fleet(&server).await;
    let workers = [worker(&fleet).start().unwrap(), worker(&fleet).start().unwrap()];
    let host = Host::start(&fleet).await;
    let down = add(&fleet, webhook(dead.address, "/down")).await;
    add(&fleet, webhook(well.address, "/up")).await;
    host.knows(2).await;
    dead.answers(503);
    host.wavers(5).await;
    well.gets(10, "/up").await;
    assert_eq!(well.severities("/up"), ["warning", "all-clear"].repeat(5));
    let tried = dead.gets(3, "/down").await;
    assert!(tried.iter().all(|received| received.event == tried[0].event), "the first one holds its place");
    eventually("its health says so", || async {
        let health = fleet.endpoint_health(&down.id).await.unwrap();
        (health.failures >= 3 && health.failing_since.is_some()).then_some(())
    })
    .await;
    let lag = fleet.lag().await.unwrap();
    let lag = lag.iter().find(|lag| lag.integration == down.id).unwrap();
    assert_eq!((lag.waiting, lag.taken), (9, 1));

    dead.answers(200);
    eventually("all have arrived", || async { (dead.severities("/down").len() == 10).then_some(()) }).await;
    assert_eq!(dead.severities("/down"), ["warning", "all-clear"].repeat(5));
    eventually("all is well", || async {
        let health = fleet.endpoint_health(&down.id).await.unwrap();
        (health.failures == 0 && health.failing_since.is_none() && health.succeeded_at.is_some()).then_some(())
    })
    .await;
    let filter = AttemptFilter { integration: Some(down.id), limit: 1000, ..Default::default() };
    let attempts = fleet.attempts(&filter).await.unwrap();
    let failed: Vec<_> = attempts.iter().filter(|attempt| attempt.outcome == "retry").collect();
    assert!(failed.len() >= 3 && failed.iter().all(|attempt| attempt.status == Some(503)), "{attempts:?}");
    assert_eq!(attempts.iter().filter(|attempt| attempt.outcome == "delivered").count(), 10);
    assert!(attempts.windows(2).all(|pair| pair[0].at >= pair[1].at), "the newest first");
    for worker in workers {
        worker.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_wakes_what_waits() {
    let (server, dead) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let mut slow = config("");
    slow.delivery.first_delay = Duration::from_secs(3600);
    slow.delivery.longest_delay = Duration::from_secs(3600);
    let worker = Worker::builder(fleet.clone(), slow).start().unwrap();
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(dead.address, "/down")).await;
    host.knows(1).await;
    dead.answers(503);
    host.becomes(5).await;
    dead.gets(1, "/down").await;
    eventually("it waits", || async {
        (fleet.endpoint_health(&integration.id).await.unwrap().failures == 1).then_some(())
    })
    .await;
    dead.answers(200);
    fleet.update_integration(&integration.id, webhook(dead.address, "/mended")).await.unwrap();
    dead.gets(1, "/mended").await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_that_fails_for_too_long_is_paused_until_it_is_updated_and_the_others_hear_of_it() {
    let (server, dead, well) = (NatsServer::start(), Endpoint::start().await, Endpoint::start().await);
    let fleet = fleet(&server).await;
    let mut quick = config("");
    quick.delivery.pause_after = Duration::from_secs(1);
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let builder = Worker::builder(fleet.clone(), quick.clone());
            builder.report_after(Duration::from_millis(400)).start().unwrap()
        })
        .collect();
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(dead.address, "/down")).await;
    add(&fleet, webhook(well.address, "/up")).await;
    host.knows(2).await;
    dead.answers(503);
    host.becomes(5).await;
    eventually("it is paused", || async { fleet.endpoint_health(&integration.id).await.unwrap().paused_at }).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let tried = dead.received("/down").len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dead.received("/down").len(), tried, "nothing is tried while it is paused");
    dead.answers(200);
    fleet.update_integration(&integration.id, webhook(dead.address, "/down")).await.unwrap();
    dead.gets(tried + 1, "/down").await;
    let told = eventually("the other one hears of it", || async {
        let told: Vec<_> = well.received("/up").into_iter().map(|received| received.body).collect();
        told.iter().any(|body| body["type"] == "integration.recovered").then_some(told)
    })
    .await;
    let kinds: Vec<_> = told.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "integration.recovered").count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "integration.paused").count(), 1, "{kinds:?}");
    for worker in workers {
        worker.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_finishes_what_it_sends_and_leaves_the_rest_to_others() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let first = worker(&fleet).start().unwrap();
    let host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/slow")).await;
    host.knows(1).await;
    endpoint.is_slow("/slow", Duration::from_millis(700));
    host.wavers(2).await;
    endpoint.gets(1, "/slow").await;
    first.shutdown().await;
    let sent = endpoint.received("/slow").len();
    endpoint.is_slow("/slow", Duration::ZERO);
    let second = worker(&fleet).start().unwrap();
    endpoint.gets(4, "/slow").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let events: Vec<_> = endpoint.received("/slow").into_iter().map(|received| received.event).collect();
    assert_eq!(events.len(), 4, "nothing was sent twice, {sent} by the first: {events:?}");
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_was_sending_is_sent_again_with_the_same_event_id() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/slow")).await;
    host.knows(1).await;
    endpoint.is_slow("/slow", Duration::from_secs(60));
    host.becomes(5).await;
    host.has_handed_over().await;
    // A connection and a runtime of its own, which end in the middle.
    let (options, sent_to) = (crate::setting::options(&server.url()), endpoint.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let killed = runtime.block_on(async {
            let fleet = hookseal_notifier::Fleet::connect(options, crate::setting::vault()).await.unwrap();
            let worker = worker(&fleet).start().unwrap();
            sent_to.gets(1, "/slow").await;
            worker
        });
        runtime.shutdown_background();
        drop(killed);
    })
    .join()
    .unwrap();
    endpoint.is_slow("/slow", Duration::ZERO);
    let worker = worker(&fleet).start().unwrap();
    let received = endpoint.gets(2, "/slow").await;
    assert_eq!(received[0].event, received[1].event);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_deleted_integration_is_removed() {
    let (server, dead) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(dead.address, "/down")).await;
    host.knows(1).await;
    dead.answers(503);
    host.wavers(2).await;
    host.has_handed_over().await;
    let worker = worker(&fleet).start().unwrap();
    dead.gets(1, "/down").await;
    fleet.delete_integration(&integration.id).await.unwrap();
    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let stream = connection.jetstream().get_stream("HOOKSEAL_DELIVERIES").await.unwrap();
    eventually("nothing of it is left", || async {
        let state = stream.get_info().await.unwrap().state;
        (state.messages == 0 && state.consumer_count == 0).then_some(())
    })
    .await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_is_not_sent_what_it_was_sent_already() {
    let (server, slack) = (NatsServer::start(), Endpoint::start().await);
    slack.says("{\"ok\":true}");
    let fleet = fleet(&server).await;
    let mut config = config("");
    config.slack_api_url = Some(format!("http://{}/api/", slack.address).parse().unwrap());
    let channels = Channels::new(ChannelOptions::from(&config)).unwrap();
    let start = || Worker::builder(fleet.clone(), config.clone()).channels(channels.clone()).start().unwrap();
    let first = start();
    let form = Form { channel: Some("#ops".to_owned()), token: Some(Secret::new("xoxb-token")), ..Form::default() };
    let integration = add(&fleet, form.create(IntegrationType::Slack, &NetworkGuard::default()).unwrap()).await;
    slack.gets(1, "/api/chat.postMessage").await;
    eventually("it is acknowledged", || async {
        (fleet.lag().await.unwrap().iter().all(|lag| lag.waiting + lag.taken == 0)).then_some(())
    })
    .await;
    first.shutdown().await;

    // The same message once more, as after a server's restart, which forgets the Msg-Ids of what was consumed.
    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let mut headers = hookseal_nats::async_nats::HeaderMap::new();
    let attempts = fleet.attempts(&AttemptFilter { limit: 10, ..Default::default() }).await.unwrap();
    let (event, id) = (attempts[0].event.to_string(), integration.id.as_str());
    headers.insert("Hookseal-Event", event.as_str());
    headers.insert("Hookseal-Integration", id);
    connection.jetstream().delete_stream("HOOKSEAL_DELIVERIES").await.unwrap();
    let again = crate::setting::fleet(&server).await;
    again.prepare().await.unwrap();
    headers.insert("Nats-Msg-Id", format!("{event}/{id}").as_str());
    let jetstream = connection.jetstream();
    let published = jetstream.publish_with_headers(format!("hookseal.d.{id}.0"), headers, "{}".into()).await.unwrap();
    assert!(!published.await.unwrap().duplicate);
    let second = start();
    eventually("it is taken out of the stream", || async {
        let metrics = second.metrics().unwrap();
        metrics.contains("hookseal_fleet_skipped_total 1").then_some(())
    })
    .await;
    assert_eq!(slack.received("/api/chat.postMessage").len(), 1);
    second.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_too_long_is_given_up_with_all_that_waited_behind_it() {
    let (server, dead) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let mut hasty = config("");
    hasty.delivery.give_up_after = Duration::from_secs(1);
    let host = Host::start(&fleet).await;
    let integration = add(&fleet, webhook(dead.address, "/down")).await;
    host.knows(1).await;
    dead.answers(503);
    host.wavers(2).await;
    host.has_handed_over().await;
    let worker = Worker::builder(fleet.clone(), hasty).start().unwrap();
    let letters = eventually("all four are given up", || async {
        Some(fleet.dead_letters(Some(&integration.id), 10).await.unwrap()).filter(|letters| letters.len() == 4)
    })
    .await;
    assert!(letters[3].attempts >= 2, "the first was tried: {letters:?}");
    assert!(letters.iter().all(|letter| letter.error.as_ref().unwrap().contains("503")), "{letters:?}");
    let first = &dead.received("/down")[0].event;
    assert_eq!(*first, letters[3].event.to_string(), "in their order");
    eventually("nothing waits any more", || async {
        fleet.lag().await.unwrap().iter().all(|lag| lag.waiting + lag.taken == 0).then_some(())
    })
    .await;
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_keep_the_order_of_each_resource() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let workers = [worker(&fleet).start().unwrap(), worker(&fleet).start().unwrap()];
    let host = Host::start(&fleet).await;
    let integration = NewIntegration {
        settings: webhook(endpoint.address, "/health"),
        partitions: 4,
        project: "shop".to_owned(),
        environment: "main".to_owned(),
    };
    let integration = fleet.add_integration(integration).await.unwrap();
    host.knows(1).await;
    host.wavers(6).await;
    endpoint.gets(12, "/health").await;
    assert_eq!(endpoint.severities("/health"), ["warning", "all-clear"].repeat(6));
    let lag = fleet.lag().await.unwrap();
    assert_eq!(lag.iter().filter(|lag| lag.integration == integration.id).count(), 4);
    for worker in workers {
        worker.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_who_watches_over_it_how_it_is() {
    let mut server = NatsServer::start();
    let fleet = fleet(&server).await;
    let worker = worker(&fleet).start().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(worker.server(None).serve(listener, std::future::pending()));
    let ask = |path: &'static str| async move {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /_hookseal/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let well = ask("healthz").await;
    assert!(well.starts_with("HTTP/1.1 200 ") && well.ends_with("{\"status\":\"ok\"}"), "{well}");
    let metrics = ask("metrics").await;
    for line in ["hookseal_fleet_connected 1", "hookseal_fleet_delivered_total 0", "hookseal_fleet_dead_letters 0"] {
        assert!(metrics.lines().any(|one| one == line), "{line}: {metrics}");
    }
    server.kill();
    eventually("it says that something is wrong", || async {
        ask("healthz").await.starts_with("HTTP/1.1 503 ").then_some(())
    })
    .await;
    serving.abort();
    worker.shutdown().await;
}
