"""keys.json: what octets the string of a shared key stands for, or why it gives no key."""

from base64 import b64encode

from jwcrypto.common import base64url_decode

from .material import BY_DECODER, BY_STDLIB, OVH, OVH_KEY, RFC7797, RFC7797_KEY, octets
from .oracle import b64u
from .readings import KeyRefused, SharedKey, read, read_auto
from .vector import Vector, with_trailing_bit

_32 = b64u(octets("32 octets", 32))  # 43 characters, one '=' due
_33 = b64u(b"\xfb\xff\xbf" * 11)  # 44 characters, all of them '-' or '_', no '=' due
_34 = b64u(octets("34 octets", 34))  # 46 characters, two '=' due
_SHORT = octets("31 octets", 31)
_URL_ALPHABET = b64u(bytes(range(256)) * 3)

# name, why, string
Case = tuple[str, str, str]


def vectors() -> list[Vector]:
    return [
        *_jwk(),
        *_jwk_lenient(),
        *_utf8(),
        *_base64(),
        *_hex(),
        *_bytes(),
        *_auto(),
    ]


def _read(format_: str, case: Case, *, allow_weak: bool = False, source: str = "") -> Vector:
    """A string that is a key."""
    name, _, value = case
    key = read(format_, value, allow_weak)
    if format_ == "jwk":
        if key != base64url_decode(value):
            raise AssertionError(f"{name}: the recipe reads {value!r} in another way")
        source = source or f"{BY_DECODER} and {BY_STDLIB}"
    verdict = {"result": "valid", "hex": key.hex()}
    return _vector(format_, case, allow_weak, source) | verdict


def _refused(
    code: str, format_: str, case: Case, *, allow_weak: bool = False, source: str = ""
) -> Vector:
    """A string that is no key."""
    name, _, value = case
    try:
        read(format_, value, allow_weak)
    except KeyRefused as refusal:
        if str(refusal) != code:
            raise AssertionError(f"{name}: named {code}, read as {refusal}") from None
    else:
        raise AssertionError(f"{name}: named {code}, but it is a key")
    return _vector(format_, case, allow_weak, source) | {"result": "invalid", "code": code}


def _vector(format_: str, case: Case, allow_weak: bool, source: str) -> Vector:
    name, why, value = case
    vector: Vector = {
        "id": f"{format_}-{name}",
        "comment": why,
        "source": source or (BY_DECODER if format_ == "jwk-lenient" else BY_STDLIB),
        "key": SharedKey(format_, value).json,
    }
    if allow_weak:
        vector["allow_weak_key"] = True
    return vector


def _weak_and_empty(format_: str, short: str) -> list[Vector]:
    """What every format has in common. `short` is one octet short of the minimum."""
    empty = ("empty", "An empty key.", "")
    empty_allowed = ("empty-allowed", "No permission covers an empty key.", "")
    return [
        _refused("weak_key", format_, ("31-octets", "One octet short.", short)),
        _read(format_, ("31-octets-allowed", "By permission.", short), allow_weak=True),
        _refused("invalid_key", format_, empty),
        _refused("invalid_key", format_, empty_allowed, allow_weak=True),
    ]


