//! Why an exchange failed, in one line.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;

/// An exchange's error: what was tried, and the reason.
pub(super) fn in_words(error: &(dyn StdError + 'static)) -> String {
    let cause = root_cause(error);
    match error.downcast_ref::<legacy::Error>() {
        Some(client) if client.is_connect() => format!("cannot connect: {cause}"),
        _ => cause,
    }
}

/// The innermost reason, which is the one that says something: `connection refused` rather than `client error (Connect)`.
pub(in crate::channel) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    loop {
        // An I/O error that was made of another error leaves it out of its sources.
        let inner = innermost.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| innermost.source()) {
            Some(source) => innermost = source,
            None => break,
        }
    }
    let text = innermost.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    match innermost.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(reason)) => certificate(reason),
        Some(_) => one_line(&format!("TLS: {text}")),
        None if innermost.is::<io::Error>() => one_line(&lower_first(text)),
        None => one_line(text),
    }
}

fn certificate(error: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Reason;
    let reason = match error {
        Reason::UnknownIssuer => "this machine does not trust who issued it".to_owned(),
        Reason::Expired | Reason::ExpiredContext { .. } => "it has expired".to_owned(),
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => "it is for another name".to_owned(),
        other => one_line(&format!("{other:?}")),
    };
    format!("the server's certificate is not valid: {reason}")
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// What a stranger says, as one line of bounded length.
pub(in crate::channel) fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|&index| line.is_char_boundary(index)).unwrap_or(0);
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_says_stays_in_a_line() {
        assert_eq!(one_line("a\r\nb\t\u{1b}[31m  c\0"), "a b [31m c");
        let long = one_line(&"é".repeat(1000));
        assert!(long.ends_with('…') && long.len() < 310, "{}", long.len());
    }
}
