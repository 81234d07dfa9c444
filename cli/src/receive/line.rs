//! A delivery as a line for people.

use hookseal::Explanation;
use hookseal_receiver::{Delivery, ForwardState, Forwarded, Verdict};
use jiff::tz::TimeZone;

use crate::output::{grouped, shortened};
use crate::style;

/// Of a path or a text, in characters.
const LONGEST: usize = 120;

/// Time, verdict, method and path, size, what was found, answer; below it the hint when something is wrong.
///
/// Everything a stranger sent is escaped: it cannot move the cursor or start a line of its own.
pub(crate) fn pretty(delivery: &Delivery) -> String {
    let (reset, dim) = (style::RESET, style::DIM);
    let (color, sign) = match delivery.verdict {
        Verdict::Valid => (style::VALID, '✓'),
        Verdict::Invalid => (style::INVALID, '✗'),
        Verdict::Unsigned => (style::UNSIGNED, '?'),
    };
    let time = time(delivery);
    let status = delivery.response.status.map_or("---".to_owned(), |status| status.as_u16().to_string());
    let mut line = format!(
        "{dim}{time}{reset}  {color}{sign} {:<8}{reset}  {status}  {} {}  {dim}{} octets{reset}",
        delivery.verdict,
        shortened(delivery.method.as_str(), 20),
        shortened(delivery.path(), LONGEST),
        grouped(delivery.body.len() as u64),
    );
    if let Some(key) = delivery.key {
        line.push_str(&format!("  {dim}key {} ({}){reset}", key.index, key.format));
    }
    if delivery.replay {
        line.push_str(&format!("  {}replay{reset}", style::UNSIGNED));
    }
    if let Some(event) = delivery.event() {
        let said = event.text.as_deref().or(event.kind.as_deref()).unwrap_or_default();
        line.push_str(&format!("  {}", shortened(said, LONGEST)));
    }
    if let (Some(code), Some(message)) = (&delivery.code, &delivery.message) {
        line.push_str(&format!("\n              {color}{code}{reset}: {message}"));
    }
    if let Some(hint) = &delivery.hint {
        line.push_str(&format!("\n              {}hint:{reset} {hint}", style::HINT));
    }
    line
}

/// What was proved about a delivery whose own line may be a while above.
pub(super) fn pretty_explanation(delivery: &Delivery, explanation: &Explanation) -> String {
    let (reset, dim, hint) = (style::RESET, style::DIM, style::HINT);
    let mut line = format!(
        "{dim}{}{reset}  {hint}why{reset} {} {} is not valid, proved by a matching MAC:",
        time(delivery),
        shortened(delivery.method.as_str(), 20),
        shortened(delivery.path(), LONGEST),
    );
    for cause in &explanation.causes {
        line.push_str(&format!("\n              {hint}{}{reset}: {}", cause.id, cause.found));
        line.push_str(&format!("\n              {hint}fix:{reset} {}", cause.fix));
    }
    line
}

/// Where a delivery went on to, and what its app said.
pub(super) fn pretty_forward(delivery: &Delivery, forwarded: &Forwarded) -> String {
    let (reset, dim) = (style::RESET, style::DIM);
    let color = match forwarded.state {
        ForwardState::Delivered => style::VALID,
        _ => style::INVALID,
    };
    let outcome = match (forwarded.status, &forwarded.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => shortened(error, LONGEST),
        (None, None) => "not tried".to_owned(),
    };
    let mut line = format!(
        "{dim}{}{reset}  {color}→ {outcome}{reset}  {} {}  {dim}from {}",
        time(delivery),
        shortened(delivery.method.as_str(), 20),
        shortened(delivery.path(), LONGEST),
        shortened(&forwarded.to, LONGEST),
    );
    if let Some(took) = forwarded.took_ms {
        line.push_str(&format!(" in {took:.1} ms"));
    }
    if forwarded.attempts > 1 {
        line.push_str(&format!(" at attempt {}", forwarded.attempts));
    }
    line.push_str(&reset.to_string());
    line
}

fn time(delivery: &Delivery) -> impl std::fmt::Display {
    delivery.received_at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}
