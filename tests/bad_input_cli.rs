//! The command, called in ways that cannot work: it says so with an exit status and a code, and never panics.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use hookseal_tests::{KEY, Outcome, Receiver, Request, closed_pipe, hookseal, run, run_with_input, signature};
use tempfile::TempDir;

/// Every command that needs a key, up to where the key is given. `receive` has no `--json`: its answer is a log.
const NEED_A_KEY: [&[&str]; 4] = [
    &["sign", "-", "--json"],
    &["verify", "-", "--signature", "x", "--json"],
    &["send", "http://127.0.0.1:9/", "--json"],
    &["receive", "--listen", "127.0.0.1:0"],
];

#[test]
fn without_a_key_every_command_asks_for_one() {
    for command in NEED_A_KEY {
        assert_refused(command, &[], "no_usable_key");
    }
}

#[test]
fn a_weak_key_is_refused_unless_it_is_allowed_by_name() {
    for command in NEED_A_KEY {
        // As text it has 16 octets, as a JWK's k 12.
        let code = if ["sign", "send"].contains(&command[0]) { "weak_key" } else { "no_usable_key" };
        assert_refused(command, &["--shared-key", "abcdefghijklmnop"], code);
    }
    let weak = ["--shared-key", "abcdefghijklmnop", "--allow-weak-key"];
    let value = run_with_input(["sign", "-"].into_iter().chain(weak), b"{}").stdout;
    let verified =
        run_with_input(["verify", "-", "--signature", value.trim(), "--json"].into_iter().chain(weak), b"{}");
    assert_eq!((verified.status, &verified.json()["key"]["format"]), (Some(0), &"jwk".into()));
}

#[test]
fn a_key_file_that_holds_no_key_is_refused() {
    let folder = Folder::new();
    for (file, sign, others) in [
        (folder.path("missing"), "io_error", "io_error"),
        (folder.path("."), "io_error", "io_error"),
        (folder.file("empty", b""), "invalid_key", "no_usable_key"),
        (folder.file("newline", b"\n"), "invalid_key", "no_usable_key"),
        (folder.file("not-text", b"\xff\xfe\0\x01\n"), "invalid_key", "invalid_key"),
        (folder.file("of-another-kind", &[b'a'; 70_000]), "usage", "usage"),
    ] {
        for command in NEED_A_KEY {
            let code = if ["sign", "send"].contains(&command[0]) { sign } else { others };
            assert_refused(command, &["--shared-key-file", &file], code);
        }
    }
}

#[test]
fn one_newline_at_the_end_of_a_key_file_is_left_out_and_nothing_else_is() {
    let folder = Folder::new();
    for ending in ["", "\n", "\r\n"] {
        let file = folder.file("key", format!("{KEY}{ending}").as_bytes());
        let signed = run_with_input(["sign", "-", "--shared-key-file", &file], b"{}");
        assert_eq!(signed.stdout.trim_end(), signature(b"{}"), "{ending:?}");
    }
    for text in [format!("{KEY}\n\n"), format!("{KEY} "), format!(" {KEY}"), format!("\"{KEY}\"")] {
        let file = folder.file("key", text.as_bytes());
        assert_refused(NEED_A_KEY[0], &["--shared-key-file", &file], "invalid_key");
    }
}

