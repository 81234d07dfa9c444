//! A fleet whose parts are killed in the middle of their work: three servers, three workers, fifty hosts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hookseal_tests::{NatsCluster, NatsServer, eventually, fleet_on};
use tokio::runtime::Runtime;

use crate::endpoint::Endpoint;
use crate::setting::{Host, add_webhooks, asked, assert_all_told, spawn_worker, start_all, transitions};

const SERVERS: usize = 3;
const WORKERS: usize = 3;
const HOSTS: usize = 50;
const PATHS: [(&str, u32); 2] = [("/one", 2), ("/many", 8)];

/// For each host; `cargo xtask soak fleet` asks for more.
const SERVICES: usize = 4;
const TURNS: usize = 5;

#[test]
fn nothing_is_lost_while_workers_a_server_and_an_agent_are_killed() {
    let (services, turns) = (asked("HOOKSEAL_FLEET_SERVICES", SERVICES), asked("HOOKSEAL_FLEET_TURNS", TURNS));
    let runtime = Runtime::new().unwrap();
    let mut cluster = NatsCluster::start(SERVERS);
    let servers = cluster.urls();
    let endpoint = runtime.block_on(Endpoint::start());
    let connect = async || fleet_on(&servers, SERVERS).await;
    let fleet = runtime.block_on(async {
        let fleet = connect().await;
        fleet.connected().wait_for(|connected| *connected).await.unwrap();
        add_webhooks(&fleet, &endpoint, &PATHS).await;
        fleet
    });

    let mut hosts: Vec<_> = (0..HOSTS).map(|number| Host::new(number, services)).collect();
    let mortal = 0;
    start_all(&runtime, &mut hosts[mortal + 1..], connect);
    hosts[mortal].spawn(&servers, SERVERS);
    hosts.iter().for_each(|host| host.await_integrations(PATHS.len()));

    let kills = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let started = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut workers: Vec<_> = (0..WORKERS).map(|_| spawn_worker(&servers, SERVERS)).collect();
            while !is_over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_secs(1));
                workers.remove(0);
                workers.push(spawn_worker(&servers, SERVERS));
                kills.fetch_add(1, Ordering::SeqCst);
            }
        });
        let _over = Over(&is_over); // also where something fails: the scope waits for the one who kills
        for turn in 0..turns {
            match turn {
                _ if turn == turns / 3 => cluster.servers[0].kill(),
                _ if turn == turns / 2 => hosts[mortal].kill(),
                _ if turn == turns * 2 / 3 => cluster.servers[0].restart(),
                _ => {}
            }
            hosts.iter_mut().for_each(Host::turn);
            if turn == turns / 2 {
                hosts[mortal].spawn(&servers, SERVERS);
            }
            hosts.iter().for_each(Host::await_turn);
        }
        let told = transitions(&hosts) * PATHS.len();
        await_events(&endpoint, told);
    });
    let took = started.elapsed();
    drop(fleet);

    let copies = assert_all_told(&hosts, &endpoint, &PATHS);
    let told = transitions(&hosts) * PATHS.len();
    println!(
        "{} transitions of {HOSTS} hosts, told to {} integrations in {:.1} s while {} workers, a server and an agent were \
         killed: 0 lost, all in order, {copies} copies ({:.2} %)",
        transitions(&hosts),
        PATHS.len(),
        took.as_secs_f64(),
        kills.load(Ordering::SeqCst),
        copies as f64 / told as f64 * 100.0
    );
}