def _jwk() -> list[Vector]:
    standard = _33.replace("-", "+").replace("_", "/")
    good = [
        ("32-octets", "base64url, as RFC 7518 writes k.", _32),
        ("url-alphabet", "'-' and '_'.", _33),
        ("standard-alphabet", "'+' and '/'.", standard),
        ("mixed-alphabets", "All four in one string.", _33[:21] + standard[21:]),
        ("whole-alphabet", "Every character of base64url.", _URL_ALPHABET),
        ("padded", "One '=', and one is due.", f"{_32}="),
        ("padded-twice", "Two '=', and two are due.", f"{_34}=="),
        ("unpadded", "Two '=' are due, but optional.", _34),
        ("trailing-bits-of-2", "One of two trailing bits set.", with_trailing_bit(_32)),
        ("trailing-bits-of-4", "One of four trailing bits set.", with_trailing_bit(_34)),
        ("trailing-bits-padded", "The same, padded.", f"{with_trailing_bit(_34)}=="),
        ("zeros", "32 zero octets.", "A" * 43),
        ("4096-octets", "No length is too long.", b64u(octets("long", 4096))),
    ]
    bad = [
        ("foreign", "A foreign character.", f"{_32[:20]}!{_32[21:]}"),
        ("dot", "A dot.", f"{_32[:20]}.{_32[21:]}"),
        ("newline-after", "A newline, as files have at the end.", f"{_32}\n"),
        ("newline-after-padding", "A newline after the padding.", f"{_32}=\n"),
        ("crlf-after", "CRLF at the end.", f"{_32}\r\n"),
        ("space-before", "A space in front.", f" {_32}"),
        ("space-after", "A space at the end.", f"{_32} "),
        ("tab-after", "A tab at the end.", f"{_32}\t"),
        ("folded", "A newline in the middle.", f"{_34[:23]}\n{_34[23:]}"),
        ("bom", "A byte order mark in front.", f"\ufeff{_32}"),
        ("nul-after", "A NUL at the end.", f"{_32}\0"),
        ("quoted", "Quotes around it.", f'"{_32}"'),
        ("non-ascii", "A letter that is not in ASCII.", f"é{_32[1:]}"),
        ("full-width", "A letter that NFKC would fold.", f"\uff21{_32[1:]}"),
        ("padding-partial", "One '=' where two are due.", f"{_34}="),
        ("padding-excess", "Two '=' where one is due.", f"{_32}=="),
        ("padding-needless", "Four '=' where none is due.", f"{_33}===="),
        ("padding-inside", "Padding, and data after it.", f"{_32}={_32}"),
        ("padding-before", "Padding in front.", f"={_32}"),
        ("padding-alone", "Nothing but padding.", "===="),
        ("no-octet", "A length of 1 modulo 4.", f"{_33}A"),
        ("no-octet-padded", "The same, filled up with '='.", f"{_33}A==="),
        ("percent-encoded", "Padding, percent-encoded.", f"{_32}%3D"),
        ("whole-jwk", "The JWK instead of its k.", f'{{"kty":"oct","k":"{_32}"}}'),
        ("assignment", "A line of a .env file.", f"SHARED_KEY={_32}"),
    ]
    return [
        _read("jwk", ("rfc7797-4.2", "The RFC's key.", RFC7797_KEY), source=RFC7797),
        *(_read("jwk", case) for case in good),
        *(_refused("invalid_key", "jwk", case) for case in bad),
        _refused(
            "invalid_key",
            "jwk",
            ("ovh-sample", "The vendor's sample key: 17 characters are 1 modulo 4.", OVH_KEY),
            source=OVH,
        ),
        *_weak_and_empty("jwk", b64u(_SHORT)),
        _read("jwk", ("1-octet-allowed", "By permission.", "_w"), allow_weak=True),
        _refused("invalid_key", "jwk", ("short-and-foreign", "Malformed, then short.", "c2Vj!")),
        _refused(
            "invalid_key",
            "jwk",
            ("foreign-allowed", "The permission is for weak keys only.", f"{_32[1:]}!"),
            allow_weak=True,
        ),
    ]


def _jwk_lenient() -> list[Vector]:
    good = [
        ("well-formed", "As under jwk.", _32),
        ("padded", "As under jwk.", f"{_32}="),
        ("standard-alphabet", "As under jwk.", _33.replace("-", "+").replace("_", "/")),
        ("trailing-bits", "As under jwk.", with_trailing_bit(_32)),
        ("foreign", "44 characters and two foreign ones: '==' is added, ignored.", f"{_33}!!"),
        ("three-foreign", "43 and three: '==' is added, one '=' taken.", f"!{_32[:9]}\n{_32[9:]} "),
        ("four-foreign", "44 and four: nothing is added.", f"  {_33}\r\n"),
        ("crlf-after-padding", "After complete padding nothing counts.", f"{_32}=\r\n"),
        ("data-after-padding", "After complete padding nothing counts.", f"{_32}={_32[:2]}"),
        ("junk-after-padding", "After complete padding nothing counts.", f"{_34}==!!!?"),
        ("padding-excess", "Three '=' where one is due: 46 characters.", f"{_32}==="),
        ("padding-partial", "One '=' of two: the other is added.", f"{_34}="),
        ("padding-before", "'=' where none may stand is skipped.", f"==={_32}"),
        ("padding-needless", "'=' where none may stand is skipped.", f"{_33}===="),
        ("padding-interrupted", "'=' and data after it: the '=' is forgotten.", f"{_34}=A=A"),
        ("latin-1", "é counts once, though it is two octets.", f"ééé{_32}"),
        ("astral", "💾 counts once, though it is two UTF-16 units.", f"💾💾💾{_32}"),
        ("nul", "A NUL is skipped like any other.", f"{_32}\0\0\0"),
    ]
    bad = [
        ("newline-after", "43 and a newline: no padding is added, one is missing.", f"{_32}\n"),
        ("newline-after-padding", "45 characters.", f"{_32}=\n"),
        ("newline-after-44", "45 characters.", f"{_33}\n"),
        ("two-foreign", "43 and two: 45 characters.", f"{_32}!!"),
        ("two-foreign-of-46", "46 and two: no padding is added, two are missing.", f"{_34}!!"),
        ("one-foreign-of-46", "46 and one: one '=' is added, two are due.", f"{_34}!"),
        ("padding-then-data", "47 characters of data: one '=' would be due.", f"{_34}=B"),
        ("padding-one-excess", "Two '=' where one is due: 45 characters.", f"{_32}=="),
        ("no-octet", "A length of 1 modulo 4.", f"{_33}A"),
        ("no-octet-and-foreign", "45 and three: one character in the last group.", f"{_33}A!!!"),
        ("one-latin-1", "One é: 44 characters, though 45 octets.", f"é{_32}"),
        ("two-astral", "Two: 45 characters.", f"💾💾{_32}"),
        ("only-foreign", "Nothing is left.", "!!!!"),
        ("only-padding", "Nothing is left.", "===="),
    ]
    return [
        *(_read("jwk-lenient", case) for case in good),
        *(_refused("invalid_key", "jwk-lenient", case) for case in bad),
        _refused(
            "invalid_key",
            "jwk-lenient",
            ("ovh-sample", "The vendor's sample key: 17 characters are 1 modulo 4.", OVH_KEY),
            source=OVH,
        ),
        *_weak_and_empty("jwk-lenient", f"{b64u(_SHORT)}!!!!"),
        _refused(
            "invalid_key",
            "jwk-lenient",
            ("only-foreign-allowed", "No permission covers an empty key.", "!!!!"),
            allow_weak=True,
        ),
    ]


