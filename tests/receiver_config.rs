//! The receiver's configuration file: what it may say, what is wrong with it, and how it is read again.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use hookseal_tests::{KEY, Outcome, Receiver, Request, eventually, hookseal, signature};
use tempfile::TempDir;

/// Another shared key.
const OTHER: &str = "c2Vjb25kLWtleS1mb3ItYS1wYXRoLW9mLWl0cy1vd24";

#[test]
fn each_path_has_what_it_says_and_the_rest_what_holds_for_all() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other.txt"), OTHER).unwrap();
    let config = write(
        &folder,
        &format!(
            r#"
            shared_key = "{KEY}"
            max_body = "2kB"
            fault = ["/flag 503"]

            [[path]]
            path = "/other/*"
            shared_key_file = "other.txt"
            respond = {{ status = 201, headers = {{ X-A = ["1", "2"], Content-Type = "text/plain" }}, body = "other" }}
            fault = [{{ status = [503], times = 1 }}]

            [[path]]
            path = "/open/*"
            accept_all = true

            [[respond]]
            path = "/rule"
            status = 200
            body = '{{"ok": true}}'
            "#
        ),
    );
    let receiver = Receiver::start(["--config", path(&config)]);
    let deliver = |path: &str, key: &str, body: &str| {
        let signature = hookseal::Signer::new(hookseal::Key::from_jwk_k(key).unwrap()).sign(body.as_bytes());
        receiver.exchange(&Request::post(path).header("X-JWS-Signature", signature).body(body))
    };
    assert_eq!(deliver("/", KEY, "{}").status, 204);
    assert_eq!(deliver("/", OTHER, "{}").status, 401);
    assert_eq!(deliver("/other/1", OTHER, "1").status, 503, "its fault, once");
    assert_eq!(deliver("/other/1", KEY, "{}").status, 401, "only its own key counts there");
    let answer = deliver("/other/1", OTHER, "{}");
    assert_eq!((answer.status, answer.header("content-type"), &*answer.body), (201, Some("text/plain"), &b"other"[..]));
    assert_eq!(receiver.exchange(&Request::post("/open/1").body("x")).status, 204);
    assert_eq!(deliver("/rule", KEY, "{}").json()["ok"], true);
    assert_eq!(deliver("/flag", KEY, "{}").status, 503, "a rule as the flag has it");
    assert_eq!(deliver("/", KEY, &"x".repeat(3000)).status, 413);
}

