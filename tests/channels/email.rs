//! `health.email`, handed to a mail server of somebody else's (aiosmtpd).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use hookseal_health::Severity;
use hookseal_notifier::{ChannelOptions, Channels, Form, IntegrationType, Outcome};
use hookseal_tests::{hookseal, python};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde::Deserialize;

use crate::fake::nobody;
use crate::setting::{IMPATIENT, configured, email, from_form, keeps_secret, message, retry, saying};

/// An e-mail as the server took it.
#[derive(Debug, Deserialize)]
struct Taken {
    from: String,
    to: Vec<String>,
    headers: BTreeMap<String, String>,
    r#type: String,
    parts: BTreeMap<String, String>,
    user: Option<String>,
}

struct MailServer {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl MailServer {
    fn start(arguments: &[&str]) -> Self {
        #[derive(Deserialize)]
        struct Listens {
            port: u16,
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/mail_server.py");
        let mut process =
            python().arg(script).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let Listens { port } = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        MailServer { process, lines, port }
    }

    fn taken(&mut self) -> Taken {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    fn options(&self, more: &str) -> ChannelOptions {
        let port = self.port;
        configured(&format!(
            "project = \"shop\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"Health <health@shop.example>\"\n{more}"
        ))
    }

    fn plain(&self) -> Channels {
        Channels::new(self.options("tls = \"none\"\nadmins = [\"ada@example.com\", \"bob@example.com\"]")).unwrap()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn an_e_mail_has_text_and_html_and_the_headers_of_a_thread() {
    let mut server = MailServer::start(&[]);
    let channels = server.plain();
    let mut ids = Vec::new();
    for severity in [Severity::Warning, Severity::Critical, Severity::Critical, Severity::AllClear] {
        let message = message(severity);
        let sent = channels.send(&email(&["ops@example.com"]), Some("ops@example.com"), &message).await;
        assert_eq!((sent.outcome, sent.exchange.status), (Outcome::Delivered, Some(250)), "{sent:?}");
        assert!(sent.exchange.request.starts_with("MAIL FROM:<health@shop.example>\nRCPT TO:<ops@example.com>\n\n"));
        assert!(sent.exchange.answer.contains("Taken"), "{}", sent.exchange.answer);

        let Taken { from, to, headers, r#type, parts, .. } = server.taken();
        assert_eq!((&*from, &*to), ("health@shop.example", &["ops@example.com".to_owned()][..]));
        assert_eq!(headers["from"], "Health <health@shop.example>");
        assert_eq!(headers["to"], "ops@example.com");
        assert_eq!(headers["auto-submitted"], "auto-generated");
        assert_eq!(headers["x-hookseal-event-id"], message.id.to_string());
        assert_eq!(headers["date"], "Wed, 25 Nov 2026 03:04:05 +0000");
        assert_eq!((&*r#type, parts.len()), ("multipart/alternative", 2));
        for part in ["text/plain", "text/html"] {
            assert!(parts[part].contains(message.text()), "{}", parts[part]);
            assert!(parts[part].contains("xk4tq2mlpdy7e") && parts[part].contains("app"), "{}", parts[part]);
        }
        assert!(headers["message-id"].ends_with("@shop.example>"), "{headers:?}");
        assert_eq!(headers["in-reply-to"], headers["references"]);
        ids.push((headers["message-id"].clone(), headers["references"].clone(), headers["subject"].clone()));
    }
    assert_eq!(ids[0].2, "[xk4tq2mlpdy7e main] Warning: Disk space on app is low");
    assert_eq!(ids[3].2, "[xk4tq2mlpdy7e main] All clear: Disk space on app is back to normal");
    assert_eq!(ids[1].0, ids[2].0, "the same event has the same id however often it is sent");
    assert_ne!(ids[0].0, ids[1].0);
    assert!(ids.iter().all(|(_, thread, _)| *thread == ids[0].1), "{ids:?}");
}

#[tokio::test]
async fn recipients_have_ids_of_their_own_and_groups_are_who_the_configuration_says() {
    let mut server = MailServer::start(&[]);
    let channels = server.plain();
    let form = Form {
        from_address: Some("alerts@other.example".to_owned()),
        recipients: Some(vec!["#admins,zoë@example.com ada@example.com".to_owned()]),
        ..Form::default()
    };
    let integration = from_form(IntegrationType::Email, form);
    let sent = channels.send(&integration, Some("#admins"), &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, Outcome::Delivered, "{sent:?}");
    let [ada, bob] = [server.taken(), server.taken()];
    assert_eq!((&ada.to[0], &bob.to[0]), (&"ada@example.com".to_owned(), &"bob@example.com".to_owned()));
    assert_eq!(ada.from, "alerts@other.example");
    assert_ne!(ada.headers["message-id"], bob.headers["message-id"]);

    let nobody_there = email(&["#viewers"]);
    let sent = channels.send(&nobody_there, Some("#viewers"), &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert_eq!(
        sent.exchange.error.as_deref(),
        Some("nobody is in #viewers: add viewers = [\"you@example.com\"] to [smtp] in hookseal.toml")
    );
}

#[tokio::test]
async fn what_is_said_is_text() {
    let mut server = MailServer::start(&[]);
    let message = saying("<script>alert(1)</script>", "a <b>&\r\n.\r\nBcc: x@example.com\u{202e} – ü");
    let sent = server.plain().send(&email(&["ops@example.com"]), Some("ops@example.com"), &message).await;
    assert_eq!(sent.outcome, Outcome::Delivered, "{sent:?}");
    let Taken { to, headers, parts, .. } = server.taken();
    assert_eq!(to, ["ops@example.com"]);
    assert_eq!(headers.get("bcc"), None);
    assert!(!parts["text/html"].contains("<script>") && !parts["text/html"].contains("<b>"), "{parts:?}");
    assert!(parts["text/html"].contains("a &lt;b&gt;&amp;"), "{parts:?}");
    assert!(parts["text/plain"].contains("Service: <script>alert(1)</script>") && parts["text/plain"].contains("– ü"));
}

#[tokio::test]
async fn answers_are_what_the_table_says() {
    let server = MailServer::start(&[]);
    let channels = server.plain();
    for (name, code, outcome) in [
        ("full", 452, retry(None, false)),
        ("greylisted", 451, retry(None, false)),
        ("unknown", 550, Outcome::Refused),
        ("spam", 554, Outcome::Refused),
        ("busy", 421, retry(None, true)),
    ] {
        let recipient = format!("{name}@example.com");
        let sent = channels.send(&email(&[&recipient]), Some(&recipient), &message(Severity::Critical)).await;
        assert_eq!((sent.outcome, sent.exchange.status), (outcome, Some(code)), "{name}: {sent:?}");
        let error = sent.exchange.error.unwrap();
        assert!(error.starts_with(&format!("answered {code} ")), "{error}");
        let invalid = channels.validate(&email(&[&recipient])).await.unwrap_err().to_string();
        assert_eq!(invalid, error);
    }
    channels.validate(&email(&["ops@example.com"])).await.unwrap();
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_tried_again() {
    let server = MailServer::start(&[]);
    let mut options = server.options("tls = \"none\"");
    options.timeout = IMPATIENT;
    let started = Instant::now();
    let slow = email(&["slow@example.com"]);
    let sent =
        Channels::new(options).unwrap().send(&slow, Some("slow@example.com"), &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert!(started.elapsed() < Duration::from_secs(8), "{sent:?}");

    let port = nobody().await.port();
    let options = configured(&format!("[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\""));
    let sent = Channels::new(options).unwrap().send(&slow, None, &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert!(sent.exchange.error.unwrap().contains("connection refused"));

    let sent = Channels::new(configured("")).unwrap().send(&slow, None, &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true));
    assert_eq!(
        sent.exchange.error.as_deref(),
        Some("no mail server is configured: add [smtp] with its host to hookseal.toml")
    );
}

#[tokio::test]
async fn a_password_opens_the_server_and_shows_nowhere() {
    const PASSWORD: &str = "s3cret-passw0rd";
    let mut server = MailServer::start(&["--user", "hookseal", "--password", PASSWORD]);
    let integration = email(&["ops@example.com"]);
    for (password, outcome) in
        [(Some(PASSWORD), Outcome::Delivered), (Some("wr0ng-passw0rd"), retry(None, true)), (None, retry(None, true))]
    {
        let credentials = password.map(|password| format!("username = \"hookseal\"\npassword = {password:?}\n"));
        let options = server.options(&format!("tls = \"none\"\n{}", credentials.unwrap_or_default()));
        let sent = Channels::new(options).unwrap().send(&integration, None, &message(Severity::Critical)).await;
        assert_eq!(sent.outcome, outcome, "{sent:?}");
        keeps_secret(&sent.exchange, &["passw0rd", "cGFzc3cwcmQ"]);
    }
    assert_eq!(server.taken().user.as_deref(), Some("hookseal"));
}

/// The certificate has to be of somebody whom this machine trusts, and there has to be one.
#[tokio::test]
async fn only_a_trusted_server_is_handed_something() {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&cert_file, cert.pem()).unwrap();
    std::fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let [cert, key] = [&cert_file, &key_file].map(|file| file.to_str().unwrap());
    let mut server = MailServer::start(&["--cert", cert, "--key", key]);
    let config = folder.path().join("hookseal.toml");
    std::fs::write(&config, format!("[smtp]\nhost = \"localhost\"\nport = {}\n", server.port)).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = hookseal();
        command.args(arguments).arg("--store").arg(folder.path().join("hookseal.db")).arg("--config").arg(&config);
        command
    };
    let add = ["integration:add", "--type", "health.email", "--recipients", "ops@example.com"];
    assert!(command(&add).output().unwrap().status.success());
    let refused = command(&["integration:validate"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(
        said.contains("the server's certificate is not valid: this machine does not trust who issued it"),
        "{said}"
    );
    let validated = command(&["integration:validate"]).env("SSL_CERT_FILE", &cert_file).output().unwrap();
    assert!(validated.status.success(), "{validated:?}");
    assert!(server.taken().headers["subject"].ends_with("Info: This is a test"));

    // And one that cannot be encrypted to is not sent to in the clear.
    let plain = MailServer::start(&[]);
    let options = plain.options("tls = \"starttls\"");
    let sent =
        Channels::new(options).unwrap().send(&email(&["ops@example.com"]), None, &message(Severity::Critical)).await;
    assert_eq!(sent.outcome, retry(None, true), "{sent:?}");
}
