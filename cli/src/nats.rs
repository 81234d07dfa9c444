//! NATS servers, and how to show them who we are: flags that several commands share.

use std::path::PathBuf;

use hookseal_nats::{NatsError, NatsOptions};

use crate::failure::Failure;

/// What a server is shown, and trusted for.
#[derive(clap::Args)]
#[command(next_help_heading = "NATS")]
pub(crate) struct NatsArgs {
    /// Certificates (PEM) that the servers' ones are signed with, beside those that the system trusts
    #[arg(long, value_name = "FILE")]
    nats_ca: Option<PathBuf>,
    /// A certificate (PEM) to show to the servers
    #[arg(long, value_name = "FILE", requires = "nats_key")]
    nats_cert: Option<PathBuf>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "nats_cert")]
    nats_key: Option<PathBuf>,
    /// A credentials file (.creds), as nsc makes it; a user and a password stand in the URL
    #[arg(long, value_name = "FILE")]
    nats_credentials: Option<PathBuf>,
}

impl NatsArgs {
    pub(crate) fn apply(&self, options: &mut NatsOptions) -> Result<(), Failure> {
        // What the configuration says holds where no flag says otherwise.
        let certificate = self.nats_cert.clone().zip(self.nats_key.clone());
        options.ca = self.nats_ca.clone().or(options.ca.take());
        options.certificate = certificate.or(options.certificate.take());
        options.credentials = self.nats_credentials.clone().or(options.credentials.take());
        let files = [&self.nats_ca, &self.nats_cert, &self.nats_key, &self.nats_credentials];
        for path in files.into_iter().flatten() {
            std::fs::File::open(path).map_err(|error| Failure::file("read", path, &error))?;
        }
        Ok(())
    }

    /// Flags that would do nothing are a mistake.
    pub(crate) fn refuse_without_nats(&self, flag: &str) -> Result<(), Failure> {
        let given = [
            ("--nats-ca", &self.nats_ca),
            ("--nats-cert", &self.nats_cert),
            ("--nats-key", &self.nats_key),
            ("--nats-credentials", &self.nats_credentials),
        ];
        match given.into_iter().find(|(_, file)| file.is_some()) {
            Some((name, _)) => Err(Failure::usage(&format!("{name} has no meaning without {flag}"))),
            None => Ok(()),
        }
    }
}

/// `nats://a:4222,b:4222/STREAM`
pub(crate) struct Place {
    pub(crate) options: NatsOptions,
    pub(crate) stream: Option<String>,
}

impl Place {
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        let host = text.rfind("://").map_or(0, |at| at + 3);
        let (servers, stream) = match text[host..].rsplit_once('/') {
            Some((before, stream)) => (&text[..host + before.len()], Some(stream).filter(|stream| !stream.is_empty())),
            None => (text, None),
        };
        let options = NatsOptions::parse(servers).map_err(|error| Failure::usage(&error))?;
        Ok(Place { options, stream: stream.map(ToOwned::to_owned) })
    }
}

pub(crate) fn replicas(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(replicas) if (1..=5).contains(&replicas) => Ok(replicas),
        _ => Err("give a number from 1 to 5, 3 as a rule where there are three servers".to_owned()),
    }
}

/// What keeps a command from its stream.
pub(crate) fn failure(what: &str, error: &NatsError) -> Failure {
    Failure::io(format!("{what}: {error}"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_stands_behind_the_servers() {
        for (text, servers, stream) in [
            ("nats://a", "nats://a:4222", None),
            ("nats://a:1/", "nats://a:1", None),
            ("nats://a:1,b/HOOKS", "nats://a:1,nats://b:4222", Some("HOOKS")),
            ("nats://u:secret@a,tls://b:2/HOOKS", "nats://a:4222,tls://b:2", Some("HOOKS")),
        ] {
            let place = Place::read(text).unwrap();
            assert_eq!((place.options.to_string().as_str(), place.stream.as_deref()), (servers, stream), "{text}");
        }
        let wrong = Place::read("nats://u:secret@:1/HOOKS").err().unwrap();
        assert!(!wrong.message().contains("secret"), "{}", wrong.message());
    }
}
