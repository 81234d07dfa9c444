//! `health.email`: an e-mail for each recipient, handed to a mail server over SMTP.
//!
//! | answer | outcome | concerns the whole endpoint |
//! | --- | --- | --- |
//! | 250 | delivered | |
//! | 421, 454 | retry | yes: the server is busy, or shuts down |
//! | other 4xx | retry | no: a mailbox is full, or greylisted |
//! | 530, 534, 535, 538 | retry | yes: the server wants other credentials, which the configuration can give it |
//! | other 5xx | refused | |
//! | no answer, no trusted certificate | retry | yes |
//! | no `[smtp]` in the configuration, nobody in `#admins` | retry: once there is, what waits is delivered | yes |
//!
//! One e-mail for each recipient, since one refused recipient must not keep it from the others, nor send it to them twice.

mod compose;
mod html;

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::response::Response;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::time::timeout;

use super::http::{one_line, root_cause};
use super::{ChannelError, ChannelOptions, Exchange, Outcome, Sent, record};
use crate::{Message, RecipientGroups, Secret, Smtp, SmtpTls};

/// The mail server, or what to say while there is none.
pub(super) struct Email {
    server: Option<Server>,
    groups: RecipientGroups,
    timeout: Duration,
}

struct Server {
    // Without lettre's pool: e-mails are few, and its clean-up needs a runtime wherever it is dropped.
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
    password: Option<Secret>,
}

impl Email {
    pub(super) fn new(options: &ChannelOptions) -> Result<Self, ChannelError> {
        let server = options.smtp.as_ref().map(|smtp| Server::new(smtp, options.timeout)).transpose()?;
        Ok(Email { server, groups: options.groups.clone(), timeout: options.timeout })
    }

    /// Sends to one recipient, or to all where a group is not yet told apart. The first that does not get it ends it.
    pub(super) async fn send(&self, from: Option<&str>, recipients: &[String], message: &Message) -> Sent {
        let mut last = None;
        for recipient in self.groups.expand(recipients) {
            let server = match self.server_for(&recipient) {
                Ok(server) => server,
                Err(reason) => return misconfigured(&reason),
            };
            let sent = server.send(from, &recipient, message, self.timeout).await;
            if sent.outcome != Outcome::Delivered {
                return sent;
            }
            last = Some(sent);
        }
        last.unwrap_or_else(|| record::refused("there is no recipient".to_owned()))
    }

    /// What would be sent to each.
    pub(super) fn preview(
        &self,
        from: Option<&str>,
        recipients: &[String],
        message: &Message,
    ) -> Vec<Result<String, String>> {
        let preview = |recipient: String| {
            self.server_for(&recipient)?.compose(from, &recipient, message).map(|Composed { record, .. }| record)
        };
        self.groups.expand(recipients).into_iter().map(preview).collect()
    }

    fn server_for(&self, recipient: &str) -> Result<&Server, String> {
        let Some(server) = &self.server else {
            return Err("no mail server is configured: add [smtp] with its host to hookseal.toml".to_owned());
        };
        match recipient.strip_prefix('#') {
            None => Ok(server),
            Some(group) => {
                Err(format!("nobody is in #{group}: add {group} = [\"you@example.com\"] to [smtp] in hookseal.toml"))
            }
        }
    }
}

/// An e-mail, and what it leaves behind for people.
struct Composed {
    envelope: Envelope,
    octets: Vec<u8>,
    record: String,
}

impl Server {
    fn new(smtp: &Smtp, timeout: Duration) -> Result<Self, ChannelError> {
        let unusable = |error: lettre::transport::smtp::Error| ChannelError::Option {
            name: "smtp.host",
            reason: root_cause(&error),
        };
        let tls = match smtp.tls {
            SmtpTls::Starttls => Tls::Required(tls_parameters(&smtp.host).map_err(unusable)?),
            SmtpTls::Implicit => Tls::Wrapper(tls_parameters(&smtp.host).map_err(unusable)?),
            SmtpTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(timeout));
        if let (Some(user), Some(password)) = (&smtp.username, &smtp.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        let from = smtp.from.clone().unwrap_or_else(compose::sender_of_this_machine);
        Ok(Server { transport: builder.build(), from, password: smtp.password.clone() })
    }

    async fn send(&self, from: Option<&str>, recipient: &str, message: &Message, limit: Duration) -> Sent {
        let Composed { envelope, octets, record } = match self.compose(from, recipient, message) {
            Ok(composed) => composed,
            Err(error) => return record::refused(error),
        };
        match timeout(limit, self.transport.send_raw(&envelope, &octets)).await {
            Ok(Ok(response)) => Sent { outcome: Outcome::Delivered, exchange: self.exchange(record, &response) },
            Ok(Err(error)) => self.failed(record, &error),
            Err(_elapsed) => record::unanswered(record, format!("no answer within {limit:?}")),
        }
    }

    fn compose(&self, from: Option<&str>, recipient: &str, message: &Message) -> Result<Composed, String> {
        let email = compose::email(from.unwrap_or(&self.from), recipient, message)
            .map_err(|error| one_line(&format!("no e-mail can be made of it: {error}")))?;
        let (envelope, octets) = (email.envelope().clone(), email.formatted());
        let sender = envelope.from().map(ToString::to_string).unwrap_or_default();
        let record = format!(
            "MAIL FROM:<{sender}>\nRCPT TO:<{recipient}>\n\n{}",
            String::from_utf8_lossy(&octets).replace("\r\n", "\n")
        );
        Ok(Composed { envelope, octets, record })
    }

    fn exchange(&self, request: String, response: &Response) -> Exchange {
        let answer = response.message().collect::<Vec<_>>().join("\n");
        let answer = record::answer(answer.as_bytes(), self.password.as_ref());
        Exchange { request, status: Some(response.code().into()), answer, ..Exchange::default() }
    }

    fn failed(&self, request: String, error: &lettre::transport::smtp::Error) -> Sent {
        let cause = record::redact(root_cause(error), self.password.as_ref());
        let Some(code) = error.status().map(u16::from) else {
            let error = if error.is_tls() { format!("TLS: {cause}") } else { cause };
            return record::unanswered(request, error);
        };
        let retry = |endpoint| Outcome::Retry { after: None, endpoint };
        let outcome = match code {
            421 | 454 | 530 | 534 | 535 | 538 => retry(true),
            400..500 => retry(false),
            _ => Outcome::Refused,
        };
        let error = Some(one_line(&format!("answered {code} {cause}")));
        Sent {
            outcome,
            exchange: Exchange { request, status: Some(code), answer: cause, error, ..Exchange::default() },
        }
    }
}

/// The machine's roots, where private ones are installed; Mozilla's, where the machine has none.
fn tls_parameters(host: &str) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let none_here = rustls_native_certs::load_native_certs().certs.is_empty();
    let store = if none_here { CertificateStore::WebpkiRoots } else { CertificateStore::Default };
    TlsParameters::builder(host.to_owned()).certificate_store(store).build()
}

/// It will be sent once the configuration says how.
fn misconfigured(what_to_do: &str) -> Sent {
    record::unanswered(String::new(), what_to_do.to_owned())
}
