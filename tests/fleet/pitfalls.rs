//! What the fleet is built around: the ways of nats-server 2.9.10 that its design has to live with, each shown with the
//! client alone. When one of these fails with a newer server, something in `notifier/src/fleet/` may become simpler.

use std::time::Duration;

use futures_util::StreamExt as _;
use hookseal_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use hookseal_nats::jetstream::kv;
use hookseal_nats::jetstream::message::PublishMessage;
use hookseal_nats::jetstream::stream::{Config, RetentionPolicy, Stream};
use hookseal_nats::jetstream::{AckKind, Context, Message};
use hookseal_nats::{Connection, NatsOptions};
use hookseal_tests::{NatsServer, PATIENCE};

/// For so long nothing comes where nothing is to come.
const MOMENT: Duration = Duration::from_millis(400);

#[tokio::test]
async fn a_delayed_nak_holds_its_place_among_the_unacknowledged() {
    let server = NatsServer::start();
    let jetstream = connect(&server).await;
    let stream = work_queue(&jetstream).await;
    publish(&jetstream, "d.dead", "1").await;
    publish(&jetstream, "d.dead", "2").await;
    publish(&jetstream, "d.well", "3").await;

    // One consumer for everybody: two of the dead endpoint's are all that may be unacknowledged.
    let all = consumer(&stream, "all", pull::Config { max_ack_pending: 2, ..for_subject("d.>") }).await;
    for _ in 0..2 {
        let message = next(&all).await.expect("it waits");
        message.ack_with(AckKind::Nak(Some(Duration::from_secs(60)))).await.unwrap();
    }
    assert!(nothing_comes(&all).await, "the third is for another endpoint, and is held up all the same");
    stream.delete_consumer("all").await.unwrap();

    // Hence a consumer for each subject.
    let dead = consumer(&stream, "dead", pull::Config { max_ack_pending: 1, ..for_subject("d.dead") }).await;
    let well = consumer(&stream, "well", pull::Config { max_ack_pending: 1, ..for_subject("d.well") }).await;
    let first = next(&dead).await.expect("it waits");
    first.ack_with(AckKind::Nak(Some(Duration::from_secs(60)))).await.unwrap();
    assert!(nothing_comes(&dead).await, "what must stay in order waits behind it");
    assert_eq!(text(&next(&well).await.expect("nobody holds it up")), "3");
}

#[tokio::test]
async fn the_delay_of_a_nak_survives_a_restart() {
    let mut server = NatsServer::start();
    let jetstream = connect(&server).await;
    let stream = work_queue(&jetstream).await;
    publish(&jetstream, "d.a", "1").await;
    let one = consumer(&stream, "one", pull::Config { max_ack_pending: 1, ..for_subject("d.a") }).await;
    let message = next(&one).await.expect("it waits");
    message.ack_with(AckKind::Nak(Some(Duration::from_secs(8)))).await.unwrap();
    jetstream.get_stream("D").await.unwrap(); // the server has read what was in front of this
    server.stop();
    server.restart();
    let jetstream = connect(&server).await;
    let stream = jetstream.get_stream("D").await.unwrap();
    let one: PullConsumer = stream.get_consumer("one").await.unwrap();
    assert!(nothing_comes(&one).await, "it is not due yet");
    let again = next(&one).await.expect("it is due");
    assert_eq!(again.info().unwrap().delivered, 2);
    // After `kill -9` it may come at once, since the server writes such things down a moment later. Hence what a worker
    // has put off is written down in a bucket too.
}

#[tokio::test]
async fn a_restart_forgets_the_message_ids_of_what_was_consumed() {
    let mut server = NatsServer::start();
    let jetstream = connect(&server).await;
    let stream = work_queue(&jetstream).await;
    for text in ["consumed", "waiting"] {
        assert!(!publish(&jetstream, "d.a", text).await, "it is new");
        assert!(publish(&jetstream, "d.a", text).await, "its id is known");
    }
    let one = consumer(&stream, "one", for_subject("d.a")).await;
    next(&one).await.expect("it waits").double_ack().await.unwrap();
    assert!(publish(&jetstream, "d.a", "consumed").await, "an acknowledgement makes nobody forget it");

    server.stop();
    server.restart();
    let jetstream = connect(&server).await;
    assert!(publish(&jetstream, "d.a", "waiting").await, "it is still there, and so is its id");
    assert!(
        !publish(&jetstream, "d.a", "consumed").await,
        "taken for new: hence the event's id, which tells receivers"
    );
}

#[tokio::test]
async fn a_known_message_id_counts_before_the_expected_revision() {
    let server = NatsServer::start();
    let jetstream = connect(&server).await;
    let config = kv::Config { bucket: "b".to_owned(), history: 1, ..kv::Config::default() };
    let connection = Connection::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let bucket = connection.ensure_bucket(config).await.unwrap();
    let put = |revision: u64, value: &'static str| {
        let message = PublishMessage::build()
            .payload(value.into())
            .message_id("the same")
            .expected_last_subject_sequence(revision);
        let jetstream = jetstream.clone();
        async move { jetstream.send_publish("$KV.b.key", message).await.unwrap().await }
    };
    let first = put(0, "one").await.unwrap();
    let again = put(0, "two").await.expect("whoever came second must be told that he lost, and is not");
    assert_eq!((again.sequence, again.duplicate), (first.sequence, true));
    assert_eq!(bucket.get("key").await.unwrap().unwrap(), "one");
    // Hence no Msg-Id where the revision decides.
    assert!(bucket.create("key", "three".into()).await.is_err());
    assert!(bucket.update("key", "four".into(), first.sequence + 1).await.is_err());
}

