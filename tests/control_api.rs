//! The control API below `/_hookseal/`, as a script sees it.

use std::collections::HashSet;
use std::time::Instant;

use hookseal_tests::{Answer, KEY, PATIENCE, Receiver, Request, run, signature};
use serde_json::{Value, json};

#[test]
fn wait_is_answered_as_soon_as_enough_have_come_and_counts_those_already_there() {
    let receiver = Receiver::with_key();
    receiver.deliver("/first", &Request::post("/first").signed("1"));
    let mut waiting = receiver.connect();
    let asked = Instant::now();
    waiting.send(wait("count=3&verdict=valid&timeout=50s").octets()).unwrap();
    receiver.deliver("/second", &Request::post("/second").signed("2"));
    receiver.deliver("/unsigned", &Request::post("/unsigned").body("2"));
    receiver.deliver("/third", &Request::post("/third").signed("3"));
    let answer = waiting.answer();
    assert_eq!(answer.status, 200);
    assert_eq!(paths(&answer), ["/first", "/second", "/third"], "oldest first");
    assert!(asked.elapsed() < PATIENCE / 2, "it did not wait for the time-out");

    let now = receiver.deliveries("limit=1")[0]["received_at"].as_str().unwrap().to_owned();
    assert_eq!(paths(&receiver.api(&format!("wait?since={now}"))), ["/third"], "only what came since then");
}

#[test]
fn a_wait_in_vain_says_what_came_and_why_each_did_not_count() {
    let receiver = Receiver::with_key();
    receiver.deliver("/right", &Request::post("/right").signed("1"));
    receiver.deliver("/wrong", &Request::new("PUT", "/wrong").signed("2"));
    receiver.deliver("/right", &Request::post("/right").body("3"));
    let answer = receiver.api("wait?count=2&verdict=valid&path=/right&method=post&timeout=50ms");
    assert_eq!((answer.status, answer.code().as_deref()), (408, Some("timeout")));
    let said = answer.json();
    assert_eq!(said["wanted"], 2);
    assert_eq!(paths(&answer), ["/right"], "the one that counts");
    let near_misses = said["near_misses"].as_array().unwrap();
    let misses: Vec<_> =
        near_misses.iter().map(|miss| (&miss["delivery"]["path"], strings(&miss["reasons"]))).collect();
    let [(wrong_path, wrong), (right_path, unsigned)] = &misses[..] else { panic!("{said}") };
    assert_eq!((*wrong_path, *right_path), (&json!("/wrong"), &json!("/right")));
    assert!(wrong.len() == 2 && wrong[0].contains("/wrong") && wrong[1].contains("PUT"), "{wrong:?}");
    assert!(unsigned.len() == 1 && unsigned[0].contains("unsigned"), "{unsigned:?}");
    let message = said["message"].as_str().unwrap();
    assert!(message.starts_with("1 of 2") && message.contains("/wrong") && message.contains("unsigned"), "{message}");
}

#[test]
fn every_filter_finds_what_it_means_and_nothing_else() {
    let receiver = Receiver::with_key();
    receiver.deliver("/a/1", &Request::post("/a/1?colour=blue").signed("needle in the body"));
    receiver.deliver("/a/2", &Request::new("PUT", "/a/2").header("X-Needle", "in a header").body("b"));
    receiver.deliver("/b/1", &Request::post("/b/1").header("X-JWS-Signature", signature(b"other")).body("c"));
    receiver.deliver("/b/2", &Request::post("/b/2").header("X-JWS-Signature", "sha256=0123").body("\u{0}\u{1}"));
    let all = receiver.deliveries("");
    let time = |index: usize| all[index]["received_at"].as_str().unwrap();
    for (query, found) in [
        ("verdict=valid", &["/a/1"][..]),
        ("verdict=unsigned", &["/a/2"]),
        ("verdict=invalid", &["/b/2", "/b/1"]),
        ("code=signature_mismatch", &["/b/1"]),
        ("code=missing_signature", &["/a/2"]),
        ("path=/a/*", &["/a/2", "/a/1"]),
        ("path=*/1", &["/b/1", "/a/1"]),
        ("path=/a", &[]),
        ("method=put", &["/a/2"]),
        ("q=needle", &["/a/2", "/a/1"]),
        ("q=colour=blue", &["/a/1"]),
        ("q=%00%01", &["/b/2"]),
        ("q=nowhere", &[]),
        (&format!("since={}", time(1)), &["/b/2", "/b/1"]),
        ("verdict=invalid&path=*/2&method=POST&q=sha256", &["/b/2"]),
    ] {
        assert_eq!(paths(&receiver.api(&format!("deliveries?{query}"))), found, "{query}");
    }
}

#[test]
fn pages_hold_every_delivery_once_even_while_more_arrive() {
    let receiver = Receiver::with_key();
    let url = format!("{}/page", receiver.url());
    let sent = run(["send", &url, "--shared-key", KEY, "--count", "1234", "--concurrency", "8", "--json"]);
    assert_eq!(sent.json()["statuses"], json!({ "204": 1234 }), "{sent:?}");

    let (mut ids, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = receiver.api(&format!("deliveries?limit=500{cursor}")).json();
        let deliveries = page["deliveries"].as_array().unwrap();
        ids.extend(deliveries.iter().map(|delivery| delivery["id"].as_str().unwrap().to_owned()));
        sizes.push(deliveries.len());
        receiver.deliver("/later", &Request::post("/later").signed("later"));
        let Some(next) = page["next"].as_str() else { break };
        assert!(next.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{next}");
        cursor = format!("&cursor={next}");
    }
    assert_eq!(sizes, [500, 500, 234]);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1234);

    let default = receiver.api("deliveries").json();
    assert_eq!(default["deliveries"].as_array().unwrap().len(), 100, "unless told");
    assert_eq!(paths(&receiver.api("deliveries?limit=3")), ["/later"; 3], "newest first");
    assert_eq!(receiver.deliveries("limit=1000").len(), 1237);
}