#[test]
fn a_variable_without_a_key_in_it_is_refused() {
    for value in ["", "JWS-SYMMETRIC-KEY"] {
        let outcome = Outcome::of(hookseal().args(NEED_A_KEY[0]).env("HOOKSEAL_SHARED_KEY", value), b"");
        assert_eq!((outcome.status, outcome.failure_code().as_str()), (Some(2), "invalid_key"), "{value:?}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_an_error_and_not_an_empty_body() {
    let folder = Folder::new();
    for file in [folder.path("missing"), folder.path(".")] {
        let verify = ["verify", "--signature", &signature(b"")];
        for command in [&["sign"][..], &verify, &["send", "http://127.0.0.1:9/"]] {
            assert_refused(command, &["--json", "--shared-key", KEY, &file], "io_error");
        }
    }
}

#[test]
fn a_call_that_makes_no_sense_is_a_usage_error_in_json() {
    let key = ["--shared-key", KEY];
    for arguments in [
        &["frobnicate"][..],
        &["sign", "--frobnicate"],
        &["sign", "-", "--shared-key", KEY, "--shared-key", KEY],
        &["sign", "-", "--key-format", "rot13"],
        &["sign", "-", "--key-format", "auto"],
        &["verify", "-"],
        &["verify", "-", "--signature", "x", "--quiet"],
        &["verify", "-", "--signature", "x", "--policy", "none"],
        &["send"],
        &["send", "ftp://example.org/", key[0], key[1]],
        &["send", "http://127.0.0.1:9/", "--count", "0"],
        &["send", "http://127.0.0.1:9/", "--rate", "nan"],
        &["send", "http://127.0.0.1:9/", "--timeout", "soon"],
        &["keygen", "--bytes", "31"],
        &["demo", "--listen", "localhost"],
        &["demo", "--serve"],
        &["receive", "--listen", "nowhere"],
        &["receive", "--max-body", "lots"],
        &[],
    ] {
        let outcome = run(arguments.iter().chain([&"--json"]));
        assert_eq!((outcome.status, outcome.failure_code().as_str()), (Some(2), "usage"), "{arguments:?}");
        assert_eq!(outcome.stderr, "", "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_a_usage_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let not_text = OsStr::from_bytes(b"\xff");
    for arguments in [["sign", "--shared-key"], ["verify", "--signature"]] {
        let arguments: Vec<OsString> = arguments.map(OsString::from).into();
        assert_eq!(run(arguments.iter().map(|argument| &**argument).chain([not_text])).status, Some(2));
    }
}

#[test]
fn a_signature_that_does_not_verify_is_not_an_error_of_the_command() {
    let good = signature(b"{}");
    for (value, code) in [
        ("", "missing_signature"),
        (&*format!("{good}\n"), "invalid_base64url"),
        (&*format!(" {good}"), "invalid_base64url"),
        (&*format!("{good},{good}"), "multiple_signatures"),
        ("sha256=0123", "malformed_compact"),
        ("--json", "malformed_compact"),
        (&*signature(b"{}\n"), "signature_mismatch"),
    ] {
        let outcome = run_with_input(["verify", "-", "--shared-key", KEY, "--json", "--signature", value], b"{}");
        assert_eq!((outcome.status, outcome.failure_code().as_str()), (Some(1), code), "{value:?}");
        let quiet = run_with_input(["verify", "-", "--shared-key", KEY, "--quiet", "--signature", value], b"{}");
        assert_eq!((quiet.status, &*quiet.stdout, &*quiet.stderr), (Some(1), "", ""), "{value:?}");
    }
}

#[test]
fn an_occupied_port_is_an_error_that_names_it() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let outcome = run(["receive", "--shared-key", KEY, "--listen", &address]);
    assert_eq!((outcome.status, &*outcome.stdout), (Some(1), ""));
    assert!(outcome.stderr.contains(&address) && outcome.stderr.contains("hint"), "{outcome:?}");
    let outcome = run(["demo", "--json", "--listen", &address]);
    assert_eq!((outcome.status, outcome.failure_code().as_str()), (Some(1), "io_error"));
}

#[test]
fn a_ready_file_that_cannot_be_written_is_an_error() {
    let folder = Folder::new();
    let outcome =
        run(["receive", "--shared-key", KEY, "--listen", "127.0.0.1:0", "--ready-file", &folder.path("no/file")]);
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
}

#[test]
fn a_ready_file_of_an_earlier_run_is_gone_when_this_one_fails() {
    let folder = Folder::new();
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    let stale = folder.file("ready", b"127.0.0.1:1\n");
    assert_eq!(run(["receive", "--shared-key", KEY, "--listen", &address, "--ready-file", &stale]).status, Some(1));
    assert!(!Path::new(&stale).exists());
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    for arguments in [&["keygen"][..], &["sign", "-", "--shared-key", KEY], &["demo", "--json"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let status = hookseal().args(arguments).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert!(!status.success(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_makes_send_fail() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = run(["send", &format!("http://{nobody}/"), "--shared-key", KEY, "--json", "--count", "3"]);
    assert_eq!(outcome.status, Some(1));
    assert_eq!((&outcome.json()["sent"], &outcome.json()["accepted"]), (&3.into(), &false.into()));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let sign = ["sign", "-", "--shared-key", KEY];
    for arguments in [&["keygen"][..], &["keygen", "--json"], &sign, &["--help"], &["man"], &["demo"]] {
        let mut command = hookseal();
        command.args(arguments).stdin(Stdio::piped()).stdout(closed_pipe()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(b"{}"); // it may end without reading
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_receiver_whose_reader_went_away_answers_and_ends_well() {
    let mut receiver = Receiver::start_unread(hookseal().args(["receive", "--shared-key", KEY]));
    assert_eq!(receiver.deliver("/", &Request::post("/").signed("{}")).status, 204);
    assert_eq!(receiver.wait_for_exit().code(), Some(0));
    assert!(!receiver.stderr().contains("panicked"), "{}", receiver.stderr());
}

/// The command with these arguments ends with status 2, says why, and with `--json` says so in JSON with the code.
fn assert_refused(command: &[&str], arguments: &[&str], code: &str) {
    let outcome = run(command.iter().chain(arguments));
    assert_eq!(outcome.status, Some(2), "{command:?} {arguments:?}: {outcome:?}");
    if command.contains(&"--json") || arguments.contains(&"--json") {
        assert_eq!(outcome.failure_code(), code, "{command:?} {arguments:?}: {outcome:?}");
        assert_eq!(outcome.stderr, "");
    } else {
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains("error"), "{outcome:?}");
    }
}

/// Files for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(Path::new(name)).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}