#[tokio::test]
async fn at_max_deliver_a_message_stays_and_nobody_sees_it() {
    let server = NatsServer::start();
    let jetstream = connect(&server).await;
    let mut stream = work_queue(&jetstream).await;
    publish(&jetstream, "d.a", "1").await;
    let mut one = consumer(&stream, "one", pull::Config { max_deliver: 2, ..for_subject("d.a") }).await;
    for _ in 0..2 {
        next(&one).await.expect("it may be tried twice").ack_with(AckKind::Nak(None)).await.unwrap();
    }
    assert!(nothing_comes(&one).await);
    assert_eq!(one.info().await.unwrap().num_pending, 0, "no figure tells of it");
    assert_eq!(stream.info().await.unwrap().state.messages, 1, "and there it lies");
    // Hence max_deliver -1, and a stream of dead letters of our own.
}

#[tokio::test]
async fn a_late_acknowledgement_removes_what_somebody_else_has_taken_over() {
    let server = NatsServer::start();
    let jetstream = connect(&server).await;
    let mut stream = work_queue(&jetstream).await;
    publish(&jetstream, "d.a", "1").await;
    publish(&jetstream, "d.a", "2").await;
    let config = pull::Config { ack_wait: Duration::from_millis(300), max_ack_pending: 1, ..for_subject("d.a") };
    let one = consumer(&stream, "one", config).await;
    let slow = next(&one).await.expect("it waits");
    tokio::time::sleep(Duration::from_millis(400)).await;
    let other = next(&one).await.expect("it is taken from the slow one");
    assert_eq!((text(&other), other.info().unwrap().delivered), ("1".to_owned(), 2));
    slow.double_ack().await.expect("nothing tells that it is too late");
    assert_eq!(stream.info().await.unwrap().state.messages, 1, "it is gone while the other one works on it");
    assert_eq!(text(&next(&one).await.expect("the next begins beside it")), "2");
    // Hence ack_wait above the exchange's time-out: whoever is too slow has given up before.
}

#[tokio::test]
async fn consumers_of_a_work_queue_may_not_overlap() {
    let server = NatsServer::start();
    let jetstream = connect(&server).await;
    let stream = work_queue(&jetstream).await;
    consumer(&stream, "one", for_subject("d.a.0")).await;
    consumer(&stream, "two", for_subject("d.a.1")).await;
    for overlapping in ["d.a.*", "d.>", "d.a.1"] {
        let config = pull::Config { durable_name: Some("three".to_owned()), ..for_subject(overlapping) };
        let error = stream.create_consumer(config).await.unwrap_err().to_string();
        assert!(error.contains("filtered consumer not unique"), "{overlapping}: {error}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let mut server = NatsServer::start();
    let jetstream = connect(&server).await;
    let mut stream = work_queue(&jetstream).await;
    for number in 0..200 {
        publish(&jetstream, "d.a", &number.to_string()).await;
    }
    assert_eq!(stream.info().await.unwrap().state.messages, 200);
    server.restart();
    let mut stream = connect(&server).await.get_stream("D").await.unwrap();
    // A power cut is another matter: the server syncs every minute. Hence replicas.
    assert_eq!(stream.info().await.unwrap().state.messages, 200);
}

async fn connect(server: &NatsServer) -> Context {
    let options = NatsOptions::parse(&server.url()).unwrap();
    Connection::connect(&options).await.unwrap().jetstream().clone()
}

/// As the fleet's is.
async fn work_queue(jetstream: &Context) -> Stream {
    let config = Config {
        name: "D".to_owned(),
        subjects: vec!["d.>".to_owned()],
        retention: RetentionPolicy::WorkQueue,
        ..Config::default()
    };
    jetstream.get_or_create_stream(config).await.unwrap()
}

fn for_subject(subject: &str) -> pull::Config {
    pull::Config {
        filter_subject: subject.to_owned(),
        ack_policy: AckPolicy::Explicit,
        max_deliver: -1,
        ..pull::Config::default()
    }
}

async fn consumer(stream: &Stream, name: &str, config: pull::Config) -> PullConsumer {
    let config = pull::Config { durable_name: Some(name.to_owned()), ..config };
    stream.create_consumer(config).await.unwrap()
}

/// Under its own text as its Msg-Id; whether the server took it for one that it has.
async fn publish(jetstream: &Context, subject: &str, text: &str) -> bool {
    let message = PublishMessage::build().payload(text.to_owned().into()).message_id(text);
    let sent = jetstream.send_publish(subject.to_owned(), message).await.unwrap();
    sent.await.unwrap().duplicate
}

/// The next message, which is there or comes soon.
async fn next(consumer: &PullConsumer) -> Option<Message> {
    next_within(PATIENCE, consumer).await
}

async fn nothing_comes(consumer: &PullConsumer) -> bool {
    next_within(MOMENT, consumer).await.is_none()
}

async fn next_within(time: Duration, consumer: &PullConsumer) -> Option<Message> {
    let batch = consumer.batch().max_messages(1).expires(time).messages().await.unwrap();
    batch.boxed().next().await.map(|message| message.unwrap())
}

fn text(message: &Message) -> String {
    String::from_utf8(message.payload.to_vec()).unwrap()
}