#[test]
fn a_query_that_is_not_understood_is_refused_rather_than_ignored() {
    let receiver = Receiver::with_key();
    for query in [
        "deliveries?verdct=valid",
        "deliveries?verdict=maybe",
        "deliveries?limit=0",
        "deliveries?limit=1001",
        "deliveries?limit=many",
        "deliveries?cursor=!",
        "deliveries?since=yesterday",
        "deliveries?limit=1&limit=2",
        "deliveries?count=1",
        "wait?count=0",
        "wait?count=1000000",
        "wait?timeout=10",
        "wait?timeout=-1s",
        "wait?timeout=2h",
        "wait?limit=1",
    ] {
        let answer = receiver.api(query);
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("invalid_query")), "{query}");
    }
    for missing in ["deliveries/1", "deliveries/00000000-0000-0000-0000-000000000000/body", "frobnicate", ""] {
        let answer = receiver.api(missing);
        assert_eq!((answer.status, answer.code().as_deref()), (404, Some("not_found")), "{missing}");
    }
    receiver.assert_unharmed();
}

#[test]
fn a_body_is_given_back_octet_for_octet_and_as_no_page() {
    let receiver = Receiver::with_key();
    let body: Vec<u8> = (0..=255).chain(*b"<script>alert(1)</script>\r\n").collect();
    let request = Request::post("/").header("Content-Type", "text/html").signed(&body);
    receiver.deliver("/", &request);
    let id = receiver.deliveries("")[0]["id"].as_str().unwrap().to_owned();
    let answer = receiver.api(&format!("deliveries/{id}/body"));
    assert_eq!((answer.status, &answer.body), (200, &body));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(receiver.api(&format!("deliveries/{id}")).json()["path"], "/");
}

#[test]
fn a_delivery_that_comes_again_is_marked_and_not_refused() {
    let receiver = Receiver::with_key();
    let again = [r#"{"id":"1","n":1}"#, r#"{"id":"2","n":1}"#, r#"{"id":"1","n":1}"#, r#"{"id":"1","n":2}"#];
    for body in again {
        assert_eq!(receiver.deliver("/", &Request::post("/").signed(body)).status, 204);
    }
    let forged = Request::post("/").header("X-JWS-Signature", signature(b"?")).body(r#"{"id":"3"}"#);
    assert_eq!(receiver.deliver("/", &forged).status, 401);
    assert_eq!(receiver.deliver("/", &Request::post("/").signed(r#"{"id":"3"}"#)).status, 204);
    let replays: Vec<_> = receiver.deliveries("").iter().rev().map(|kept| kept["replay"] == true).collect();
    assert_eq!(
        replays,
        [false, false, true, true, false, false],
        "the same signature, then the same id; no forgery counts"
    );
}

#[test]
fn accept_all_looks_on_and_says_what_it_would_have_said() {
    let receiver = Receiver::start(["--accept-all", "--shared-key", KEY]);
    for request in [Request::post("/").body("{}"), Request::post("/").header("X-JWS-Signature", "x").body("{}")] {
        assert_eq!(receiver.deliver("/", &request).status, 204);
    }
    let codes: Vec<_> = receiver.deliveries("").iter().map(|kept| kept["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["malformed_compact", "missing_signature"]);
    let too_large = Request::post("/").body(vec![0; (1 << 20) + 1]);
    assert_eq!(receiver.deliver("/", &too_large).status, 413, "what is not whole cannot be accepted");
}

#[test]
fn each_endpoint_takes_the_methods_that_the_description_says() {
    let receiver = Receiver::with_key();
    receiver.exchange(&Request::post("/").signed("{}"));
    let id = receiver.deliveries("")[0]["id"].as_str().unwrap().to_owned();
    let description = receiver.api("openapi.json").json();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE"] {
            if path.ends_with("/events") && method == "GET" {
                continue; // its answer has no end; `control_api_events` has it
            }
            let is_described = item.get(method.to_lowercase()).is_some();
            let request = Request::new(method, &path.replace("{id}", &id)).header("Content-Type", "application/json");
            let answer = receiver.exchange(&request.header("Content-Length", "0"));
            assert_eq!(answer.status != 405, is_described, "{method} {path}: {answer:?}");
            let is_known = item[method.to_lowercase()]["responses"].get(answer.status.to_string()).is_some();
            assert!(is_known || !is_described, "{method} {path}: {answer:?}");
            if method == "DELETE" && is_described {
                receiver.exchange(&Request::post("/").signed("{}"));
            }
        }
    }
}

fn wait(query: &str) -> Request {
    Request::get(&format!("/_hookseal/api/wait?{query}"))
}

fn paths(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let deliveries = json["deliveries"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    deliveries.iter().map(|delivery| delivery["path"].as_str().unwrap().to_owned()).collect()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}
