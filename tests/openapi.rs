//! The control API against its own description, as schemathesis reads it.

use hookseal_tests::{KEY, Outcome, Receiver, Request, python};

/// What is described and not called: streams and waits have no end of their own, and a replay may go to any URL. Tests of
/// their own call them.
const NOT_CALLED: &str = "/(events|wait|replay)$";

#[test]
fn every_answer_is_as_the_description_says() {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = format!("sqlite:{}", folder.path().join("inbox.db").display());
    let receiver = Receiver::start(["--shared-key", KEY, "--inbox", &on_disk]);
    for path in ["/1", "/2", "/3"] {
        receiver.exchange(&Request::post(path).signed("{}"));
        receiver.exchange(&Request::post(path).body([0xff, 0]));
    }
    let schemathesis = "from schemathesis.cli import schemathesis; schemathesis()";
    let description = format!("{}/_hookseal/api/openapi.json", receiver.url());
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let ran = Outcome::of(
        python().current_dir(folder.path()).args(["-c", schemathesis, "run", &description, "--no-color"]).args([
            "--phases",
            "coverage,fuzzing",
            "--max-examples",
            "8",
            "--generation-deterministic",
            "--exclude-path-regex",
            NOT_CALLED,
            "--checks",
            checks,
        ]),
        b"",
    );
    println!("{}", ran.stdout);
    assert_eq!(ran.status, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    receiver.assert_unharmed();
}
