//! The log of strangers' deliveries: one line each, and nothing in it that a terminal or a parser would obey.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookseal_tests::{KEY, Receiver, Request, eventually, hookseal};
use serde_json::Value;

/// What moves a cursor, starts a line, hides or reverses text.
const HOSTILE: &str =
    "\u{1b}[31mRED\u{1b}]0;title\u{7}\n{\"verdict\":\"valid\"}\r\n\u{85}\u{2028}\u{9b}2J\u{8}\u{0}\u{202e}end";

#[test]
fn every_delivery_is_one_line_of_json_whatever_is_in_it() {
    let receiver = Receiver::start(["--shared-key", KEY, "--log", "json"]);
    let count = send_hostile_deliveries(&receiver);
    let log = log_of(&receiver, count);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), count);
    let mut inbox = receiver.deliveries("");
    inbox.reverse();
    for (line, kept) in lines.iter().zip(&inbox) {
        for member in ["id", "path", "query", "verdict", "code", "message", "body_sha256", "event"] {
            assert_eq!(line[member], kept[member], "{member}");
        }
    }
    let texts: Vec<_> = lines.iter().filter_map(|line| line["event"]["text"].as_str()).collect();
    assert!(texts.contains(&HOSTILE), "the text is not as it was sent: {texts:?}");
    assert!(!log.contains(['\u{1b}', '\u{7}', '\r']), "{}", log.escape_debug());
}

#[test]
fn json_for_a_terminal_has_no_control_characters_and_loses_none() {
    let receiver = Receiver::start(["--shared-key", KEY, "--log", "json"]);
    let text = "a\u{7f}b\u{80}c\u{9b}31md\u{9f}e";
    let body = serde_json::json!({ "type": "health.low_disk", "text": text }).to_string();
    receiver.deliver("/", &Request::post("/").signed(body));
    let log = log_of(&receiver, 1);
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(line["event"]["text"], text);
    assert!(!log.trim_end().contains(char::is_control), "{}", log.escape_debug());
}

#[test]
fn for_people_nothing_but_our_own_colours_reaches_the_terminal() {
    for coloured in [false, true] {
        let mut command = hookseal();
        command.args(["receive", "--shared-key", KEY, "--log", "pretty"]);
        if coloured {
            command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
        }
        let receiver = Receiver::start_command(&mut command);
        let count = send_hostile_deliveries(&receiver);
        let log = log_of(&receiver, count);
        assert_eq!(log.contains('\u{1b}'), coloured, "colours only where they are wanted");
        let log = without_colours(&log);
        let unsafe_characters: Vec<_> = log.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(unsafe_characters.is_empty(), "{unsafe_characters:?}: {}", log.escape_debug());
        assert!(!log.contains(['\u{202e}', '\u{2028}']), "{}", log.escape_debug());
        assert!(log.contains("RED"), "the text is there, as text");
        // Below the line of a delivery that was refused there are its reason and a hint.
        let lines = log.lines().filter(|line| !line.starts_with("     ")).count();
        assert_eq!(lines, count, "{log}");
    }
}

#[test]
fn when_it_ends_it_says_how_many_came() {
    let mut receiver = Receiver::start(["--shared-key", KEY, "--log", "off"]);
    receiver.deliver("/", &Request::post("/").signed("{}"));
    receiver.deliver("/", &Request::post("/").body("{}"));
    receiver.deliver("/", &Request::post("/").header("X-JWS-Signature", "x").body("{}"));
    receiver.signal("TERM");
    receiver.wait_for_exit();
    assert_eq!(receiver.stdout(), "", "nothing is logged where nothing is wanted");
    let said = receiver.stderr();
    assert!(said.contains("1 valid") && said.contains("1 invalid") && said.contains("1 unsigned"), "{said}");
}

#[test]
fn a_key_is_never_logged() {
    let receiver = Receiver::start([
        "--shared-key",
        KEY,
        "--shared-key",
        "another-key-with-a-dot.that-is-text-only",
        "--log",
        "json",
    ]);
    let count = send_hostile_deliveries(&receiver);
    let all = log_of(&receiver, count) + &receiver.stderr() + &receiver.api("deliveries").json().to_string();
    assert!(!all.contains(&KEY[..20]) && !all.contains("another-key"), "{all}");
}

/// Every part of a delivery that a stranger writes, each with hostile text. Returns how many there are.
fn send_hostile_deliveries(receiver: &Receiver) -> usize {
    let notification = serde_json::json!({ "type": "health.low_disk", "text": HOSTILE, "id": HOSTILE }).to_string();
    let json_text = serde_json::to_string(HOSTILE).unwrap();
    let unknown_alg = format!("{}..{}", URL_SAFE_NO_PAD.encode(format!("{{\"alg\":{json_text}}}")), "A".repeat(43));
    let twice = format!("{}..{}", URL_SAFE_NO_PAD.encode(format!("{{{json_text}:1,{json_text}:2}}")), "A".repeat(43));
    let requests = [
        Request::post("/text").signed(&notification),
        Request::post("/body").body(HOSTILE),
        Request::post("/%1b%5b31m%0a%0d?query=%1b%0a").signed("{}"),
        Request::post("/\u{9b}31m\u{202e}\u{2028}\u{85}?\u{9b}").signed("[]"),
        Request::post("/header").header("X-Hostile", "\u{9b}2J\u{202e}\t\u{85}").signed("0"),
        Request::post("/signature").header("X-JWS-Signature", "\u{9b}2J\u{202e}\u{85}..").body("{}"),
        Request::post("/alg").header("X-JWS-Signature", unknown_alg).body("{}"),
        Request::post("/member").header("X-JWS-Signature", twice).body("{}"),
        Request::new("M!#$%&'*+-.^_`|~", "/method").signed("1"),
    ];
    for (number, request) in requests.iter().enumerate() {
        let status = receiver.deliver("/", request).status;
        assert!([204, 400, 401].contains(&status), "number {number}: {status}");
    }
    requests.len()
}

/// The log, once all deliveries are in it: it is written after they are answered.
fn log_of(receiver: &Receiver, count: usize) -> String {
    let ours = b"{\"the\":\"last\"}";
    receiver.deliver("/last-one", &Request::post("/last-one").body(ours));
    let log = eventually("the log is written", || Some(receiver.stdout()).filter(|log| log.contains("/last-one")));
    let last = log.lines().position(|line| line.contains("/last-one")).unwrap();
    assert!(last >= count, "a line is missing: {log}");
    log.lines().take(last).map(|line| format!("{line}\n")).collect()
}

/// Without SGR sequences, the only ones that are ours.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(part.len());
        assert_eq!(part[end..].chars().next(), Some('m'), "not a colour: {}", part.escape_debug());
        plain.push_str(&part[end + 1..]);
    }
    assert!(!text.contains("\u{1b}[31mRED"), "the sender's own colours");
    plain
}