def _utf8() -> list[Vector]:
    good = [
        ("ascii", "32 octets.", "abcdefghijklmnopqrstuvwxyz012345"),
        ("non-ascii", "32 octets in 24 characters.", "Schlüßel→ 💾 für das Netz"),
        ("whitespace", "Nothing is trimmed.", " abcdefghijklmnopqrstuvwxyz0123 \r\n"),
        ("bom", "A byte order mark is kept.", "\ufeffabcdefghijklmnopqrstuvwxyz012"),
        ("nul", "A NUL ends nothing.", "abcdefghijklmnop\0qrstuvwxyz01234"),
        ("nfd", "Not normalised.", "e\u0301" * 11),
        ("nfc", "Not normalised.", "\u00e9" * 16),
        ("base64", "Not decoded.", f"{_32}="),
        ("percent-encoded", "Not decoded.", "%61" * 11),
        ("10000-octets", "No length is too long.", "0123456789" * 1000),
    ]
    return [
        *(_read("utf8", case) for case in good),
        _refused("weak_key", "utf8", ("11-characters", "31 octets.", "→→→→→→→→→→a")),
        _refused(
            "weak_key", "utf8", ("ovh-sample", "The vendor's sample key.", OVH_KEY), source=OVH
        ),
        *_weak_and_empty("utf8", "abcdefghijklmnopqrstuvwxyz01234"),
        _read("utf8", ("1-octet-allowed", "By permission.", " "), allow_weak=True),
    ]


def _base64() -> list[Vector]:
    padded = b64encode(octets("32 octets", 32)).decode()
    padded_twice = b64encode(octets("34 octets", 34)).decode()
    whole = _URL_ALPHABET.replace("-", "+").replace("_", "/")
    good = [
        ("padded", "One '=', and one is due.", padded),
        ("padded-twice", "Two '=', and two are due.", padded_twice),
        ("unpadded", "Padding is optional.", padded[:-1]),
        ("unpadded-twice", "Padding is optional.", padded_twice[:-2]),
        ("whole-alphabet", "Every character of base64.", whole),
    ]
    bad = [
        ("url-alphabet", "'-' and '_'.", _33),
        ("mixed-alphabets", "One '_' among '/'.", f"{whole[:-1]}_"),
        ("trailing-bits", "A trailing bit set.", with_trailing_bit(b64u(bytes(32)))),
        ("trailing-bits-padded", "The same, padded.", with_trailing_bit(b64u(bytes(32))) + "="),
        ("padding-partial", "One '=' where two are due.", padded_twice[:-1]),
        ("padding-excess", "Two '=' where one is due.", f"{padded}="),
        ("padding-needless", "Four '=' where none is due.", f"{whole}===="),
        ("padding-inside", "Padding, and data after it.", padded + padded),
        ("no-octet", "A length of 1 modulo 4.", f"{whole}A"),
        ("newline-after", "A newline at the end.", f"{padded}\n"),
        ("folded", "A newline after 76 characters.", f"{whole[:76]}\n{whole[76:]}"),
        ("foreign", "A foreign character.", f"{whole[:-1]}*"),
        ("prefix", "Laravel's prefix.", f"base64:{padded}"),
    ]
    return [
        *(_read("base64", case) for case in good),
        *(_refused("invalid_key", "base64", case) for case in bad),
        *_weak_and_empty("base64", b64encode(_SHORT).decode()),
    ]


