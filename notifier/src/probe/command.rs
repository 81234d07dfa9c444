//! Commands that know how full something is.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use super::figures::Probed;
use super::reason;
use super::stuck::{Key, Stuck};

/// Commands at a time.
const AT_ONCE: usize = 8;

/// More than this on standard output is no answer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// So much of standard error is kept for whoever looks for the reason.
const LONGEST_COMPLAINT: usize = 1024;

/// How long a killed process may take to be gone.
const DYING: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Commands {
    commands: Vec<(Vec<String>, Duration)>,
    stuck: Arc<Stuck>,
}

/// What a command prints.
#[derive(Deserialize)]
struct Answer {
    available: u64,
    total: u64,
    inodes_available: Option<u64>,
    inodes_total: Option<u64>,
}

impl Commands {
    pub(super) fn new(commands: Vec<(Vec<String>, Duration)>) -> Self {
        Commands { commands, stuck: Arc::default() }
    }

    pub(super) async fn round(&self) -> Vec<Probed> {
        let probes = (0..self.commands.len()).map(|at| self.probe(at));
        futures_util::stream::iter(probes).buffered(AT_ONCE).collect().await
    }

    async fn probe(&self, at: usize) -> Probed {
        let (argv, timeout) = &self.commands[at];
        match self.run(at, argv, *timeout).await {
            Ok(probed) => probed,
            Err(why) => Probed::unknown(format!("{}: {why}", name(argv))),
        }
    }

    async fn run(&self, at: usize, argv: &[String], timeout: Duration) -> Result<Probed, String> {
        let key: Key = Path::new(&at.to_string()).into();
        if let Some(since) = self.stuck.since(&key) {
            return Err(format!("the one that was started {} s ago cannot be killed", since.elapsed().as_secs()));
        }
        let since = Instant::now();
        let mut child = start(argv).map_err(|error| format!("cannot be started: {}", reason(&error)))?;
        let group = Group::of(&child);
        let Ok(ended) = tokio::time::timeout(timeout, answer(&mut child)).await else {
            drop(group);
            if tokio::time::timeout(DYING, child.wait()).await.is_err() {
                self.stuck.insert(key.clone(), since);
                let stuck = self.stuck.clone();
                tokio::spawn(async move {
                    let _ = child.wait().await; // however it ends
                    stuck.remove(&key);
                });
            }
            return Err(format!("did not end within {timeout:?}"));
        };
        let Ended { status, stdout, stderr } = ended.map_err(|error| reason(&error))?;
        if stdout.len() > LONGEST_ANSWER {
            return Err(format!("prints more than {} KiB", LONGEST_ANSWER / 1024));
        }
        group.disarm();
        match status {
            Some(status) if status.success() => read(&stdout),
            Some(status) => Err(complaint(status, &stderr)),
            None => Err("its end is not known".to_owned()),
        }
    }
}

fn start(argv: &[String]) -> std::io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Our secrets are none of its business.
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"HOOKSEAL_") {
            command.env_remove(name);
        }
    }
    command.process_group(0).kill_on_drop(true).spawn()
}

struct Ended {
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Reads what it prints until it has ended, or has printed too much.
async fn answer(child: &mut Child) -> std::io::Result<Ended> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let complaint = async {
        let (kept, mut rest) = some(stderr, LONGEST_COMPLAINT).await?;
        if let Some(rest) = &mut rest {
            tokio::io::copy(rest, &mut tokio::io::sink()).await?; // or it would wait for us to read
        }
        Ok::<_, std::io::Error>(kept)
    };
    let answer = async {
        let (stdout, _) = some(stdout, LONGEST_ANSWER + 1).await?;
        if stdout.len() > LONGEST_ANSWER {
            return Ok((stdout, None));
        }
        child.wait().await.map(|status| (stdout, Some(status)))
    };
    let mut complaint = std::pin::pin!(complaint);
    let mut answer = std::pin::pin!(answer);
    let (stdout, status) = tokio::select! {
        ended = &mut answer => ended?,
        stderr = &mut complaint => {
            let (stdout, status) = answer.await?;
            return Ok(Ended { status, stdout, stderr: stderr? });
        }
    };
    // What it left running may hold standard error open.
    let stderr = tokio::time::timeout(Duration::from_millis(100), complaint).await;
    Ok(Ended { status, stdout, stderr: stderr.unwrap_or_else(|_| Ok(Vec::new()))? })
}

/// The first octets, and what the rest can be read from.
async fn some<R: AsyncRead + Unpin>(reader: Option<R>, most: usize) -> std::io::Result<(Vec<u8>, Option<R>)> {
    let mut octets = Vec::new();
    let Some(reader) = reader else { return Ok((octets, None)) };
    let mut limited = reader.take(most as u64);
    limited.read_to_end(&mut octets).await?;
    Ok((octets, Some(limited.into_inner())))
}

/// A command with all that it has started: killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL); // it may be gone already
        }
    }
}

fn read(stdout: &[u8]) -> Result<Probed, String> {
    if stdout.trim_ascii().is_empty() {
        return Err("printed nothing; it should print {\"available\":…,\"total\":…}".to_owned());
    }
    let answer: Answer =
        serde_json::from_slice(stdout).map_err(|error| format!("printed what is no answer: {error}"))?;
    let inodes = match (answer.inodes_available, answer.inodes_total) {
        (Some(available), Some(total)) => Some((available, total)),
        (None, None) => None,
        _ => return Err("printed one of inodes_available and inodes_total without the other".to_owned()),
    };
    Ok(Probed::measured((answer.available, answer.total), inodes))
}

/// The first line that it wrote to standard error, as data.
fn complaint(status: ExitStatus, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    match line {
        Some(line) => {
            let line: String = line.chars().filter(|character| !character.is_control()).take(200).collect();
            format!("ended with {status}: {line}")
        }
        None => format!("ended with {status}"),
    }
}

/// The program without its folder.
fn name(argv: &[String]) -> String {
    let program = argv.first().map(String::as_str).unwrap_or_default();
    Path::new(program).file_name().map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
}
