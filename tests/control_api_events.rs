//! `GET events`: what a page or a script that looks on is told, and when.

use hookseal_tests::{Answer, Connection, KEY, Receiver, Request, run};
use serde_json::{Value, json};

/// An event of a stream.
#[derive(Debug)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

/// A client of `GET events`. HTTP/1.0 has no chunks in between.
struct Stream(Connection);

impl Stream {
    fn open(receiver: &Receiver, query: &str, last_event_id: Option<&str>) -> Self {
        let mut connection = receiver.connect();
        let mut request = Request::get(&format!("/_hookseal/api/events{query}")).http_1_0();
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        connection.send(request.octets()).unwrap();
        let head = connection.head();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
        Stream(connection)
    }

    fn next(&mut self) -> Event {
        let mut event = Event { id: String::new(), name: String::new(), data: Value::Null };
        loop {
            let line = self.0.line().expect("the stream goes on");
            match line.split_once(": ") {
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).expect("it is JSON"),
                _ if line.is_empty() && !event.name.is_empty() => return event,
                _ => {}
            }
        }
    }

    fn path(&mut self) -> String {
        let event = self.next();
        assert_eq!(event.name, "delivery", "{event:?}");
        event.data["path"].as_str().unwrap().to_owned()
    }
}

fn send(receiver: &Receiver, path: &str) {
    receiver.deliver(path, &Request::post(path).signed("{}"));
}

fn delete(receiver: &Receiver, target: &str) -> Answer {
    let request = Request::new("DELETE", &format!("/_hookseal/api/{target}"));
    receiver.exchange(&request.header("Content-Type", "application/json"))
}

#[test]
fn a_delivery_is_told_as_it_comes_and_after_a_break_from_where_it_was() {
    let receiver = Receiver::with_key();
    send(&receiver, "/before");
    let mut stream = Stream::open(&receiver, "", None);
    assert_eq!(stream.next().name, "hello");
    send(&receiver, "/1");
    let first = stream.next();
    assert_eq!((first.name.as_str(), &first.data), ("delivery", &receiver.deliveries("path=/1")[0]));
    drop(stream);

    send(&receiver, "/2");
    send(&receiver, "/3");
    let mut again = Stream::open(&receiver, "", Some(&first.id));
    assert_eq!(again.next().name, "hello");
    assert_eq!([again.path(), again.path()], ["/2", "/3"], "what came meanwhile, once");
    send(&receiver, "/4");
    assert_eq!(again.path(), "/4");
    receiver.assert_unharmed();
}

#[test]
fn a_list_says_from_where_the_events_go_on() {
    let receiver = Receiver::with_key();
    let list = receiver.api("deliveries").json();
    send(&receiver, "/between");
    let mut stream = Stream::open(&receiver, &format!("?after={}", list["events"].as_str().unwrap()), None);
    assert_eq!(stream.next().name, "hello");
    assert_eq!(stream.path(), "/between", "nothing falls between a list and its events");
}

#[test]
fn a_filter_lets_through_what_it_means() {
    let receiver = Receiver::with_key();
    let mut stream = Stream::open(&receiver, "?verdict=unsigned&path=/a/*", None);
    assert_eq!(stream.next().name, "hello");
    send(&receiver, "/a/signed");
    receiver.deliver("/b/1", &Request::post("/b/1").body("{}"));
    receiver.deliver("/a/1", &Request::post("/a/1").body("{}"));
    assert_eq!(stream.path(), "/a/1");
    let refused = receiver.api("events?verdict=right");
    assert_eq!((refused.status, refused.code().as_deref()), (400, Some("invalid_query")));
}

#[test]
fn who_names_a_place_that_is_not_there_lists_anew() {
    let receiver = Receiver::with_key();
    let other = Receiver::with_key().api("deliveries").json()["events"].as_str().unwrap().to_owned();
    let own = receiver.api("deliveries").json()["events"].as_str().unwrap().to_owned();
    let beyond = own.replace("-0", "-9");
    for id in ["", "7", "nonsense-1", &other, &beyond, "\u{fc}"] {
        let mut stream = Stream::open(&receiver, "", Some(id));
        let reset = stream.next();
        assert_eq!((reset.name.as_str(), &reset.data), ("reset", &json!({ "reason": "unknown" })), "{id}");
    }
}

#[test]
fn who_is_far_behind_lists_anew_and_costs_no_memory() {
    let receiver = Receiver::with_key();
    let mut start = Stream::open(&receiver, "", None);
    let start = start.next().id;
    let mut idle: Vec<_> = (0..4).map(|_| Stream::open(&receiver, "", None)).collect();
    let url = format!("{}/many", receiver.url());
    let arguments = ["send", &url, "--shared-key", KEY, "--count", "1500", "--concurrency", "16", "--json"];
    assert_eq!(run(arguments).json()["statuses"], json!({ "204": 1500 }));
    let mut late = Stream::open(&receiver, "", Some(&start));
    assert_eq!(late.next().name, "hello");
    let reset = late.next();
    assert_eq!((reset.name.as_str(), &reset.data), ("reset", &json!({ "reason": "behind" })));
    send(&receiver, "/next");
    assert_eq!(late.path(), "/next", "and from there on it is told again");
    for stream in &mut idle {
        while !matches!(stream.next(), Event { data, .. } if data["path"] == "/next") {}
    }
    println!("at most {} MiB were in use", receiver.peak_memory());
    assert!(receiver.peak_memory() < 100);
    receiver.assert_unharmed();
}

#[test]
fn what_is_deleted_is_told_too() {
    let receiver = Receiver::with_key();
    for path in ["/1", "/2", "/3"] {
        receiver.exchange(&Request::post(path).signed("{}"));
    }
    receiver.exchange(&Request::post("/4").body("{}"));
    let mut stream = Stream::open(&receiver, "", None);
    assert_eq!(stream.next().name, "hello");
    let id = receiver.deliveries("path=/2")[0]["id"].clone();
    let target = format!("deliveries/{}", id.as_str().unwrap());
    let deleted = delete(&receiver, &target);
    assert_eq!((deleted.status, deleted.json()), (200, json!({ "deleted": 1 })));
    let removed = stream.next();
    assert_eq!((removed.name.as_str(), &removed.data), ("removed", &json!({ "id": id })));
    for missing in [&target, "deliveries/1"] {
        assert_eq!(delete(&receiver, missing).status, 404, "{missing}");
    }
    assert_eq!(delete(&receiver, "deliveries?verdct=valid").status, 400, "a filter that is misspelt deletes nothing");
    assert_eq!(delete(&receiver, "deliveries?verdict=unsigned").json(), json!({ "deleted": 1 }));
    let reset = stream.next();
    assert_eq!((reset.name.as_str(), &reset.data), ("reset", &json!({ "reason": "removed" })));
    assert_eq!(receiver.deliveries("").len(), 2);
    assert_eq!(delete(&receiver, "deliveries").json(), json!({ "deleted": 2 }));
    let list = receiver.api("deliveries").json();
    assert_eq!((&list["deliveries"], &list["inbox"]), (&json!([]), &json!({ "held": 0, "bytes": 0, "dropped": 0 })));
}

#[test]
fn a_receiver_that_stops_ends_its_streams() {
    let receiver = Receiver::with_key();
    let mut stream = Stream::open(&receiver, "", None);
    assert_eq!(stream.next().name, "hello");
    receiver.signal("TERM");
    assert!(stream.0.rest().is_empty());
}