def _hex() -> list[Vector]:
    text = octets("hexadecimal", 32).hex()
    good = [
        ("lower", "Lower case.", text),
        ("upper", "Upper case.", text.upper()),
        ("mixed", "Mixed case.", text[:33].upper() + text[33:]),
        ("all-octets", "Every octet.", bytes(range(256)).hex()),
    ]
    bad = [
        ("odd", "Half an octet more.", f"{text}0"),
        ("odd-short", "Half an octet less.", text[:-1]),
        ("letter-g", "A letter after f.", f"{text[:-1]}g"),
        ("prefix", "A prefix.", f"0x{text}"),
        ("colons", "As fingerprints are written.", ":".join(f"{o:02x}" for o in range(32))),
        ("spaces", "As dumps are written.", " ".join(f"{o:02x}" for o in range(32))),
        ("newline-after", "A newline at the end.", f"{text}\n"),
        ("full-width", "A digit that is not in ASCII.", f"{text[:-1]}\uff11"),
        ("arabic-digit", "A digit that is not in ASCII.", f"{text[:-1]}\u0661"),
        ("sign", "A sign, which parsers of numbers take.", f"+1{text[2:]}"),
    ]
    return [
        *(_read("hex", case) for case in good),
        *(_refused("invalid_key", "hex", case) for case in bad),
        *_weak_and_empty("hex", _SHORT.hex()),
    ]


def _bytes() -> list[Vector]:
    good = [
        ("32-octets", "The minimum.", octets("32 octets", 32).hex()),
        ("no-utf8", "Octets need not be text.", "ff" * 32),
        ("zeros", "Nor anything but zeros.", "00" * 32),
    ]
    return [*(_read("bytes", case) for case in good), *_weak_and_empty("bytes", _SHORT.hex())]


def _auto() -> list[Vector]:
    cases: list[Case] = [
        ("both", "43 characters: 32 octets as jwk, 43 as utf8.", _32),
        ("both-padded", "The same, padded.", f"{_32}="),
        ("both-standard-alphabet", "'+' and '/'.", _33.replace("-", "+").replace("_", "/")),
        (
            "both-hexadecimal",
            "64 characters: 48 octets as jwk; never read as hex.",
            "0123456789abcdef" * 4,
        ),
        ("jwk-short", "42 characters: 31 octets as jwk.", b64u(_SHORT)),
        ("jwk-much-too-short", "32 characters: 24 octets as jwk.", "0123456789abcdef" * 2),
        ("jwk-no-octet", "45 characters: no base64.", f"{_33}A"),
        ("jwk-newline", "A newline at the end: no base64, and not trimmed.", f"{_32}\n"),
        ("jwk-spaces", "A sentence.", "a shared secret with spaces in it"),
        ("jwk-non-ascii", "32 octets in 24 characters.", "Schlüßel→ 💾 für das Netz"),
        ("none-both-short", "28 characters: 21 octets as jwk.", "abcdefghijklmnopqrstuvwxyz01"),
        (
            "none-31-characters",
            "31 characters: 23 octets as jwk.",
            "abcdefghijklmnopqrstuvwxyz01234",
        ),
        ("none-word", "A word.", "secret"),
        ("none-empty", "No reading of nothing is a key.", ""),
        ("none-ovh-sample", "The vendor's sample key: no base64, and 17 octets.", OVH_KEY),
    ]
    return [_auto_vector(case) for case in cases]


def _auto_vector(case: Case) -> Vector:
    value = case[2]
    kept, dropped = read_auto(value)
    vector = _vector("auto", case, False, OVH if value == OVH_KEY else BY_STDLIB)
    vector |= {"result": "valid"} if kept else {"result": "invalid", "code": "no_usable_key"}
    vector["readings"] = [{"format": format_, "hex": key.hex()} for format_, key in kept]
    vector["dropped"] = [{"format": format_, "code": code} for format_, code in dropped]
    return vector
