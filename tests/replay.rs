//! A delivery that is sent once more.

use std::net::TcpListener;

use hookseal_tests::{Answer, KEY, Receiver, Request};
use serde_json::{Value, json};

const BODY: &[u8] = b"\x00{\"not\": \"quite\",\r\n \"json\": \"\xff\"}";

#[test]
fn the_same_octets_come_again_to_the_same_path() {
    let receiver = Receiver::with_key();
    let request = Request::new("PUT", "/a//b?x=%00&x=1").header("X-Twice", "1").header("X-Twice", b"\xff2");
    assert_eq!(receiver.exchange(&request.header("Cookie", "s3cret").signed(BODY)).status, 204);
    let first = receiver.deliveries("").remove(0);

    let answer = replay(&receiver, &first, "{}");
    assert_eq!(answer.status, 200, "{answer:?}");
    let said = answer.json();
    assert_eq!((&said["status"], &said["to"]), (&json!(204), &json!("/a//b?x=%00&x=1")));
    assert_eq!(said["omitted"], json!(["cookie"]), "its value is not kept");
    assert!(said["took_ms"].as_f64().unwrap() > 0.0);

    let again = receiver.deliveries("").remove(0);
    for member in ["method", "path", "query", "body_sha256", "verdict", "key"] {
        assert_eq!(again[member], first[member], "{member}");
    }
    let mut headers = first["headers"].as_array().unwrap().clone();
    headers.retain(|header| header[0] != "cookie");
    let mut came = again["headers"].as_array().unwrap().clone();
    for list in [&mut headers, &mut came] {
        list.sort_by_key(ToString::to_string);
    }
    assert_eq!(came, headers);
    assert_eq!((&first["replay"], &again["replay"]), (&json!(false), &json!(true)));
    assert_eq!(replay(&receiver, &first, "").json()["status"], 204, "a body is not needed");
}

/// Credentials that the inbox was told to keep are part of what is sent again.
#[test]
fn credentials_that_are_kept_go_along() {
    let receiver = Receiver::start(["--shared-key", KEY, "--keep-credentials"]);
    let other = Receiver::start(["--accept-all", "--keep-credentials"]);
    let request = Request::post("/a").header("Authorization", "Bearer s3cret").header("Cookie", "a=b");
    assert_eq!(receiver.exchange(&request.signed(BODY)).status, 204);
    let first = receiver.deliveries("").remove(0);
    let credentials = |delivery: &Value| {
        let headers = delivery["headers"].as_array().unwrap().clone();
        let of = |name: &str| headers.iter().find(|header| header[0] == name).map(|header| header[1].clone());
        [of("authorization"), of("cookie")]
    };
    let sent = [Some(json!("Bearer s3cret")), Some(json!("a=b"))];
    assert_eq!(credentials(&first), sent);
    for (to, came_to) in [(json!({}), &receiver), (json!({ "to": other.url() }), &other)] {
        let said = replay(&receiver, &first, &to.to_string()).json();
        assert_eq!((&said["status"], &said["omitted"]), (&json!(204), &json!([])));
        assert_eq!(credentials(&came_to.deliveries("limit=1")[0]), sent, "{to}");
    }
}

#[test]
fn it_goes_to_a_url_and_what_came_back_is_shown() {
    let receiver = Receiver::with_key();
    let other = Receiver::start(["--accept-all"]);
    receiver.exchange(&Request::post("/from?a=b").signed(BODY));
    let delivery = receiver.deliveries("").remove(0);
    let to = format!("{}/to/there?c=d", other.url());
    let said = replay(&receiver, &delivery, &json!({ "to": to }).to_string()).json();
    assert_eq!((&said["status"], &said["to"], &said["truncated"]), (&json!(204), &json!(to), &json!(false)));
    let came = other.deliveries("").remove(0);
    assert_eq!((&came["path"], &came["query"]), (&json!("/to/there"), &json!("c=d")));
    assert_eq!(came["body_sha256"], delivery["body_sha256"]);
    let signature = |delivery: &Value| {
        let headers = delivery["headers"].as_array().unwrap().clone();
        headers.into_iter().find(|header| header[0] == "x-jws-signature")
    };
    assert_eq!(signature(&came), signature(&delivery));

    // What refuses it says so, and is no failure of the replay.
    let strict = Receiver::start(["--shared-key", &KEY[1..]]);
    let said = replay(&receiver, &delivery, &json!({ "to": strict.url() }).to_string()).json();
    assert_eq!((&said["status"], &said["body"]), (&json!(401), &json!("{\"code\":\"signature_mismatch\"}\n")));
}

#[test]
fn what_cannot_be_sent_again_is_said() {
    let receiver = Receiver::with_key();
    receiver.exchange(&Request::post("/whole").signed(BODY));
    let whole = receiver.deliveries("path=/whole").remove(0);
    for (body, status, code) in [
        (r#"{"to":"nowhere"}"#, 400, "invalid_replay"),
        (r#"{"to":"ftp://127.0.0.1/"}"#, 400, "invalid_replay"),
        (r#"{"to":7}"#, 400, "invalid_replay"),
        (r#"{"too":"http://127.0.0.1/"}"#, 400, "invalid_replay"),
        ("[", 400, "invalid_replay"),
    ] {
        let answer = replay(&receiver, &whole, body);
        assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)), "{body}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = replay(&receiver, &whole, &json!({ "to": format!("http://{nobody}/") }).to_string());
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("unreachable")));
    assert!(answer.json()["message"].as_str().unwrap().contains("connection refused"), "{answer:?}");
    assert_eq!(replay(&receiver, &json!({"id": "nothing"}), "{}").status, 404);

    let connection = receiver.connect();
    connection.send(Request::post("/half").signed(BODY).octets().split_last().unwrap().1).unwrap();
    connection.finish_sending();
    let half = receiver.wait_for(1, "/half").remove(0);
    let answer = replay(&receiver, &half, "{}");
    assert_eq!((answer.status, answer.code().as_deref()), (409, Some("truncated")));

    let foreign = Request::post("/_hookseal/api/deliveries/x/replay").header("Origin", "http://evil.example");
    assert_eq!(receiver.exchange(&foreign.header("Content-Type", "application/json").body("{}")).status, 403);
}

#[test]
fn a_fault_strikes_a_replay_too_and_leaves_the_operator_connected() {
    let receiver = Receiver::with_key();
    receiver.exchange(&Request::post("/").signed(BODY));
    let delivery = receiver.deliveries("").remove(0);
    let rules = r#"{"rules":[{"kind":"reset"}]}"#;
    let put = Request::new("PUT", "/_hookseal/api/faults").header("Content-Type", "application/json").body(rules);
    assert_eq!(receiver.exchange(&put).status, 200);
    let answer = replay(&receiver, &delivery, "{}");
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("unreachable")), "{answer:?}");
    assert_eq!(receiver.deliveries("").len(), 2);
}

fn replay(receiver: &Receiver, delivery: &Value, body: &str) -> Answer {
    let id = delivery["id"].as_str().unwrap();
    let request = Request::post(&format!("/_hookseal/api/deliveries/{id}/replay"));
    receiver.exchange(&request.header("Content-Type", "application/json").body(body))
}
