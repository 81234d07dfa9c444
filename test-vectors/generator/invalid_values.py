"""invalid.json, part 1: the value as a whole, its base64url, and its length.

Apart from the malformation that it is named after, each value is right: its MAC is the true one
over its own protected part, so whoever forgives the malformation accepts the value.
"""

from base64 import b64encode

from . import oracle
from .material import BY_HMAC, WYCHEPROOF_LIKE, octets, text
from .oracle import FIXED_HEADER, b64u, mac
from .vector import (
    KEY_OCTETS,
    NOTICE,
    Vector,
    body_whose_signature_has,
    refused,
    with_trailing_bit,
)

_REST = '"b64":false,"crit":["b64"]'


def _seal(protected: str, key: bytes = KEY_OCTETS) -> str:
    return oracle.seal(key, protected, NOTICE.octets)


_FIXED = b64u(FIXED_HEADER.encode())
_VALUE = _seal(_FIXED)
_SIGNATURE = _VALUE.rpartition(".")[2]


def vectors() -> list[Vector]:
    return [
        refused("missing_signature", "signature-empty", "The header is there, but empty.", ""),
        *_joined(),
        *_shapes(),
        *_attached(),
        *_protected_encoding(),
        *_signature_encoding(),
        *_precedence(),
    ]


def _joined() -> list[Vector]:
    old = _seal(_FIXED, octets("a key rotated out", 32))
    lists = [
        ("same-twice", "One header, sent twice.", f"{_VALUE}, {_VALUE}"),
        ("no-space", "Joined without a space.", f"{_VALUE},{_VALUE}"),
        ("tabs", "Tabs around the comma.", f"{_VALUE}\t,\t{_VALUE}"),
        ("three", "Three headers.", f"{_VALUE}, {_VALUE}, {_VALUE}"),
        ("rotation", "One value for each key of a rotation.", f"{old}, {_VALUE}"),
        ("forged-first", "A forged header before the true one.", f"a.b.c, {_VALUE}"),
        ("forged-last", "A forged header after the true one.", f"{_VALUE}, .."),
    ]
    # A comma alone makes no list. Such a value is judged like any other.
    others = [
        ("invalid_base64url", "leading", "A comma before the value.", f",{_VALUE}"),
        ("invalid_base64url", "trailing", "A comma after the value.", f"{_VALUE},"),
        ("invalid_base64url", "and-word", "A second element without dots.", f"{_VALUE}, none"),
        ("malformed_compact", "and-one-dot", "A second element with one dot.", f"{_VALUE}, a.b"),
    ]
    return [
        *(refused("multiple_signatures", f"joined-{name}", why, v) for name, why, v in lists),
        *(refused(code, f"comma-{name}", why, value) for code, name, why, value in others),
    ]


def _shapes() -> list[Vector]:
    digest = octets("a digest", 32).hex()
    cases = [
        ("signature-alone", "Only the signature.", _SIGNATURE),
        ("two-parts", "One dot: the payload's part is left out.", f"{_FIXED}.{_SIGNATURE}"),
        ("four-parts", "Three dots in a row.", f"{_FIXED}...{_SIGNATURE}"),
        ("five-parts", "The shape of a compact JWE.", f"{_FIXED}..{_SIGNATURE}.."),
        ("dot-before", "A dot before the value.", f".{_VALUE}"),
        ("dot-after", "A dot after the value.", f"{_VALUE}."),
        ("dot-alone", "A dot.", "."),
        ("space-alone", "A space, which is not nothing.", " "),
        ("dots-escaped", "Dots percent-encoded on the way.", _VALUE.replace(".", "%2E")),
        ("json", "JSON serialisation.", f'{{"protected":"{_FIXED}","signature":"{_SIGNATURE}"}}'),
        ("github", "What X-Hub-Signature-256 holds.", f"sha256={digest}"),
        ("stripe", "What Stripe-Signature holds.", f"t=1795368900,v1={digest}"),
    ]
    return [refused("malformed_compact", f"compact-{name}", why, v) for name, why, v in cases]


