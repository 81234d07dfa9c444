//! `hookseal receive` as a process of its own.

use std::ffi::OsStr;
use std::fs::File;
use std::io::PipeReader;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Answer, Connection, KEY, Request, closed_pipe, eventually, hookseal};

/// A free port of this machine.
const ANY: &str = "127.0.0.1:0";

/// A running receiver. It is killed when this is dropped.
pub struct Receiver {
    process: Child,
    address: SocketAddr,
    admin_address: SocketAddr,
    folder: TempDir,
    /// The paths of the deliveries that were answered with 2xx.
    accepted: Mutex<Vec<String>>,
    probes: AtomicU32,
}

impl Receiver {
    /// Starts one with [`KEY`].
    pub fn with_key() -> Self {
        Self::start(["--shared-key", KEY])
    }

    /// Starts one with these arguments, and waits until it listens.
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::start_command(hookseal().arg("receive").args(arguments))
    }

    /// As [`start`](Self::start), from a command that has its `receive` and its environment.
    pub fn start_command(command: &mut Command) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let log = File::create(folder.path().join("stdout")).expect("there is room");
        Self::start_logging_to(log.into(), command, folder, ANY)
    }

    /// As [`start_command`](Self::start_command), on an address that is free.
    pub fn start_command_at(command: &mut Command, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let log = File::create(folder.path().join("stdout")).expect("there is room");
        Self::start_logging_to(log.into(), command, folder, &address.to_string())
    }

    /// As [`start_command`](Self::start_command), with a log that nobody reads any more.
    pub fn start_unread(command: &mut Command) -> Self {
        Self::start_logging_to(closed_pipe(), command, tempfile::tempdir().expect("there is room"), ANY)
    }

    /// As [`start_command`](Self::start_command), with a log into a pipe that is held open and never read.
    pub fn start_stuck(command: &mut Command) -> (Self, PipeReader) {
        let (reader, writer) = std::io::pipe().expect("the system has pipes");
        (Self::start_logging_to(writer.into(), command, tempfile::tempdir().expect("there is room"), ANY), reader)
    }

    fn start_logging_to(log: Stdio, command: &mut Command, folder: TempDir, listen: &str) -> Self {
        let messages = File::create(folder.path().join("stderr")).expect("there is room");
        let ready_file = folder.path().join("ready");
        command.args(["--listen", listen]).arg("--ready-file").arg(&ready_file);
        let mut process = command.stdout(log).stderr(messages).spawn().expect("it starts");
        let address = eventually("it says where it listens", || {
            let stderr = || std::fs::read_to_string(folder.path().join("stderr"));
            if let Ok(Some(status)) = process.try_wait() {
                panic!("it ended with {status}: {:?}", stderr());
            }
            std::fs::read_to_string(&ready_file).ok()
        });
        let mut addresses = address.lines().map(|line| line.parse().expect("it is an address"));
        let address = addresses.next().expect("there is one at least");
        let admin_address = addresses.next().unwrap_or(address);
        Receiver { process, address, admin_address, folder, accepted: Mutex::default(), probes: AtomicU32::new(0) }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the control API listens.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// `http://` and its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A new connection.
    pub fn connect(&self) -> Connection {
        Connection::to(self.address)
    }

    /// Sends a request on a connection of its own.
    pub fn exchange(&self, request: &Request) -> Answer {
        let mut connection = self.connect();
        let _ = connection.send(request.octets()); // it may be refused before all of it is sent
        connection.answer()
    }

    /// As [`exchange`](Self::exchange), for a delivery: when it is accepted,
    /// [`assert_unharmed`](Self::assert_unharmed) looks for its path in the inbox.
    pub fn deliver(&self, path: &str, request: &Request) -> Answer {
        let answer = self.exchange(request);
        if (200..300).contains(&answer.status) {
            self.must_have(path);
        }
        answer
    }

    /// Notes a delivery that was accepted on a connection of the test's own.
    pub fn must_have(&self, path: &str) {
        self.accepted.lock().expect("nobody panicked").push(path.to_owned());
    }

    /// Asks the control API for what stands behind `/_hookseal/api/`.
    pub fn api(&self, target: &str) -> Answer {
        self.exchange(&Request::get(&format!("/_hookseal/api/{target}")))
    }

    /// All deliveries that a query means, newest first, from as many pages as there are.
    pub fn deliveries(&self, query: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut page = self.page(&format!("deliveries?{query}"));
        loop {
            all.extend(page["deliveries"].as_array().expect("it is a list").iter().cloned());
            let Some(cursor) = page["next"].as_str() else { return all };
            page = self.page(&format!("deliveries?{query}&cursor={cursor}"));
        }
    }

    fn page(&self, target: &str) -> Value {
        let answer = self.api(target);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json()
    }

    /// Waits for so many deliveries to a path, and returns them, oldest first.
    pub fn wait_for(&self, count: usize, path: &str) -> Vec<Value> {
        let answer = self.api(&format!("wait?count={count}&path={path}&timeout=60s"));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()["deliveries"].as_array().expect("it is a list").clone()
    }

    /// What its health endpoint says.
    pub fn health(&self) -> Value {
        self.exchange(&Request::get("/_hookseal/healthz")).json()
    }

    /// Waits until it has counted so many requests that were refused before they became deliveries.
    pub fn wait_for_refused(&self, count: u64) {
        // It counts once the answer is on its way.
        eventually("it counts what it refuses", || (self.health()["refused"].as_u64() >= Some(count)).then_some(()));
        assert_eq!(self.health()["refused"], count);
    }

    /// Whether it still answers a valid delivery, and has every delivery that it ever answered with 2xx.
    pub fn assert_unharmed(&self) {
        let path = format!("/probe/{}", self.probes.fetch_add(1, Ordering::Relaxed));
        let answer = self.deliver(&path, &Request::post(&path).signed(br#"{"still":"there"}"#));
        assert_eq!(answer.status, 204, "{answer:?}\n{}", self.stderr());
        let inbox = self.deliveries("verdict=valid&limit=1000");
        let kept: Vec<_> = inbox.iter().filter(|delivery| delivery["response"]["status"] == 204).collect();
        assert_eq!(kept.len(), inbox.len(), "a valid delivery was not answered with 204");
        for path in &*self.accepted.lock().expect("nobody panicked") {
            assert!(kept.iter().any(|delivery| delivery["path"] == **path), "{path} was accepted and is lost");
        }
        assert!(!self.stderr().contains("panicked"), "{}", self.stderr());
    }

    /// The most memory it ever had in use, in MiB; 0 where the system does not say.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse::<u64>().expect("it is a number") / 1024)
    }

    /// How many files and sockets it has open; Linux only.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).expect("it runs").count()
    }

    /// What it has logged so far.
    pub fn stdout(&self) -> String {
        self.output("stdout")
    }

    /// What it has said so far.
    pub fn stderr(&self) -> String {
        self.output("stderr")
    }

    /// A folder that lives as long as the receiver.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn output(&self, name: &str) -> String {
        let octets = std::fs::read(self.folder.path().join(name)).expect("it is there");
        String::from_utf8(octets).expect("it prints UTF-8")
    }

    /// Sends it a signal: `INT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("sh").args(["-c", r#"kill -s "$0" "$1""#, name, &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal was not sent");
    }

    /// Waits until it has ended.
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let process = &mut self.process;
        eventually("it ends", || process.try_wait().expect("it is a child"))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