#[test]
fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(&folder, &format!("shared_key = \"{OTHER}\"\naccept_all = false\nlog = \"off\"\n"));
    let log = |command: &mut std::process::Command| {
        let receiver = Receiver::start_command(command.args(["receive", "--config", path(&config)]));
        receiver.exchange(&Request::post("/").signed("{}"));
        let verdict = receiver.deliveries("")[0]["verdict"].as_str().unwrap().to_owned();
        receiver.exchange(&Request::post("/_hookseal/api/none"));
        (verdict, receiver)
    };
    assert_eq!(log(&mut hookseal()).0, "invalid");
    let (verdict, receiver) = log(hookseal().env("HOOKSEAL_SHARED_KEY", KEY).env("HOOKSEAL_LOG", "json"));
    assert_eq!(verdict, "valid", "the environment's key");
    eventually("the environment's log", || receiver.stdout().starts_with('{').then_some(()));
    let mut command = hookseal();
    command.env("HOOKSEAL_SHARED_KEY", OTHER).env("HOOKSEAL_LOG", "off");
    command.args(["receive", "--config", path(&config), "--shared-key", KEY, "--log", "json"]);
    let receiver = Receiver::start_command(&mut command);
    assert_eq!(receiver.exchange(&Request::post("/").signed("{}")).status, 204, "the flag's key");
    eventually("the flag's log", || receiver.stdout().starts_with('{').then_some(()));
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let good = format!("shared_key = \"{KEY}\"\n");
    let outcome = check(&write(&folder, &good));
    assert_eq!((outcome.status, outcome.stdout.starts_with("Sound: 1 key,")), (Some(0), true), "{outcome:?}");

    for (text, at, said) in [
        ("lisen = \"127.0.0.1:0\"", "2:1", "unknown key \"lisen\""),
        ("max-body = \"1MiB\"", "2:1", "Did you mean `max_body`?"),
        ("colour = 1", "2:1", "Keys here are "),
        ("config = \"x\"", "2:1", "unknown key \"config\""),
        ("listen = \"nowhere\"", "2:10", "give an address and a port"),
        ("listen = 8787", "2:10", "give an address and a port"),
        ("listen = [\"127.0.0.1:0\"]", "2:10", "listen takes text, not an array"),
        ("accept_all = \"yes\"", "2:14", "accept_all is true or false, not a string"),
        ("log = \"loud\"", "2:7", "[possible values: pretty, json, off]"),
        ("forward_to = \"ftp://x/\"", "2:14", "such as http://127.0.0.1:3000/hooks"),
        ("rate_limit = \"many\"", "2:14", "such as 100/s"),
        ("fault = [\"explode\"]", "2:9", "is no fault"),
        ("listen = \"127.0.0.1:0", "2:", "invalid basic string"),
        ("shared_key = \"twice\"", "2:1", "duplicate key"),
        ("[[fault]]\nstatus = [503, 99]", "3:10", "status[1]: is 99"),
        ("[[fault]]\nstaus = [503]", "3:1", "Did you mean `status`?"),
        ("[[fault]]\nkind = \"explode\"", "3:8", "unknown variant `explode`"),
        ("[[fault]]", "2:1", "the rule does nothing"),
        ("[[respond]]\nstatus = \"200\"", "3:10", "invalid type"),
        ("[[respond]]\nheaders = { \"a b\" = \"x\" }", "3:11", "is no header's name"),
        ("[[path]]\nshared_key = \"x\"", "2:1", "the section has no path"),
        ("[[path]]\npath = \"orders\"", "3:8", "begin it with / or *"),
        ("[[path]]\npath = \"/a\"\nlisten = \"127.0.0.1:0\"", "4:1", "unknown key \"listen\""),
        ("[[path]]\npath = \"/a\"\nshared_key = \"short\"", "2:1", "--shared-key"),
        ("[[path]]\npath = \"/a\"\nshared_key_file = \"missing\"", "2:1", "cannot read the key file"),
        ("[[path]]\npath = \"/a\"\npolicy = \"rfc7797\"", "2:1", "policy is about keys"),
        ("[[path]]\npath = \"/a\"\nfault = { path = \"/b\" }", "4:11", "the path is that of the section"),
        ("path = \"/a\"", "2:8", "path is a table"),
    ] {
        let config = write(&folder, &format!("{good}{text}\n"));
        let outcome = check(&config);
        assert_eq!(outcome.status, Some(2), "{text}: {outcome:?}");
        let place = format!("{}:{at}", config.display());
        assert!(outcome.stderr.contains(&place), "{text}: not at {at}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{text}: {}", outcome.stderr);
    }
    let outcome = check(Path::new("missing.toml"));
    assert!(outcome.status == Some(2) && outcome.stderr.contains("cannot read the configuration"), "{outcome:?}");
    let outcome = check(&write(&folder, "log = \"off\"\n"));
    assert!(outcome.status == Some(2) && outcome.stderr.contains("there is no shared key"), "{outcome:?}");
    let outcome = check(&write(&folder, &format!("{good}admin_listen = \"0.0.0.0:0\"\n")));
    assert!(outcome.status == Some(2) && outcome.stderr.contains("there is no --token"), "{outcome:?}");
}

#[test]
fn sighup_reads_it_again_and_a_mistake_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(&folder, &format!("shared_key = \"{KEY}\"\n"));
    let receiver = Receiver::start(["--config", path(&config)]);
    let deliver = |body: &str| receiver.exchange(&Request::post("/").signed(body)).status;
    assert_eq!(deliver("1"), 204);

    write(
        &folder,
        &format!(
            "shared_key = \"{KEY}\"\nmax_body = \"5kB\"\nrespond = [\"201\"]\n[[fault]]\nstatus = [503]\ntimes = 1\n"
        ),
    );
    receiver.signal("HUP");
    eventually("it is read again", || receiver.stderr().contains("Reloaded: 1 key").then_some(()));
    assert_eq!([deliver("2"), deliver("3")], [503, 201]);
    eventually("it says what does not count yet", || {
        receiver.stderr().contains("needs a restart to count: max_body").then_some(())
    });

    write(&folder, "shared_key = \"too short\"\nrespond = [\"202\"]\n");
    receiver.signal("HUP");
    eventually("it is refused", || receiver.stderr().contains("Not reloaded: ").then_some(()));
    assert_eq!(deliver("4"), 201);

    write(&folder, &format!("shared_key = \"{OTHER}\"\n"));
    receiver.signal("HUP");
    eventually("the key has changed", || (deliver("5") == 401).then_some(()));
    let explained = receiver.deliveries("limit=1")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(receiver.api(&format!("deliveries/{explained}/explain")).status, 200);
    assert_eq!(signature(b"5").len(), signature(b"6").len());
}

fn write(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("receiver.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn path(config: &Path) -> &str {
    config.to_str().unwrap()
}

fn check(config: &Path) -> Outcome {
    Outcome::of(hookseal().args(["receive", "--check", "--config", path(config)]), b"")
}
