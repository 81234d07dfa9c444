//! What an e-mail says: its headers, its text, and the same in HTML.

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message as Mail};
use uuid::Uuid;

use super::html;
use crate::Message;
use crate::channel::wording::{Origin, Tone, cut, facts, thread, when};
use crate::integration::UnusableAddress;

/// The e-mail to one recipient. But for the boundary between its parts it is the same however often it is made.
pub(super) fn email(from: &str, recipient: &str, message: &Message) -> Result<Mail, ComposeError> {
    let unusable = |text: &str| UnusableAddress::new(text);
    let from: Mailbox = from.parse().map_err(|_| unusable(from))?;
    let to: Address = recipient.parse().map_err(|_| unusable(recipient))?;
    let domain = from.email.domain().to_owned();
    let id = |name: &str| {
        // The same e-mail to the same recipient has the same id, so that servers and people's programs see a duplicate.
        let recipient = recipient.to_lowercase();
        let uuid = Uuid::new_v5(&message.id, format!("{name}\n{recipient}").as_bytes());
        format!("<{uuid}@{domain}>")
    };
    // All e-mails about a resource refer to one that was never sent; programs show them as one conversation.
    let root = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("hookseal/{}\n{recipient}", thread(message)).as_bytes());
    let root = format!("<{root}@{domain}>");
    let mail = Mail::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject(message))
        .date(message.created_at.into())
        .message_id(Some(id("event")))
        .in_reply_to(root.clone())
        .references(root)
        .header(AutoSubmitted)
        .header(EventId(message.id.to_string()))
        .multipart(MultiPart::alternative_plain_html(text(message), html::page(message)))?;
    Ok(mail)
}

/// Who e-mails are from where the configuration does not say.
pub(super) fn sender_of_this_machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let domain = if format!("hookseal@{name}").parse::<Address>().is_ok() { name } else { "localhost".to_owned() };
    format!("hookseal@{domain}")
}

fn subject(message: &Message) -> String {
    const LONGEST: usize = 200;
    let origin = Origin::of(message);
    let sentence = message.text();
    // Up to the figures, which change, so that programs that go by the subject keep a conversation together.
    let headline = sentence.split(": ").next().unwrap_or(sentence).trim_end_matches('.');
    let line = format!("[{} {}] {}: {headline}", origin.project, origin.environment(), Tone::of(message).word());
    cut(&line.replace(char::is_control, " "), LONGEST)
}

fn text(message: &Message) -> String {
    let origin = Origin::of(message);
    let mut text = format!("{}\n\n", message.text());
    let rows = [
        ("Project", origin.project.to_owned()),
        ("Environment", origin.environment()),
        ("Time", when(message.created_at)),
    ];
    for (name, value) in facts(message).into_iter().chain(rows) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&format!("\n-- \nhookseal, event {}\n", message.id));
    text
}

/// So that nobody's holiday notice answers (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// As webhooks have it.
#[derive(Clone)]
struct EventId(String);

impl Header for EventId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Hookseal-Event-Id")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(EventId(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
    #[error(transparent)]
    Address(#[from] UnusableAddress),
    #[error(transparent)]
    Email(#[from] lettre::error::Error),
}
