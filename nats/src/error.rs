use std::fmt;
use std::path::PathBuf;

/// What went wrong between here and the servers. No password is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NatsError {
    /// A text that names no server.
    #[error("`{given}` is no NATS server: give nats://HOST:PORT, tls://HOST:PORT or HOST:PORT")]
    Server {
        /// The text, without what may be a password.
        given: String,
    },
    /// A file of certificates or credentials.
    #[error("{path} cannot be used: {reason}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No server answers.
    #[error("no NATS server answers at {servers}: {reason}")]
    Away {
        /// The servers that were asked.
        servers: String,
        /// What happened.
        reason: String,
    },
    /// A server does not let us in.
    #[error(
        "{servers} does not let us in: give a user and a password in the server's URL, a credentials file, or a certificate"
    )]
    Unauthorized {
        /// The servers that were asked.
        servers: String,
    },
    /// The servers keep nothing.
    #[error("the NATS server has no JetStream: start it with -js, or turn JetStream on for this account")]
    NoJetStream,
    /// There are fewer servers than a stream is to be kept on.
    #[error(
        "{name} cannot be kept on {replicas} servers: there are fewer in the cluster, or too few have room ({reason})"
    )]
    Replicas {
        /// The stream's or bucket's name.
        name: String,
        /// How many were asked for.
        replicas: usize,
        /// What the server said.
        reason: String,
    },
    /// What is there has other settings than are needed. It is left as it is.
    #[error(
        "{kind} {name} is there with other settings ({}): change them with `nats {kind} edit {name}`, or give others here",
        list(differences)
    )]
    Differs {
        /// `stream`, `bucket` or `consumer`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The settings.
        differences: Vec<Difference>,
    },
    /// The servers have not done what they were asked for.
    #[error("{kind} {name}: {reason}")]
    Request {
        /// `stream`, `bucket` or `consumer`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What was answered, or that nothing was.
        reason: String,
    },
}

/// A setting that is not what it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As the servers call it.
    pub setting: &'static str,
    /// What it is.
    pub found: String,
    /// What it has to be.
    pub wanted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { setting, found, wanted } = self;
        write!(f, "{setting} is {found}, and has to be {wanted}")
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("; ")
}
