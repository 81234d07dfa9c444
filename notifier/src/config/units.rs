//! Values as they are written in a configuration. An error says what to write instead; its place is the reader's to know.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use jiff::{Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::secret::Secret;

/// A number and a unit, such as `90s`, `5m`, `12h` or `2d`, at least `least`. A day has 24 hours.
///
/// # Errors
/// What to write instead.
pub fn parse_duration(text: &str, least: Duration) -> Result<Duration, String> {
    let span = text.parse::<Span>().ok();
    let exact = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let duration = exact.and_then(|exact| Duration::try_from(exact).ok());
    let duration =
        duration.ok_or_else(|| format!("{text:?} is no time: give a number and a unit, such as 30s, 5m or 2d"))?;
    if duration < least {
        return Err(format!("{text:?} is too short: give at least {least:?}"));
    }
    Ok(duration)
}

pub(super) fn some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer, Duration::from_millis(1))
}

/// The time for one exchange.
pub(super) fn exchange<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match duration(deserializer, Duration::from_millis(1))? {
        long if long > Duration::from_secs(60) => Err(D::Error::custom("an attempt may take at most a minute")),
        duration => Ok(duration),
    }
}

pub(super) fn concurrency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, 4096)
}

pub(super) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1_000_000)
}

/// At least a second.
pub(super) struct Interval(pub(super) Duration);

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        duration(deserializer, Duration::from_secs(1)).map(Interval)
    }
}

pub(super) struct Timeout(pub(super) Duration);

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        duration(deserializer, Duration::from_millis(100)).map(Timeout)
    }
}

/// Text that is shown in one line.
pub(super) struct Name(pub(super) String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const LONGEST: usize = 200;
        let name = String::deserialize(deserializer)?;
        if name.trim().is_empty() {
            return Err(D::Error::custom("the name is empty"));
        }
        if name.trim() != name || name.contains(char::is_control) {
            return Err(D::Error::custom("a name has no control characters, and no white space at its ends"));
        }
        if name.chars().count() > LONGEST {
            return Err(D::Error::custom(format_args!("a name has at most {LONGEST} characters")));
        }
        Ok(Name(name))
    }
}

/// An address of this machine and a port.
pub(super) struct Address(pub(super) SocketAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.strip_prefix("localhost:").map_or(text.clone(), |port| format!("127.0.0.1:{port}"));
        let address = text.parse().map_err(|_| {
            D::Error::custom(format_args!("{text:?} is no address and port: give one such as 127.0.0.1:8788"))
        })?;
        Ok(Address(address))
    }
}

/// Reads a network in CIDR notation, or one address.
///
/// # Errors
/// What to write instead.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| format!("{text:?} is no network: give one such as 10.0.0.0/8, fd00::/8 or 127.0.0.1"))
}

/// `http://…` or `https://…`.
pub(super) struct HttpUrl(pub(super) Url);

impl<'de> Deserialize<'de> for HttpUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The URL itself may hold a secret.
        let url = Url::parse(&text).map_err(|error| D::Error::custom(format_args!("this is no URL: {error}")))?;
        match url.scheme() {
            "http" | "https" if url.has_host() => Ok(HttpUrl(url)),
            scheme => {
                Err(D::Error::custom(format_args!("a URL here begins with http:// or https://, not with {scheme}:")))
            }
        }
    }
}

/// Text that no error repeats.
pub(super) struct Hidden(pub(super) Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("this is text, in quotes"))?;
        Ok(Hidden(Secret::new(text)))
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D, least: Duration) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)
        .map_err(|_| D::Error::custom("a time is text: a number and a unit, such as \"30s\", \"5m\" or \"2d\""))?;
    parse_duration(&text, least).map_err(D::Error::custom)
}

fn number<'de, D: Deserializer<'de>, N: TryFrom<i64>>(deserializer: D, most: i64) -> Result<N, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let in_range =
        Some(number).filter(|number| (1..=most).contains(number)).and_then(|number| N::try_from(number).ok());
    in_range.ok_or_else(|| D::Error::custom(format_args!("{number} is out of range: give a number from 1 to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let second = Duration::from_secs(1);
        assert_eq!(parse_duration("5m", second), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("2d", second), Ok(Duration::from_secs(172_800)));
        assert_eq!(parse_duration("1s", second), Ok(second));
        assert_eq!(parse_duration("999ms", second), Err(r#""999ms" is too short: give at least 1s"#.to_owned()));
        for wrong in ["", "5", "-5m", "soon", "1 month", "5m -10m"] {
            assert!(parse_duration(wrong, Duration::ZERO).is_err(), "{wrong}");
        }
    }
}
