//! Who may use the control API below `/_hookseal/`, and what it gives away.

use hookseal_tests::{KEY, Receiver, Request};

#[test]
fn without_a_token_only_this_machine_gets_in() {
    let receiver = Receiver::with_key();
    let ask =
        |name: &str, value: &str| receiver.exchange(&Request::get("/_hookseal/api/deliveries").header(name, value));
    for (name, value) in [
        ("Host", "evil.example"),
        ("Host", "localhost.evil.example:8787"),
        ("Host", "192.0.2.1"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Real-IP", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
    ] {
        let answer = ask(name, value);
        assert_eq!((answer.status, answer.code().as_deref()), (403, Some("forbidden")), "{name}: {value}");
    }
    for (name, value) in [("Host", "localhost:1"), ("Host", "127.0.0.1"), ("Host", "[::1]:1"), ("Accept", "*/*")] {
        assert_eq!(ask(name, value).status, 200, "{name}: {value}");
    }
    let forwarded = Request::post("/").header("X-Forwarded-For", "192.0.2.1").signed("{}");
    assert_eq!(receiver.deliver("/", &forwarded).status, 204, "a delivery may come through a tunnel");
}

#[test]
fn with_a_token_whoever_has_it_gets_in_and_nobody_else() {
    let receiver = Receiver::start(["--shared-key", KEY, "--token", "s3cret-t0ken"]);
    let ask =
        |name: &str, value: &str| receiver.exchange(&Request::get("/_hookseal/api/deliveries").header(name, value));
    for (name, value) in [
        ("Accept", "*/*"),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer s3cret-t0ke"),
        ("Authorization", "Bearer s3cret-t0kenn"),
        ("Authorization", "Basic s3cret-t0ken"),
        ("Authorization", "s3cret-t0ken"),
        ("Cookie", "hookseal_token=wrong"),
    ] {
        let answer = ask(name, value);
        assert_eq!((answer.status, answer.code().as_deref()), (401, Some("unauthorized")), "{name}: {value}");
    }
    for (name, value) in [("Authorization", "Bearer s3cret-t0ken"), ("Cookie", "a=b; hookseal_token=s3cret-t0ken")] {
        assert_eq!(ask(name, value).status, 200, "{name}");
    }
    let from_elsewhere = Request::get("/_hookseal/api/deliveries").header("X-Forwarded-For", "192.0.2.1");
    let with_token = from_elsewhere.clone().header("Authorization", "Bearer s3cret-t0ken");
    assert_eq!(receiver.exchange(&from_elsewhere).status, 401);
    assert_eq!(receiver.exchange(&with_token).status, 200);
    assert_eq!(receiver.health()["status"], "ok", "whoever keeps it running needs no token");
    assert!(!receiver.stderr().contains("s3cret"), "{}", receiver.stderr());
}

#[test]
fn a_write_needs_a_type_that_no_page_can_send_unasked_and_an_origin_of_its_own() {
    let receiver = Receiver::with_key();
    let delete = || Request::new("DELETE", "/_hookseal/api/deliveries");
    let json = |request: Request| request.header("Content-Type", "application/json");
    for (request, status) in [
        (delete(), 415),
        (delete().header("Content-Type", "text/plain"), 415),
        (json(delete().header("Origin", "http://evil.example")), 403),
        (json(delete().header("Origin", "null")), 403),
    ] {
        assert_eq!(receiver.exchange(&request).status, status);
    }
    let post = Request::post("/_hookseal/api/wait").header("Content-Type", "application/json");
    assert_eq!(receiver.exchange(&post).status, 405);
    assert_eq!(receiver.deliveries("").len(), 0, "and none of it is a delivery");
}

#[test]
fn credentials_of_strangers_are_kept_only_when_asked_for() {
    for (arguments, kept) in [(&["--shared-key", KEY][..], false), (&["--shared-key", KEY, "--keep-credentials"], true)]
    {
        let receiver = Receiver::start(arguments);
        let request = Request::post("/").header("Authorization", "Bearer s3cret").header("Cookie", "a=s3cret");
        receiver.deliver("/", &request.signed("{}"));
        let inbox = receiver.api("deliveries").json().to_string();
        assert_eq!(inbox.contains("s3cret"), kept, "{inbox}");
        assert_eq!(receiver.deliveries("q=s3cret").len(), usize::from(kept), "nor can it be searched for");
    }
}

#[test]
fn the_page_needs_no_token_and_lets_nothing_but_its_own_files_run() {
    let receiver = Receiver::start(["--shared-key", KEY, "--token", "s3cret-t0ken"]);
    let page = receiver.exchange(&Request::get("/_hookseal/"));
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'; script-src 'self';"));

    let named = text.split(['"', '\'']).filter(|word| word.starts_with("page/")).collect::<Vec<_>>();
    assert!(named.len() > 5, "{text}");
    for name in named {
        let file = Request::get(&format!("/_hookseal/{name}"));
        let answer = receiver.exchange(&file);
        assert_eq!((answer.status, answer.header("x-content-type-options")), (200, Some("nosniff")), "{name}");
        let etag = answer.header("etag").unwrap();
        let again = receiver.exchange(&file.header("If-None-Match", etag));
        assert_eq!((again.status, again.body.len()), (304, 0), "{name}");
    }
    let redirect = receiver.exchange(&Request::get("/_hookseal"));
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("/_hookseal/")));
    for target in ["/_hookseal/page/none.js", "/_hookseal/page/../Cargo.toml", "/_hookseal/page/%2e%2e/Cargo.toml"] {
        assert_eq!(receiver.exchange(&Request::get(target)).status, 404, "{target}");
    }
    assert_eq!(receiver.exchange(&Request::post("/_hookseal/")).status, 405);
}
