//! Who may use the fleet's servers: credentials files and certificates, as the command is given them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hookseal_nats::{Connection, NatsOptions};
use hookseal_tests::{NatsServer, Outcome, PATIENCE, hookseal};
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// `integration:list`, which asks the fleet: there is nothing in it.
fn list(server: &str, folder: &Path, more: &[&str]) -> Outcome {
    let mut command = hookseal();
    command.args(["integration:list", "--fleet", server]).args(more).current_dir(folder);
    command.env("XDG_STATE_HOME", folder).env("HOOKSEAL_MASTER_KEY", STANDARD.encode([7; 32]));
    Outcome::of(&mut command, b"")
}

fn is_let_in(outcome: &Outcome) {
    assert!(outcome.stderr.contains("No integrations"), "{outcome:?}");
}

fn is_refused(outcome: &Outcome, said: &str) {
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""), "{outcome:?}");
    assert!(outcome.stderr.contains(said), "{outcome:?}");
}

/// A JWT as NATS has them, signed with an nkey.
fn jwt(issuer: &KeyPair, subject: &KeyPair, name: &str, nats: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "jti": name, "iat": 1_700_000_000, "name": name,
        "iss": issuer.public_key(), "sub": subject.public_key(), "nats": nats,
    });
    let signed = format!("{}.{}", encode(&json!({ "typ": "JWT", "alg": "ed25519-nkey" })), encode(&claims));
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// As `nsc` makes them.
fn credentials(folder: &TempDir, file: &str, account: &KeyPair, user: &KeyPair) -> PathBuf {
    let all = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {} });
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        jwt(account, user, "agent", &all),
        user.seed().unwrap()
    );
    let path = folder.path().join(file);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_credentials_file_opens_the_fleet_and_a_wrong_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (operator, system, account) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
        "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
    });
    let plain =
        json!({ "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1 });
    let with = |limits: &Value| json!({ "type": "account", "version": 2, "limits": limits });
    let server = NatsServer::start_with(&format!(
        "operator: \"{}\"\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n{}: \"{}\"\n{}: \"{}\"\n}}\n",
        jwt(&operator, &operator, "operator", &json!({ "type": "operator", "version": 2 })),
        system.public_key(),
        system.public_key(),
        jwt(&operator, &system, "system", &with(&plain)),
        account.public_key(),
        jwt(&operator, &account, "hookseal", &with(&limits)),
    ));
    let (url, at) = (server.url(), folder.path());
    let good = credentials(&folder, "agent.creds", &account, &KeyPair::new_user());
    is_let_in(&list(&url, at, &["--nats-credentials", good.to_str().unwrap()]));
    // The configuration's one holds where no flag says otherwise.
    fs::write(at.join("fleet.toml"), format!("[fleet]\nservers = [{url:?}]\ncredentials = {good:?}\n")).unwrap();
    is_let_in(&list(&url, at, &["--config", "fleet.toml"]));

    is_refused(&list(&url, at, &[]), "does not let us in");
    // One of an account that the operator has not signed.
    let stranger = credentials(&folder, "stranger.creds", &KeyPair::new_account(), &KeyPair::new_user());
    let refused = list(&url, at, &["--nats-credentials", stranger.to_str().unwrap()]);
    is_refused(&refused, "does not let us in");
    assert!(!refused.stderr.contains("SU"), "no seed is shown: {refused:?}");
    fs::write(at.join("empty.creds"), "nothing\n").unwrap();
    let unreadable = list(&url, at, &["--nats-credentials", "empty.creds"]);
    assert_eq!(unreadable.status, Some(2), "{unreadable:?}");
    assert!(unreadable.stderr.contains("empty.creds cannot be used"), "{unreadable:?}");
}

/// Whoever signs certificates, and where.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Authority { folder, issuer: Issuer::new(params, key) }
    }

    fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    /// A certificate and its key.
    fn signs(&self, name: &str) -> [String; 2] {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let paths = [self.path(&format!("{name}.pem")), self.path(&format!("{name}.key"))];
        fs::write(&paths[0], certificate.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        fs::write(&paths[1], key.serialize_pem()).unwrap();
        paths
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_servers_certificate_is_told_while_it_is_tried_on() {
    let ours = Authority::new();
    let [certificate, key] = ours.signs("server");
    let server = NatsServer::start_with(&format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}"));
    let options = NatsOptions::parse(&format!("tls://{}", server.address())).unwrap();
    let connection = Connection::connect_or_retry(&options).await.unwrap();
    let told = async {
        while !connection.trouble().is_some_and(|trouble| trouble.contains("invalid peer certificate: UnknownIssuer")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, told).await.is_ok(), "{:?}", connection.trouble());
}

#[test]
fn a_certificate_opens_the_fleet_and_a_strangers_does_not() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let ([certificate, key], ca) = (ours.signs("server"), ours.path("ca.pem"));
    let server = NatsServer::start_with(&format!(
        "tls {{ cert_file: {certificate:?}, key_file: {key:?}, ca_file: {ca:?}, verify: true }}"
    ));
    let (url, at) = (format!("tls://{}", server.address()), ours.folder.path());
    let show = |[certificate, key]: [String; 2]| {
        list(&url, at, &["--nats-ca", &ca, "--nats-cert", &certificate, "--nats-key", &key])
    };
    is_let_in(&show(ours.signs("agent")));
    let unknown = format!("no NATS server answers at {url}");
    is_refused(&list(&url, at, &["--nats-ca", &ca]), &unknown);
    let stranger = show(theirs.signs("stranger"));
    is_refused(&stranger, &unknown);
    assert!(stranger.stderr.to_lowercase().contains("certificate"), "what the server minds: {stranger:?}");
    let alone = list(&url, at, &["--nats-cert", &certificate]);
    assert_eq!(alone.status, Some(2), "{alone:?}");
    assert!(alone.stderr.contains("--nats-key"), "{alone:?}");
}
