//! What the server's ways (`tests/fleet/pitfalls.rs`) do to our agents and workers: an acknowledgement that comes too late,
//! and a server that restarts while it should know its Msg-Ids.

use std::process::{Child, Command};
use std::time::Duration;

use hookseal_notifier::Fleet;
use hookseal_tests::NatsServer;
use rustix::process::{Pid, Signal, kill_process};

use crate::setting::{Endpoint, Host, add, eventually, fleet, webhook, worker};

/// A worker in a process of its own, which can be held.
struct Held(Child);

impl Held {
    fn start(server: &NatsServer) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet_member"));
        Held(command.args(["worker", &server.url(), "1"]).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn nothing_waits(fleet: &Fleet) {
    eventually("all is acknowledged", || async {
        let lag = fleet.lag().await.unwrap();
        (!lag.is_empty() && lag.iter().all(|lag| lag.waiting + lag.taken == 0)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_answers_too_late_leaves_a_copy_at_the_most_and_the_order_as_it_is() {
    let (server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/slow")).await;
    host.knows(1).await;
    endpoint.is_slow("/slow", Duration::from_millis(600));
    let late = Held::start(&server);
    host.wavers(2).await;
    endpoint.gets(1, "/slow").await;
    // The endpoint has the message, and its answer finds nobody until somebody else has been given the same message.
    late.signal(Signal::STOP);
    let other = worker(&fleet).start().unwrap();
    let received = endpoint.gets(2, "/slow").await;
    assert_eq!(received[0].event, received[1].event, "the same one, with the same id");
    late.signal(Signal::CONT);
    eventually("all have arrived", || async { (endpoint.severities("/slow").len() == 4).then_some(()) }).await;
    nothing_waits(&fleet).await;
    assert_eq!(endpoint.severities("/slow"), ["warning", "all-clear"].repeat(2));
    assert!(fleet.dead_letters(None, 10).await.unwrap().is_empty());
    other.shutdown().await;
}

/// The host's rows are as if it had been killed before the acknowledgement.
fn forget_the_acknowledgement(host: &Host) {
    let connection = rusqlite::Connection::open(host.store().path()).unwrap();
    assert_eq!(connection.execute("UPDATE delivery SET state = 'pending', attempts = 0", []).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_before_or_after_the_acknowledgement_delivers_once() {
    let (mut server, endpoint) = (NatsServer::start(), Endpoint::start().await);
    let fleet = fleet(&server).await;
    let mut host = Host::start(&fleet).await;
    add(&fleet, webhook(endpoint.address, "/health")).await;
    host.knows(1).await;

    // Before: what was published lies in a server's socket that dies.
    server.freeze();
    host.becomes(5).await;
    eventually("it is under way", || async {
        (host.notifier.as_ref().unwrap().status().deliveries.sending == 1).then_some(())
    })
    .await;
    server.restart();
    host.has_handed_over().await;

    // After: the host does not know that the server has it, and publishes it again to one that was killed meanwhile.
    host.notifier.take().unwrap().shutdown().await;
    forget_the_acknowledgement(&host);
    server.restart();
    host.run(&fleet).await;
    host.has_handed_over().await;
    let first = worker(&fleet).start().unwrap();
    let received = endpoint.gets(1, "/health").await;
    nothing_waits(&fleet).await;
    assert_eq!(endpoint.received("/health").len(), 1, "the same Msg-Id");
    first.shutdown().await;

    // A server that restarts forgets the Msg-Ids of what was consumed: then there is a copy, under the same id.
    host.notifier.take().unwrap().shutdown().await;
    forget_the_acknowledgement(&host);
    server.restart();
    host.run(&fleet).await;
    host.has_handed_over().await;
    let second = worker(&fleet).start().unwrap();
    let copies = endpoint.gets(2, "/health").await;
    assert_eq!(copies[1].event, received[0].event);
    host.becomes(50).await;
    endpoint.gets(3, "/health").await;
    assert_eq!(endpoint.severities("/health"), ["critical", "all-clear"]);
    nothing_waits(&fleet).await;
    second.shutdown().await;
}
