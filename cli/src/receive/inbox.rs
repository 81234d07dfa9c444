//! Where deliveries are kept, and for how long: from flags to an inbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueEnum;
use hookseal_receiver::{
    Inbox, MemoryInbox, NatsInbox, NatsInboxError, NatsInboxOptions, Retention, SqliteError, SqliteInbox,
    SqliteOptions, Synchronous,
};
use jiff::{Span, SpanRelativeTo};

use crate::failure::{Failure, reason};
use crate::nats::{self, NatsArgs, Place as NatsPlace};
use crate::{output, style};

#[derive(clap::Args)]
pub(super) struct InboxArgs {
    /// Where deliveries are kept: memory; sqlite:FILE, which outlives the process; or nats://HOST:PORT/STREAM, a JetStream
    /// stream that `hookseal consume` and others take them from
    #[arg(long, value_name = "INBOX", default_value = "memory", env = "HOOKSEAL_INBOX", hide_env_values = true, value_parser = place)]
    inbox: Place,
    /// Keep deliveries for so long, such as 12h or 7d; for ever unless told, in a stream that is made 7 days
    #[arg(long, value_name = "AGE", value_parser = age)]
    keep: Option<Duration>,
    /// Keep so many deliveries; in memory 10,000 unless told, in SQLite all of them
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    keep_count: Option<u64>,
    /// Keep so much of them; in memory 64MiB unless told, in SQLite all of it
    #[arg(long, value_name = "SIZE", value_parser = size)]
    keep_bytes: Option<u64>,
    /// When a delivery in SQLite is answered: once it survives the end of the process (normal), or a loss of power too
    /// (full)
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Sync::Normal)]
    synchronous: Sync,
    #[command(flatten)]
    nats: NatsArgs,
    /// On how many servers a stream is kept that is made because it is missing; 3 where there are three
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = nats::replicas, help_heading = "NATS")]
    replicas: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Memory,
    Sqlite(PathBuf),
    /// Looked at later: what clap says of a value that is wrong shows all of it, and there may be a password in it.
    Nats(String),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sync {
    Normal,
    Full,
}

impl InboxArgs {
    /// Whether the flags can be meant, without opening anything.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Place::Nats(text) = &self.inbox {
            self.nats_options(text)?;
        } else {
            self.nats.refuse_without_nats("--inbox nats://…")?;
        }
        Ok(())
    }

    /// Opens it, for bodies of so many octets.
    pub(super) async fn open(&self, max_body: usize) -> Result<Arc<dyn Inbox>, Failure> {
        Ok(match &self.inbox {
            Place::Memory => Arc::new(MemoryInbox::new(self.retention(Retention::IN_MEMORY))),
            Place::Sqlite(path) => {
                let mut options = SqliteOptions::default();
                options.retention = self.retention(Retention::default());
                options.synchronous = match self.synchronous {
                    Sync::Normal => Synchronous::Normal,
                    Sync::Full => Synchronous::Full,
                };
                Arc::new(SqliteInbox::open(path, options).map_err(|error| cannot_open(&error))?)
            }
            Place::Nats(text) => {
                let options = self.nats_options(text)?;
                let inbox = NatsInbox::open(options).await.map_err(|error| cannot_open_stream(&error))?;
                tell_limit(inbox.max_payload(), max_body);
                Arc::new(inbox)
            }
        })
    }

    fn retention(&self, unless_told: Retention) -> Retention {
        Retention {
            deliveries: self.keep_count.or(unless_told.deliveries),
            bytes: self.keep_bytes.or(unless_told.bytes),
            age: self.keep,
        }
    }

    fn nats_options(&self, text: &str) -> Result<NatsInboxOptions, Failure> {
        let NatsPlace { mut options, stream } = NatsPlace::read(text)?;
        self.nats.apply(&mut options)?;
        options.replicas = self.replicas;
        let mut inbox = NatsInboxOptions::new(options);
        inbox.stream = stream.unwrap_or(inbox.stream);
        inbox.max_age = self.keep.unwrap_or(inbox.max_age);
        inbox.retention = self.retention(Retention::IN_MEMORY);
        Ok(inbox)
    }
}

/// What fits through the receiver must fit into a message, headers and all.
fn tell_limit(max_payload: usize, max_body: usize) {
    if max_body > max_payload {
        let size = |octets: usize| ByteSize(octets as u64).display().iec().to_string();
        output::message(&format!(
            "  {}--max-body is {}, and the NATS server takes {} at a time (max_payload), headers included: what is larger is \
             answered 413{}",
            style::DIM,
            size(max_body),
            size(max_payload),
            style::RESET
        ));
    }
}

fn cannot_open_stream(error: &NatsInboxError) -> Failure {
    match error {
        NatsInboxError::Stream(_) => Failure::usage(error),
        NatsInboxError::Nats(error) => nats::failure("cannot open the inbox", error),
        _ => Failure::io(format!("cannot open the inbox: {error}"), 1),
    }
}

fn cannot_open(error: &SqliteError) -> Failure {
    let (said, hint) = match error {
        SqliteError::InUse { .. } => (
            error.to_string(),
            "One receiver at a time can have an inbox. Stop the other one, or choose another file; its API shows what is in this one.",
        ),
        SqliteError::Foreign { .. } => (error.to_string(), "Choose a file that does not exist yet; it is made."),
        SqliteError::TooNew { .. } => (error.to_string(), "Use that version, or choose another file."),
        SqliteError::Io { path, source } => (
            format!("{}: {}", path.display(), reason(source)),
            "Its folder has to be there, and to be writable by this user.",
        ),
        _ => (
            error.to_string(),
            "Look whether the disk is full, and whether the file is whole: sqlite3 FILE 'PRAGMA integrity_check'.",
        ),
    };
    Failure::io(format!("cannot open the inbox: {said}"), 1).with_hint(hint)
}

fn place(text: &str) -> Result<Place, String> {
    match text.split_once(':') {
        None if text == "memory" => Ok(Place::Memory),
        Some(("sqlite", path)) if !path.is_empty() => Ok(Place::Sqlite(path.into())),
        Some(("nats" | "tls", _)) => Ok(Place::Nats(text.to_owned())),
        _ => Err("give memory, sqlite:FILE or nats://HOST:PORT/STREAM".to_owned()),
    }
}

/// A number and a unit; a day has 24 hours.
fn age(text: &str) -> Result<Duration, String> {
    let age = text.parse::<Span>().ok();
    let age = age.and_then(|age| age.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let age = age.and_then(|age| Duration::try_from(age).ok()).filter(|age| *age >= Duration::from_secs(1));
    age.ok_or_else(|| "give a number and a unit, such as 90s, 12h, 7d or 4w".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    let size = text.parse::<ByteSize>().ok().filter(|size| size.as_u64() > 0);
    size.map(|size| size.as_u64()).ok_or_else(|| "give a number and a unit, such as 500MB or 10GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_ages_are_read() {
        assert_eq!(place("memory"), Ok(Place::Memory));
        assert_eq!(place("sqlite:/a:b"), Ok(Place::Sqlite("/a:b".into())));
        for wrong in ["", "sqlite:", "sqlite", "postgres:x", "memory:x"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
        assert_eq!(age("7d"), Ok(Duration::from_secs(7 * 86_400)));
        assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "7", "-7d", "0s", "1 month", "soon"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