def _attached() -> list[Vector]:
    body = text('{"severity":"critical"}')
    protected, signature = oracle.seal(KEY_OCTETS, _FIXED, body.octets).split("..")
    cases = [
        ("encoded", "The body attached as base64url.", b64u(body.octets)),
        ("unencoded", "The body attached as it is, as b64 false allows.", body.octets.decode()),
        ("space", "A space between the two dots.", " "),
        ("padding", "Nothing, padded.", "===="),
    ]
    return [
        refused(
            "payload_not_detached",
            f"attached-{name}",
            why,
            f"{protected}.{payload}.{signature}",
            body=body,
        )
        for name, why, payload in cases
    ]


def _protected_encoding() -> list[Vector]:
    # A header whose encoding has both '-' and '_', and one octet too few to do without padding.
    odd = b64u(f'{{"alg":"HS256","kid":"x>>>?",{_REST}}}'.encode())
    if len(odd) % 4 != 3 or "-" not in odd or "_" not in odd:
        raise AssertionError("the header lost what these vectors need of it")
    cases = [
        ("padded", "Padding where it would be due.", f"{odd}="),
        ("padding-encoded", "Padding, percent-encoded.", f"{odd}%3D"),
        ("standard-alphabet", "'+' and '/'.", odd.replace("-", "+").replace("_", "/")),
        ("trailing-bits", "Trailing bits that are not zero.", with_trailing_bit(odd)),
        ("no-octet", "A length of 1 modulo 4.", f"{_FIXED}A"),
        ("space-before", "A space before the value.", f" {_FIXED}"),
        ("space-after", "A space before the dot.", f"{_FIXED} "),
        ("folded", "Folded, as MIME does to long lines.", f"{_FIXED[:28]}\r\n {_FIXED[28:]}"),
        ("nul", "A NUL at the end.", f"{_FIXED}\0"),
        (
            "inserted",
            "A foreign character, which some decoders skip.",
            f"{_FIXED[:8]}?{_FIXED[8:]}",
        ),
        ("non-ascii", "A letter that is not in ASCII.", f"{_FIXED}é"),
        ("full-width", "A full-width letter, which NFKC would fold.", f"\uff45{_FIXED[1:]}"),
        ("cyrillic", "A Cyrillic letter that looks right.", _FIXED.replace("c", "\u0441", 1)),
        ("astral", "A character of four octets.", f"{_FIXED}\U0001f4be"),
        ("scheme", "A scheme before the value.", f"Bearer {_FIXED}"),
        ("prefix", "An algorithm before the value.", f"sha256={_FIXED}"),
        ("quote", "A quote before the value.", f'"{_FIXED}'),
        ("json", "The header itself, not encoded.", FIXED_HEADER),
    ]
    under_fixed = [
        ("padded", "Padding where none is due.", f"{_FIXED}===="),
        ("no-octet", "A length of 1 modulo 4.", f"{_FIXED}A"),
        ("space-before", "A space before the value.", f" {_FIXED}"),
        ("newline", "A newline before the dot.", f"{_FIXED}\n"),
    ]
    code = "invalid_base64url"
    return [
        *(
            refused(code, f"protected-{name}", why, _seal(protected), policy="rfc7797")
            for name, why, protected in cases
        ),
        *(
            refused(code, f"fixed-protected-{name}", why, _seal(protected))
            for name, why, protected in under_fixed
        ),
    ]


