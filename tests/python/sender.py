"""Posts what the recipe signs, as it is or with one bit flipped, and prints what came of each delivery, a line each."""

import argparse
import hashlib
import http.client
import json
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import material
import recipe

sys.path.insert(0, str(Path(__file__).parents[2] / "test-vectors"))
from generator import oracle  # noqa: E402 (a sibling that is no package of its own)
from generator.readings import SharedKey  # noqa: E402

# The codes of a sender that is not proved; every other refusal is of a malformed value.
UNAUTHORIZED = {
    "missing_signature",
    "unsupported_alg",
    "b64_not_false",
    "crit_missing_b64",
    "unsupported_crit",
    "header_not_allowed",
    "signature_mismatch",
}


@dataclass
class Delivery:
    """What is sent, and what should come of it."""

    path: str
    key: int
    signature: bytes
    body: bytes
    code: str | None = None

    @property
    def status(self) -> int:
        if self.code is None:
            return 204
        return 401 if self.code in UNAUTHORIZED else 400


def valid(seed: int, keys: list[str], count: int) -> Iterator[Delivery]:
    """A delivery for each key, or several."""
    # A receiver tries its keys one after the other: the large bodies are signed with those that come first.
    bodies = sorted(material.bodies(seed, count), key=len, reverse=True)
    for number, body in enumerate(bodies):
        key = number % len(keys)
        yield Delivery(f"/valid/{number}", key, recipe.sign(keys[key], body).encode(), body)


def tampered(seed: int, keys: list[str], count: int) -> Iterator[Delivery]:
    """Each body three times: with one bit flipped in itself, in the protected part, in the signature part."""
    rng = random.Random(f"flips {seed}")
    for number, body in enumerate(material.bodies(seed, count, smallest=1)):
        key = number % len(keys)
        signature = recipe.sign(keys[key], body).encode()
        second_part = signature.index(b"..") + 2
        yield Delivery(f"/body/{number}", key, signature, flipped(rng, body, 0, len(body)))
        yield Delivery(f"/header/{number}", key, flipped_text(rng, signature, 0, second_part - 2), body)
        yield Delivery(f"/signature/{number}", key, flipped_text(rng, signature, second_part, len(signature)), body)


def flipped(rng: random.Random, octets: bytes, start: int, end: int) -> bytes:
    place = rng.randrange(start, end)
    return octets[:place] + bytes([octets[place] ^ 1 << rng.randrange(8)]) + octets[place + 1 :]


def flipped_text(rng: random.Random, value: bytes, start: int, end: int) -> bytes:
    """Flips a bit such that HTTP can still carry the value (RFC 9110 §5.5)."""
    while True:
        result = flipped(rng, value, start, end)
        if all(octet == 0x09 or octet >= 0x20 and octet != 0x7F for octet in result):
            return result


def predicted(deliveries: Iterable[Delivery], keys: list[str]) -> Iterator[Delivery]:
    """Works the codes out with the vectors' reference, which shares nothing with hookseal."""
    readings = [reading for key in keys for reading in SharedKey("auto", key).readings()]
    for delivery in deliveries:
        value = delivery.signature.strip(b" \t")  # white space around a value is not part of it (RFC 9110 §5.5)
        try:
            oracle.judge(readings, "fixed", delivery.body, value.decode("latin-1"))
        except oracle.Refused as refusal:
            delivery.code = str(refusal)
        yield delivery


def post_all(url: str, deliveries: Iterable[Delivery]) -> None:
    host = url.removeprefix("http://")
    kept_open = threading.local()

    def post(numbered: tuple[int, Delivery]) -> dict[str, object]:
        number, delivery = numbered
        connection, framing = _CONNECTIONS[number % len(_CONNECTIONS)](kept_open, host)
        headers = {"Host": host, "X-JWS-Signature": delivery.signature, "Content-Type": "application/json"}
        if framing == "chunked":
            chunks = (delivery.body[start : start + 1000] for start in range(0, len(delivery.body), 1000))
            headers["Transfer-Encoding"] = "chunked"
            connection.request("POST", delivery.path, chunks, headers, encode_chunked=True)
        else:
            connection.request("POST", delivery.path, delivery.body, headers)
        answer = connection.getresponse()
        said = answer.read()
        return {
            "path": delivery.path,
            "key": delivery.key,
            "http_version": connection._http_vsn_str,
            "framing": framing,
            "body_sha256": hashlib.sha256(delivery.body).hexdigest(),
            "status": answer.status,
            "code": json.loads(said)["code"] if said else None,
            "expected_status": delivery.status,
            "expected_code": delivery.code,
        }

    with ThreadPoolExecutor(max_workers=4) as pool:
        for line in pool.map(post, enumerate(deliveries)):
            print(json.dumps(line))


def http_1_0(_kept_open: threading.local, host: str) -> tuple[http.client.HTTPConnection, str]:
    """A connection for one request, as in the sample on the vendor's page."""
    connection = http.client.HTTPConnection(host, timeout=30)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    return connection, "length"


def http_1_1(kept_open: threading.local, host: str) -> tuple[http.client.HTTPConnection, str]:
    """The thread's own connection, which stays open."""
    if not hasattr(kept_open, "connection"):
        kept_open.connection = http.client.HTTPConnection(host, timeout=30)
    return kept_open.connection, "length"


def http_1_1_chunked(kept_open: threading.local, host: str) -> tuple[http.client.HTTPConnection, str]:
    connection, _ = http_1_1(kept_open, host)
    return connection, "chunked"


# Half of the deliveries are HTTP/1.0, and a quarter is chunked.
_CONNECTIONS: list[Callable[[threading.local, str], tuple[http.client.HTTPConnection, str]]] = [
    http_1_0,
    http_1_1,
    http_1_0,
    http_1_1_chunked,
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["keys", "valid", "tampered"])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--keys", type=int, required=True, help="how many keys there are")
    parser.add_argument("--count", type=int, default=0, help="how many bodies are sent")
    parser.add_argument("--url", help="where they are sent")
    arguments = parser.parse_args()

    keys = material.keys(arguments.seed, arguments.keys)
    if arguments.what == "keys":
        for key in keys:
            print(json.dumps(key))
        return
    if arguments.what == "valid":
        deliveries = valid(arguments.seed, keys, arguments.count)
    else:
        deliveries = predicted(tampered(arguments.seed, keys, arguments.count), keys)
    post_all(arguments.url, deliveries)


if __name__ == "__main__":
    main()
