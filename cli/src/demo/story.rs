//! The transcript: each step, why it is taken, and what came of it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hookseal::{HEADER_NAME, Key, PROTECTED_HEADER, Signer, Verifier};
use hookseal_health::{Resource, Severity, State};
use hookseal_receiver::{Delivery, DeliveryView, Filter, Position, Receiver};
use hyper::body::Bytes;
use serde_json::json;

use super::Args;
use super::disk::{Disk, FREE};
use crate::failure::{Failure, reason};
use crate::receive::{cannot_start, pretty};
use crate::send::{Client, sample};
use crate::signals::Stop;
use crate::{keygen, output, style};

/// A delivery that was made, and the code it should be refused with (none: it should be valid).
struct Expected {
    delivery: Arc<Delivery>,
    code: Option<&'static str>,
}

impl Expected {
    fn is_met(&self) -> bool {
        self.delivery.code.as_deref() == self.code
    }
}

struct Story {
    receiver: Receiver,
    client: Client,
    signer: Signer,
    quiet: bool,
    made: Vec<Expected>,
}

pub(super) async fn tell(args: Args) -> Result<ExitCode, Failure> {
    let shared_key = keygen::random_key(32)?;
    let unusable = |error| Failure::key("the demo's key", &error);
    let verifier = Verifier::for_shared_key(&shared_key).map_err(unusable)?;
    let signer = Signer::new(Key::from_jwk_k(&shared_key).map_err(unusable)?);
    let receiver = Receiver::builder().listen(args.listen).verifier(verifier).start().await.map_err(cannot_start)?;
    let url = format!("{}/health", receiver.url());
    let address = url.parse().map_err(|error| Failure::io(format!("{url}: {error}"), 1))?;
    let client = Client::new(address, Duration::from_secs(10))?;
    let mut story = Story { receiver, client, signer, quiet: args.json, made: Vec::new() };

    story.say("hookseal demo: from a disk that fills up to a receiver that knows who sent the news\n")?;
    story.heading("1  Both sides know one shared key")?;
    story.say(&format!("   {}\n   Made for this run; `hookseal keygen` makes one for you.\n", *shared_key))?;
    story.heading(&format!("2  A receiver listens on {url}"))?;
    story.say("   It accepts what is signed with that key and refuses the rest.\n")?;
    story.heading("3  A notifier looks at the disk of `app` every five minutes, and tells the receiver")?;
    story.say("   Below 20 % free is a warning, below 10 % critical, above 20 % again the all-clear.")?;
    story.say("   Only a change is told, as JSON, with its signature in a header:\n")?;
    story.say(&format!("   {HEADER_NAME}: BASE64URL({PROTECTED_HEADER})"))?;
    story.say("                    \"..\" BASE64URL(HMAC-SHA256(key, BASE64URL(header) \".\" body))\n")?;
    story.watch_the_disk(&url, &shared_key).await?;
    story.heading("4  A stranger sends an all-clear, signed with a key of their own")?;
    story.say("   The value is well formed, but only the shared key gives the right signature:\n")?;
    story.forge().await?;
    story.heading("5  Somebody on the way makes a warning of a critical")?;
    story.say("   One word of the body is another, so the signature that came with it no longer fits:\n")?;
    story.tamper().await?;

    let as_it_should_be = story.conclude()?;
    if args.serve {
        story.serve(&shared_key).await?;
    }
    story.receiver.shutdown().await;
    Ok(if as_it_should_be { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Story {
    async fn watch_the_disk(&mut self, url: &str, shared_key: &str) -> Result<(), Failure> {
        let mut disk = Disk::watch(&self.receiver, url, shared_key).await?;
        for (number, free) in FREE.into_iter().enumerate() {
            let look = disk.look(free).await?;
            let state = match look.state {
                State::Ok => format!("{}ok{}", style::VALID, style::RESET),
                State::Warning => format!("{}warning{}", style::UNSIGNED, style::RESET),
                State::Critical => format!("{}critical{}", style::INVALID, style::RESET),
            };
            let minute = number * 5;
            self.say(&format!("   minute {minute:>2}  {} {free:>2} % free  {state}", gauge(free)))?;
            if let Some(event) = look.told {
                self.show(&event.to_string(), None).await?;
            }
        }
        disk.stop().await;
        self.say("")
    }

    async fn forge(&mut self) -> Result<(), Failure> {
        let key =
            Key::from_jwk_k(&keygen::random_key(32)?).map_err(|error| Failure::key("the stranger's key", &error))?;
        let body = sample(Severity::AllClear, Resource::Disk)?;
        let signature = Signer::new(key).sign(&body);
        self.deliver(body, &signature, Some("signature_mismatch")).await?;
        self.say("")
    }

    async fn tamper(&mut self) -> Result<(), Failure> {
        let body = sample(Severity::Critical, Resource::Disk)?;
        let signature = self.signer.sign(&body);
        let tampered = String::from_utf8_lossy(&body).replace(r#""severity":"critical""#, r#""severity":"warning""#);
        self.deliver(tampered.into_bytes().into(), &signature, Some("signature_mismatch")).await?;
        self.say("")
    }

    /// Sends over real HTTP, and waits for the receiver to have it.
    async fn deliver(&mut self, body: Bytes, signature: &str, code: Option<&'static str>) -> Result<(), Failure> {
        if let Err(why) = self.client.post(body, Some(signature)).await.outcome {
            return Err(Failure::io(format!("the delivery failed: {why}"), 1));
        }
        self.show(signature, code).await
    }

    /// Shows the delivery that has this in its headers or its body. Others may send here too; nobody else has this.
    async fn show(&mut self, mark: &str, code: Option<&'static str>) -> Result<(), Failure> {
        let mut ours = Filter::default();
        ours.q = Some(mark.to_owned());
        let came = self.receiver.wait_for(1).matching(ours).within(Duration::from_secs(10)).await;
        for delivery in came.map_err(|unmet| Failure::io(unmet.to_string(), 1))? {
            for signature in delivery.headers.get(&HEADER_NAME.to_lowercase()) {
                let signature = abridged(&String::from_utf8_lossy(signature));
                self.say(&format!("     {}{HEADER_NAME}: {signature}{}", style::DIM, style::RESET))?;
            }
            self.say(&indented(&pretty(&delivery)))?;
            self.made.push(Expected { delivery, code });
        }
        Ok(())
    }

    fn conclude(&self) -> Result<bool, Failure> {
        let met = self.made.iter().filter(|expected| expected.is_met()).count();
        let all = met == self.made.len();
        if self.quiet {
            let deliveries = self.made.iter().map(|expected| {
                json!({ "delivery": DeliveryView::new(&expected.delivery), "expected": expected.code, "met": expected.is_met() })
            });
            let deliveries: Vec<_> = deliveries.collect();
            output::json(&json!({ "ok": all, "deliveries": deliveries }))?;
            return Ok(all);
        }
        let (color, verdict) = match all {
            true => (style::VALID, "as they should be"),
            false => (style::INVALID, "NOT as they should be"),
        };
        self.say(&format!("{color}{met} of {} verdicts are {verdict}.{}", self.made.len(), style::RESET))?;
        Ok(all)
    }

    async fn serve(&self, shared_key: &str) -> Result<(), Failure> {
        let url = self.receiver.url();
        self.say("\nThe receiver stays up until Ctrl-C. In another terminal:\n")?;
        self.say(&format!("  hookseal send {url}/health --shared-key={shared_key}"))?;
        self.say(&format!("  hookseal send {url}/health --unsigned"))?;
        self.say(&format!("  curl {url}/_hookseal/api/deliveries\n"))?;
        let stop = Stop::listen().map_err(|error| Failure::io(reason(&error), 1))?;
        tokio::select! {
            () = stop.told() => Ok(()),
            shown = self.show_what_comes() => shown,
        }
    }

    async fn show_what_comes(&self) -> Result<(), Failure> {
        let inbox = self.receiver.inbox();
        let mut latest = inbox.latest();
        let mut shown: Position = *latest.borrow_and_update();
        while latest.changed().await.is_ok() {
            let came = inbox.after(shown, usize::MAX).await.map_err(|error| Failure::io(error.to_string(), 1))?;
            for (position, delivery) in came {
                self.say(&pretty(&delivery))?;
                shown = position;
            }
        }
        Ok(())
    }

    fn heading(&self, text: &str) -> Result<(), Failure> {
        self.say(&format!("{}{text}{}", style::HEADING, style::RESET))
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { output::line(text) }
    }
}

/// Twenty characters of free space.
fn gauge(percent: u64) -> String {
    let free = usize::try_from(percent).unwrap_or_default() / 5;
    format!("{}{}", "█".repeat(20_usize.saturating_sub(free)), "░".repeat(free))
}

/// The ends of a value, as people compare them.
fn abridged(value: &str) -> String {
    match value.split_once("..") {
        Some((header, signature)) if header.len() > 12 && signature.len() > 12 => {
            format!(
                "{}…{}..{}…{}",
                &header[..6],
                &header[header.len() - 4..],
                &signature[..6],
                &signature[signature.len() - 4..]
            )
        }
        _ => value.to_owned(),
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}