/// As long as something comes, there is hope. Servers that have lost one of them may take a minute to agree on who leads.
fn await_events(endpoint: &Endpoint, count: usize) {
    let (mut seen, mut last) = (0, Instant::now());
    while seen < count {
        thread::sleep(Duration::from_millis(50));
        let now = endpoint.events();
        if now > seen {
            (seen, last) = (now, Instant::now());
        }
        assert!(last.elapsed() < 3 * hookseal_tests::PATIENCE, "{seen} of {count} events came, and then nothing");
    }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn agents_lose_nothing_while_the_servers_are_away() {
    const HOSTS: usize = 10;
    const PATHS: [(&str, u32); 1] = [("/health", 4)];
    let away = Duration::from_secs(asked("HOOKSEAL_FLEET_AWAY", 3) as u64);
    let runtime = Runtime::new().unwrap();
    let mut server = NatsServer::start();
    let servers = server.url();
    let endpoint = runtime.block_on(Endpoint::start());
    let connect = async || fleet_on(&servers, 1).await;
    runtime.block_on(async {
        let fleet = connect().await;
        fleet.connected().wait_for(|connected| *connected).await.unwrap();
        add_webhooks(&fleet, &endpoint, &PATHS).await;
    });
    let mut hosts: Vec<_> = (0..HOSTS).map(|number| Host::new(number, 4)).collect();
    start_all(&runtime, &mut hosts, connect);
    hosts.iter().for_each(|host| host.await_integrations(PATHS.len()));
    let _worker = spawn_worker(&servers, 1);

    let turn = |hosts: &mut Vec<Host>| {
        hosts.iter_mut().for_each(Host::turn);
        hosts.iter().for_each(Host::await_turn);
    };
    turn(&mut hosts);
    await_events(&endpoint, transitions(&hosts));
    server.kill();
    let gone = Instant::now();
    let known = transitions(&hosts);
    while gone.elapsed() < away || transitions(&hosts) == known {
        turn(&mut hosts);
        thread::sleep(away / 10);
    }
    let waiting: usize = hosts.iter().map(Host::outbox).sum();
    assert!(waiting >= transitions(&hosts) - known, "{waiting} of what could not be handed over are kept");
    server.restart();
    let back = Instant::now();
    await_events(&endpoint, transitions(&hosts));
    let drained = back.elapsed();
    let copies = assert_all_told(&hosts, &endpoint, &PATHS);
    println!(
        "{} s without servers: {waiting} deliveries waited in {HOSTS} hosts, and all had arrived {:.1} s after they were back, \
         with {copies} copies",
        gone.elapsed().as_secs(),
        drained.as_secs_f64()
    );
    assert!(drained < Duration::from_secs(60), "{drained:?}");
}

#[test]
fn an_agent_that_is_killed_at_a_step_of_handing_over_loses_nothing() {
    const PATHS: [(&str, u32); 2] = [("/one", 1), ("/many", 4)];
    let runtime = Runtime::new().unwrap();
    let server = NatsServer::start();
    let servers = server.url();
    let endpoint = runtime.block_on(Endpoint::start());
    runtime.block_on(async {
        let fleet = fleet_on(&servers, 1).await;
        fleet.connected().wait_for(|connected| *connected).await.unwrap();
        add_webhooks(&fleet, &endpoint, &PATHS).await;
    });
    let mut hosts = [Host::new(0, 4)];
    hosts[0].spawn(&servers, 1);
    hosts[0].await_integrations(PATHS.len());
    let _worker = spawn_worker(&servers, 1);
    // The first thing that is published, and one in the middle: there are eight each time.
    for (place, times) in [("publish", 1), ("publish_done", 1), ("publish", 4), ("publish_done", 4)] {
        hosts[0].kill();
        hosts[0].turn();
        hosts[0].dies_at(place, times, &servers);
        hosts[0].await_turn();
        assert!(hosts[0].outbox() > 0, "{place}: it died before its rows were done");
        hosts[0].spawn(&servers, 1);
        await_events(&endpoint, transitions(&hosts) * PATHS.len());
        eventually("all is handed over", || (hosts[0].outbox() == 0).then_some(()));
    }
    let copies = assert_all_told(&hosts, &endpoint, &PATHS);
    println!("an agent killed at each step of handing over: {} transitions, {copies} copies", transitions(&hosts));
    assert_eq!(copies, 0, "the server knew what it had by its Msg-Id, and no server was restarted");
}