def _signature_encoding() -> list[Vector]:
    body = body_whose_signature_has("-", "_")
    protected, right = oracle.seal(KEY_OCTETS, _FIXED, body.octets).split("..")
    tag = mac(KEY_OCTETS, protected, body.octets)
    in_base64 = b64encode(tag).decode()
    encoding = [
        ("padded", "The padding that is due to 32 octets.", f"{right}="),
        ("padding-encoded", "The same, percent-encoded.", f"{right}%3D"),
        ("standard-alphabet", "'+' and '/'.", in_base64.rstrip("=")),
        ("standard-padded", "Standard base64 with its padding.", in_base64),
        ("trailing-bits", "The last bit set, though it encodes nothing.", with_trailing_bit(right)),
        ("newline-after", "A newline at the end.", f"{right}\n"),
        ("crlf-after", "CRLF at the end.", f"{right}\r\n"),
        ("space-after", "A space at the end.", f"{right} "),
        ("space-before", "A space after the dots.", f" {right}"),
        ("folded", "Folded, as MIME does to long lines.", f"{right[:20]}\r\n {right[20:]}"),
        ("inserted", "A foreign character, which some decoders skip.", f"{right[:9]}?{right[9:]}"),
        ("nul-after", "A NUL at the end.", f"{right}\0"),
        ("quote-after", "A quote at the end.", f'{right}"'),
        ("non-ascii", "43 characters, one of them not in ASCII.", f"\u00e9{right[1:]}"),
        ("full-width", "A full-width digit, which NFKC would fold.", f"\uff11{right[1:]}"),
    ]
    length = [
        ("empty", "No signature, the form of alg none.", ""),
        ("one-character", "One character.", right[:1]),
        ("half", "Truncated to 128 bits, as RFC 2104 allows and JWS does not.", b64u(tag[:16])),
        ("31-octets", "One octet short.", b64u(tag[:31])),
        ("42-characters", "One character short.", right[:42]),
        ("44-characters", "One character long.", f"{right}A"),
        ("33-octets", "A zero octet more.", b64u(tag + b"\0")),
        ("twice", "The signature twice.", right + right),
        ("hex", "The MAC in hexadecimal.", tag.hex()),
        ("base64-twice", "Encoded a second time.", b64u(right.encode())),
        ("sha512", "As long as HS512 makes it.", b64u(octets("sha512", 64))),
    ]
    return [
        refused(code, f"{prefix}-{name}", why, f"{protected}..{part}", body=body, source=source)
        for code, prefix, source, cases in (
            ("invalid_base64url", "signature", BY_HMAC, encoding),
            ("invalid_signature_length", "length", WYCHEPROOF_LIKE, length),
        )
        for name, why, part in cases
    ]


def _precedence() -> list[Vector]:
    """Values with two faults: the first from the left is the one to report."""
    none = b64u(f'{{"alg":"none",{_REST}}}'.encode())
    kid = b64u(f'{{"alg":"HS256","kid":"k1",{_REST}}}'.encode())
    cases = [
        ("malformed_compact", "parts-then-alphabet", "Two parts, neither base64url.", "!.?"),
        ("payload_not_detached", "payload-then-protected", "A payload; no base64url.", "!.a.?"),
        ("payload_not_detached", "payload-then-alg", "A payload; alg none.", f"{none}.a.A"),
        ("invalid_header_json", "empty-parts", "Two dots: the header is empty.", ".."),
        ("invalid_header_json", "no-header", "The header is empty.", f"..{_SIGNATURE}"),
        ("invalid_base64url", "protected-then-length", "Foreign character; short.", "e!..A"),
        ("unsupported_alg", "alg-then-alphabet", "alg none; padding.", f"{none}..{_SIGNATURE}="),
        ("unsupported_alg", "alg-then-length", "alg none; no signature.", f"{none}.."),
        ("header_not_allowed", "policy-then-alphabet", "kid; padding.", f"{_seal(kid)}="),
        ("header_not_allowed", "policy-then-length", "kid; short.", _seal(kid)[:-1]),
        ("invalid_base64url", "alphabet-then-length", "Padding; short.", f"{_VALUE[:-1]}="),
        (
            "invalid_signature_length",
            "length-then-trailing-bits",
            "42 characters, of which the last has trailing bits.",
            with_trailing_bit(f"{_FIXED}..{b64u(bytes(31))}"),
        ),
        (
            "invalid_base64url",
            "trailing-bits-then-mismatch",
            "Trailing bits; a wrong MAC.",
            with_trailing_bit(f"{_FIXED}..{b64u(bytes(32))}"),
        ),
    ]
    return [refused(code, f"first-{name}", why, value) for code, name, why, value in cases]
