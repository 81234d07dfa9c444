//! `nats-server`, Debian's: alone, or several as a cluster.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::PATIENCE;

/// 200 once all streams and consumers are as they should be.
const HEALTH: &str = "/healthz";

/// 200 once it takes part, while its streams may still catch up with those of the others.
const SERVER_HEALTH: &str = "/healthz?js-server-only=true";

/// A server with JetStream, on ports of its own and in a folder of its own. It is killed when this is dropped.
pub struct NatsServer {
    process: Option<Child>,
    folder: TempDir,
    client: SocketAddr,
    monitor: SocketAddr,
}

impl NatsServer {
    /// Starts one, and waits until it keeps streams.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// The same with more in its configuration, such as `authorization { … }`.
    pub fn start_with(more: &str) -> Self {
        let mut server = Self::begin("alone", &format!("jetstream {{ store_dir: store }}\n{more}"));
        server.wait(HEALTH);
        server
    }

    /// One that keeps nothing.
    pub fn start_without_jetstream() -> Self {
        let mut server = Self::begin("alone", "");
        server.wait(HEALTH);
        server
    }

    fn begin(name: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let (client, monitor) = (loopback(free_port()), loopback(free_port()));
        let configuration = format!("server_name: {name}\nlisten: \"{client}\"\nhttp: \"{monitor}\"\n{more}\n");
        fs::write(folder.path().join("nats.conf"), configuration).expect("there is room");
        let mut server = NatsServer { process: None, folder, client, monitor };
        server.spawn();
        server
    }

    fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"));
        let mut command = Command::new(program());
        command.arg("--config").arg("nats.conf").current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.expect("there is room"));
        self.process = Some(command.spawn().expect("nats-server, which `cargo xtask test` installs, starts"));
    }

    /// Waits until its monitor says that all is well. Where somebody has its port for a moment, it is started again.
    fn wait(&mut self, path: &str) {
        let started = Instant::now();
        loop {
            let answer = self.ask_monitor(path);
            if matches!(&answer, Ok(answer) if answer.contains(" 200 OK\r\n")) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "nats-server is not ready: {answer:?}\n{}", self.log());
            if self.process.as_mut().is_some_and(|process| !matches!(process.try_wait(), Ok(None))) {
                self.spawn();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask_monitor(&self, path: &str) -> io::Result<String> {
        let mut monitor = TcpStream::connect_timeout(&self.monitor, Duration::from_secs(1))?;
        monitor.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(monitor, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        monitor.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.client
    }

    /// Its address as a client is told it: `nats://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("nats://{}", self.client)
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it runs");
            process.wait().expect("it is ours");
        }
    }

    /// Has it do nothing more, as where its machine hangs: who is connected stays so, and what is sent to it waits.
    pub fn freeze(&self) {
        let process = self.process.as_ref().expect("it runs");
        kill_process(Pid::from_child(process), Signal::STOP).expect("it is ours");
    }

    /// Ends it as an operator does, with SIGTERM.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            kill_process(Pid::from_child(&process), Signal::TERM).expect("it runs");
            process.wait().expect("it is ours");
        }
    }

    /// Starts it again after a [`stop`](Self::stop) or a [`kill`](Self::kill), with what it had kept.
    pub fn restart(&mut self) {
        self.kill();
        self.spawn();
        self.wait(SERVER_HEALTH);
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Servers that keep streams together.
pub struct NatsCluster {
    /// Each of them.
    pub servers: Vec<NatsServer>,
}

impl NatsCluster {
    /// Starts so many, and waits until they have found each other.
    pub fn start(servers: usize) -> Self {
        let routes: Vec<_> = (0..servers).map(|_| free_port()).collect();
        let all: Vec<_> = routes.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let begin = |(index, port): (usize, &u16)| {
            let more = format!(
                "jetstream {{ store_dir: store }}\n\
                 cluster {{ name: hookseal, listen: \"127.0.0.1:{port}\", routes: [{}] }}\n",
                all.join(", ")
            );
            NatsServer::begin(&format!("server{index}"), &more)
        };
        let mut servers: Vec<_> = routes.iter().enumerate().map(begin).collect();
        servers.iter_mut().for_each(|server| server.wait(HEALTH));
        NatsCluster { servers }
    }

    /// Their addresses as a client is told them.
    pub fn urls(&self) -> String {
        self.servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(",")
    }
}

/// Debian has it where only root's `PATH` leads.
fn program() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|folder| folder.join("nats-server")).find(|path| path.is_file());
    found.unwrap_or_else(|| PathBuf::from("/usr/sbin/nats-server"))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// One that nobody listens at: the server has to come back to the same one.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there are ports").port()
}
