//! `[fleet]`: the NATS servers, and how to show them who we are.

use std::path::{Path, PathBuf};

use hookseal_nats::NatsOptions;
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, ConfigText};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    servers: Option<Spanned<Vec<Spanned<String>>>>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    credentials: Option<PathBuf>,
    replicas: Option<Spanned<usize>>,
}

/// Files are those of the configuration's folder.
pub(super) fn options(
    section: Spanned<Section>,
    text: &ConfigText<'_>,
    folder: &Path,
) -> Result<NatsOptions, ConfigError> {
    let at = section.span();
    let Section { servers, ca, certificate, key, credentials, replicas } = section.into_inner();
    let hint = "Give servers = [\"nats://nats.example.com:4222\"].";
    let servers = servers.ok_or_else(|| text.error(at.clone(), "the fleet has no servers").with_hint(hint))?;
    if servers.get_ref().is_empty() {
        return Err(text.error(servers.span(), "the fleet has no servers").with_hint(hint));
    }
    for server in servers.get_ref() {
        // One at a time, so that the wrong one has its place.
        NatsOptions::parse(server.get_ref()).map_err(|error| text.error(server.span(), error.to_string()))?;
    }
    let list: Vec<&str> = servers.get_ref().iter().map(|server| server.get_ref().as_str()).collect();
    let mut options =
        NatsOptions::parse(&list.join(",")).map_err(|error| text.error(servers.span(), error.to_string()))?;
    if certificate.is_some() != key.is_some() {
        let (there, missing) = if key.is_some() { ("key", "certificate") } else { ("certificate", "key") };
        let error = text.error(at, format!("the fleet has a {there} and no {missing}"));
        return Err(error.with_hint("Give certificate and key, or neither."));
    }
    options.ca = ca.map(|path| folder.join(path));
    options.certificate = certificate.zip(key).map(|(certificate, key)| (folder.join(certificate), folder.join(key)));
    options.credentials = credentials.map(|path| folder.join(path));
    if let Some(replicas) = replicas {
        if !(1..=5).contains(replicas.get_ref()) {
            let message = format!("{} is out of range: give a number from 1 to 5", replicas.get_ref());
            return Err(text.error(replicas.span(), message).with_hint("Give 3 where there are three servers."));
        }
        options.replicas = replicas.into_inner();
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(
            "[fleet]\nservers = [\"nats://agent:secret@a\", \"b:4223\"]\nca = \"ca.pem\"\ncertificate = \"c.pem\"\n\
             key = \"k.pem\"\ncredentials = \"agent.creds\"\nreplicas = 3\n",
        );
        let fleet = config.unwrap().fleet.unwrap();
        assert_eq!(fleet.to_string(), "nats://a:4222,nats://b:4223");
        assert_eq!((fleet.ca, fleet.credentials), (Some("ca.pem".into()), Some("agent.creds".into())));
        assert_eq!(fleet.certificate, Some(("c.pem".into(), "k.pem".into())));
        assert_eq!(fleet.replicas, 3);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("[fleet]\nreplicas = 1", "1:1: the fleet has no servers"),
            ("[fleet]\nservers = []", "2:11: the fleet has no servers"),
            ("[fleet]\nservers = [\"a\", \"http://u:secret@b\"]", "2:17: `http://…@b` is no NATS server"),
            ("[fleet]\nservers = [\"a\"]\nkey = \"k\"", "1:1: the fleet has a key and no certificate"),
            ("[fleet]\nservers = [\"a\"]\nreplicas = 9", "3:12: 9 is out of range"),
            ("[fleet]\nserver = [\"a\"]", "2:1: unknown key \"server\""),
        ] {
            let said = Config::parse(text).expect_err(text).to_string();
            assert!(said.starts_with(expected), "{text}\n{said}");
        }
    }
}
