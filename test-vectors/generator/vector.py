"""Builds one vector of valid.json or invalid.json, and never an unconfirmed one."""

from . import oracle
from .material import BY_BOTH, BY_HMAC, Body, octets, text
from .oracle import FIXED_HEADER, Refused
from .readings import MINIMUM, SharedKey, read

Vector = dict[str, object]

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# What a vector uses that is about something else.
KEY = SharedKey("jwk", oracle.b64u(octets("the usual key", 32)))
KEY_OCTETS = read(KEY.format, KEY.value)
NOTICE = text('{"type":"health.low_disk","payload":{"severity":"warning","percent":17}}')


def accepted(
    id_: str,
    comment: str,
    *,
    key: SharedKey = KEY,
    body: Body = NOTICE,
    header: str = FIXED_HEADER,
    policy: str = "fixed",
    allow_weak: bool = False,
    reading: str | None = None,
    source: str | None = None,
    published: str | None = None,
) -> Vector:
    """A value signed by every means there is. `reading` is how the sender reads the key."""
    signing_key = read(reading or key.format, key.value, allow_weak)
    # A string that the recipe can take goes to it untouched, so that it vouches for the reading.
    k = key.value if key.format in ("jwk", "jwk-lenient") else None
    value = oracle.sign(signing_key, header, body.octets, k)
    if published not in (None, value):
        raise AssertionError(f"{id_}: published as {published}, computed as {value}")
    verified = oracle.judge(key.readings(allow_weak), policy, body.octets, value)

    if source is None:
        source = BY_BOTH if len(signing_key) >= MINIMUM else BY_HMAC
    vector: Vector = {"id": id_, "comment": comment, "source": source, "key": key.json}
    if allow_weak:
        vector["allow_weak_key"] = True
    vector |= {"policy": policy, "body": body.json, "signature": value, "result": "valid"}
    if key.format == "auto":
        vector["key_format"] = verified.key_format
    if policy == "rfc7797":
        vector["header_parameters"] = verified.header_parameters
    if header == FIXED_HEADER and key.format != "auto":  # signing never guesses a reading
        vector["signs"] = True
    return vector


def refused(
    code: str,
    id_: str,
    comment: str,
    value: str,
    *,
    key: SharedKey = KEY,
    body: Body = NOTICE,
    policy: str = "fixed",
    source: str = BY_HMAC,
) -> Vector:
    """A value that must be refused with `code`, under these very circumstances."""
    try:
        oracle.judge(key.readings(), policy, body.octets, value)
    except Refused as refusal:
        if str(refusal) != code:
            raise AssertionError(f"{id_}: named {code}, judged {refusal}") from None
    else:
        raise AssertionError(f"{id_}: named {code}, judged valid")
    return {
        "id": id_,
        "comment": comment,
        "source": source,
        "key": key.json,
        "policy": policy,
        "body": body.json,
        "signature": value,
        "result": "invalid",
        "code": code,
    }


def body_whose_signature_has(*characters: str) -> Body:
    """The first of a row of bodies whose signature contains all of `characters`."""
    attempt = 0
    while True:
        body = text(f'{{"attempt":{attempt}}}')
        signature = oracle.sign(KEY_OCTETS, FIXED_HEADER, body.octets).rpartition(".")[2]
        if all(character in signature for character in characters):
            return body
        attempt += 1


def with_trailing_bit(encoded: str) -> str:
    """The same octets to a decoder that ignores the bits after the last one."""
    # A canonical last character has zeros there, so its successor in the alphabet has a one.
    return encoded[:-1] + _BASE64URL[_BASE64URL.index(encoded[-1]) + 1]
