"""JSON bodies that look like what webhooks carry: nested, Unicode, floats, big integers, empty containers."""

import random

NAMES = ["Zoë Brontë", "José Núñez", "李小龍", "Владимир", "Łukasz Żółć", "محمد", "Anaïs & fils", "O'Neill <ops>", "😀 team", "plain"]
PATHS = ["/mnt/data", "/app/public/files", "C:\\data\\logs", "s3://bucket/key?x=1&y=2", "https://example.org/a/b#c"]
TEXTS = ["line one\nline two", "tab\there", 'a "quoted" word', "100 % of <b>5 GB</b> & more", "naïve café – “déjà vu” …", "", " ", "\u2028",
         "nul\u0000and\u001fcontrol", "back\\slash", "emoji 👩‍💻 and 🇫🇷", "rtl \u202e mark", "50€"]
NUMBERS = [0, -1, 7, 1.5, 0.1, 1e-7, 1e21, 1.0, -0.5, 12345678901234567890, 9007199254740993, 3.141592653589793, 2.5e-5, 100.0, 1e16]


def health(r):
    return {
        "id": f"{r.getrandbits(128):032x}", "created_at": "2026-03-29T01:59:59.123456+00:00", "type": "health.low_disk",
        "project": "abcdefgh1234567", "environments": ["main"],
        "payload": {"severity": r.choice(["warning", "critical", "all-clear"]), "previous": "ok", "service": r.choice(["app", "mysql"]),
                    "resource": "disk", "available": r.randrange(10**10), "total": 10**11, "percent": r.random() * 100,
                    "threshold": {"percent": 20, "bytes": 4 * 10**9}},
        "text": r.choice(TEXTS),
    }


def push(r):
    return {
        "ref": "refs/heads/main", "before": f"{r.getrandbits(160):040x}", "forced": False, "base_ref": None,
        "pusher": {"name": r.choice(NAMES), "email": "dev@example.org"}, "repository": {"url": r.choice(PATHS), "topics": []},
        "commits": [{"message": r.choice(TEXTS), "author": {"name": r.choice(NAMES)}, "added": [r.choice(PATHS)], "removed": []}
                    for _ in range(r.randrange(4))],
    }


def order(r):
    return {
        "order": {"number": r.choice(NUMBERS), "currency": "EUR", "total": r.random() * 1000, "lines": [
            {"sku": f"A-{n}", "name": r.choice(NAMES), "price": r.choice(NUMBERS), "discount": None, "tags": {}} for n in range(3)]},
        "customer": {"name": r.choice(NAMES), "note": r.choice(TEXTS)}, "paid": True,
    }


def telemetry(r):
    return {"device": r.choice(PATHS), "samples": [[n, r.gauss(20, 5)] for n in range(r.randrange(1, 12))], "unit": "°C",
            "meta": {"z": 1, "a": {"y": [], "b": [{}]}, "é": r.choice(NUMBERS), "A": r.choice(TEXTS)}}


def activity(r):
    return [{"type": r.choice(["create", "delete"]), "actor": r.choice(NAMES), "target": r.choice(PATHS), "log": r.choice(TEXTS),
             "nested": {"level": {"level": {"level": [r.choice(NUMBERS), {"end": None}]}}}} for _ in range(r.randrange(1, 5))]


def flat(r):
    keys = ["zeta", "alpha", "Beta", "_x", "10", "9", "ключ", "key with space", "a/b"]
    r.shuffle(keys)
    return {key: r.choice([r.choice(NUMBERS), r.choice(TEXTS), None, True, [], {}]) for key in keys}


def small(r):
    return r.choice([{"a": 1}, {"ok": True}, [1, 2, 3], {"text": r.choice(TEXTS)}, {"b": [], "a": {}}, [[], {}], {"n": r.choice(NUMBERS)}])


def large(r):
    return {"events": [{"n": n, **activity(r)[0]} for n in range(30)], "cursor": None}


KINDS = [health, push, order, telemetry, activity, flat, small, large]


def bodies(seed, count):
    r = random.Random(f"bodies {seed}")
    return [KINDS[number % len(KINDS)](r) for number in range(count)]
