//! `--respond` and `--fault`: what is answered, path by path, well or badly.

use std::collections::BTreeMap;
use std::time::Duration;

use hookseal_receiver::{FaultKind, FaultRule, ResponseRule, Values};

use crate::send::duration;

/// What is answered.
#[derive(clap::Args)]
#[command(next_help_heading = "Answers")]
pub(crate) struct RespondArgs {
    /// Answer accepted deliveries otherwise than 204: "[/PATH] [STATUS] [header='NAME: VALUE'] [body=TEXT] [delay=TIME]".
    /// The first rule for a path decides
    #[arg(long, value_name = "RULE", value_parser = response)]
    pub(crate) respond: Vec<ResponseRule>,
    /// Answer badly: "[/PATH] [STATUS,STATUS…|reset|empty|truncate|garbage|slow_body] [every=N] [times=N] [delay=TIME]
    /// [retry-after=SECONDS]"
    #[arg(long, value_name = "RULE", value_parser = fault)]
    pub(crate) fault: Vec<FaultRule>,
}

fn response(text: &str) -> Result<ResponseRule, String> {
    let mut rule = ResponseRule::default();
    let (text, body) = without_body(text);
    rule.body = body.to_owned();
    for word in words(text)? {
        match word.split_once('=') {
            _ if word.starts_with(['/', '*']) => rule.path = word,
            Some(("path", path)) => rule.path = path.to_owned(),
            Some(("status", status)) => rule.status = number("status", status)?,
            Some(("body", body)) => rule.body = body.to_owned(),
            Some(("delay", time)) => rule.delay_ms = milliseconds(time)?,
            Some(("header", header)) => add_header(&mut rule.headers, header)?,
            None if is_number(&word) => rule.status = number("status", &word)?,
            _ => {
                return Err(format!(
                    "{word:?} is not understood; there are a path, a status, header=, body= and delay="
                ));
            }
        }
    }
    rule.validate().map_err(|invalid| invalid.to_string())?;
    Ok(rule)
}

fn fault(text: &str) -> Result<FaultRule, String> {
    let mut rule = FaultRule::default();
    for word in words(text)? {
        match word.split_once('=') {
            _ if word.starts_with(['/', '*']) => rule.path = word,
            Some(("path", path)) => rule.path = path.to_owned(),
            Some(("status", list)) => rule.status = statuses(list)?,
            Some(("kind", name)) => rule.kind = kind(name)?,
            Some(("every", count)) => rule.every = number("every", count)?,
            Some(("times", count)) => rule.times = Some(number("times", count)?),
            Some(("delay", time)) => rule.delay_ms = milliseconds(time)?,
            Some(("retry-after", seconds)) => rule.retry_after = Some(number("retry-after", seconds)?),
            None if word.starts_with(|character: char| character.is_ascii_digit()) => rule.status = statuses(&word)?,
            None => rule.kind = kind(&word)?,
            Some(_) => {
                return Err(format!(
                    "{word:?} is not understood; there are a path, statuses, a kind, every=, times=, delay= and retry-after="
                ));
            }
        }
    }
    rule.validate().map_err(|invalid| invalid.to_string())?;
    Ok(rule)
}

/// A body that is not quoted goes on to the end as it is, so that JSON keeps its quotes.
fn without_body(text: &str) -> (&str, &str) {
    const BODY: &str = "body=";
    let mut starts = text.match_indices(BODY).map(|(at, _)| at);
    let is_word = |at: &usize| *at == 0 || text[..*at].ends_with(char::is_whitespace);
    match starts.find(is_word) {
        Some(at) if !text[at + BODY.len()..].starts_with(['"', '\'']) => (&text[..at], &text[at + BODY.len()..]),
        _ => (text, ""),
    }
}

/// As a shell would split them, so that a value may have spaces between quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    shlex::split(text).ok_or_else(|| "a quote is not closed".to_owned())
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_digit())
}

fn number<N: std::str::FromStr>(name: &str, text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{name} is {text:?}; give a number"))
}

fn statuses(list: &str) -> Result<Vec<u16>, String> {
    list.split(',').map(|status| number("status", status.trim())).collect()
}

fn kind(name: &str) -> Result<FaultKind, String> {
    Ok(match name {
        "none" => FaultKind::None,
        "reset" => FaultKind::Reset,
        "empty" => FaultKind::Empty,
        "truncate" => FaultKind::Truncate,
        "garbage" => FaultKind::Garbage,
        "slow_body" | "slow-body" => FaultKind::SlowBody,
        _ => return Err(format!("{name:?} is no fault; there are reset, empty, truncate, garbage and slow_body")),
    })
}

fn milliseconds(time: &str) -> Result<u64, String> {
    let milliseconds = duration(time).as_ref().map(Duration::as_millis).map_err(|said| format!("delay: {said}"))?;
    u64::try_from(milliseconds).map_err(|_| "delay: too long".to_owned())
}

fn add_header(headers: &mut BTreeMap<String, Values>, header: &str) -> Result<(), String> {
    let Some((name, value)) = header.split_once(':') else {
        return Err(format!("{header:?} is no header; give header='NAME: VALUE'"));
    };
    let value = value.trim().to_owned();
    headers
        .entry(name.trim().to_owned())
        .and_modify(|values| {
            let mut list = match values {
                Values::One(value) => vec![std::mem::take(value)],
                Values::Many(list) => std::mem::take(list),
            };
            list.push(value.clone());
            *values = Values::Many(list);
        })
        .or_insert_with(|| Values::One(value.clone()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_in_any_order() {
        let rule =
            response(r#"body='{"a": 1}' /orders/* 201 delay=1s header='X-A: b c' header=x-b:1 header=x-b:2"#).unwrap();
        assert_eq!((rule.path.as_str(), rule.status, rule.delay_ms), ("/orders/*", 201, 1000));
        assert_eq!(rule.body, r#"{"a": 1}"#);
        let rest = response(r#"/a 200 body={"say": "it's"} 201"#).unwrap();
        assert_eq!((rest.status, rest.body.as_str()), (200, r#"{"say": "it's"} 201"#));
        assert_eq!(rule.headers["X-A"], Values::One("b c".to_owned()));
        assert_eq!(rule.headers["x-b"], Values::Many(vec!["1".to_owned(), "2".to_owned()]));
    }

    #[test]
    fn a_fault_is_read_in_any_order() {
        let rule = fault("/orders/* 503,503,204 every=2 times=10 retry-after=2 delay=250ms").unwrap();
        assert_eq!((rule.status.as_slice(), rule.every, rule.times), (&[503, 503, 204][..], 2, Some(10)));
        assert_eq!((rule.retry_after, rule.delay_ms, rule.path.as_str()), (Some(2), 250, "/orders/*"));
        assert_eq!(fault("reset").unwrap().kind, FaultKind::Reset);
        assert_eq!(fault("kind=slow_body status=200 delay=1s").unwrap().kind, FaultKind::SlowBody);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("", "does nothing"),
            ("503,x", "status is \"x\""),
            ("explode", "is no fault"),
            ("every=2 often=3", "\"often=3\" is not understood"),
            ("99", "status[0]: is 99"),
            ("503 delay=soon", "delay: give a number and a unit"),
            ("'503", "a quote is not closed"),
        ] {
            let error = fault(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
        for (text, said) in [
            ("204 body=x", "body: cannot go with status 204"),
            ("hello", "\"hello\" is not understood"),
            ("header=x", "is no header"),
            ("status=2x", "status is \"2x\""),
        ] {
            let error = response(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
