"""invalid.json, part 2: protected headers that must be refused, each under a right MAC.

So whoever overlooks what a vector is named after accepts its value.
"""

import codecs

from .material import BY_HMAC
from .oracle import b64u, seal
from .vector import KEY_OCTETS, NOTICE, Vector, refused

_ALG = '"alg":"HS256"'
_B64 = '"b64":false'
_CRIT = '"crit":["b64"]'

Case = tuple[str, str, str | bytes]


def vectors() -> list[Vector]:
    return [
        *_group("invalid_header_json", "json", _text()),
        *_group("invalid_header_json", "json", _syntax()),
        *_group("duplicate_header_parameter", "duplicate", _duplicates()),
        *_group("unsupported_alg", "alg", _algs()),
        *_group("b64_not_false", "b64", _b64s()),
        *_group("crit_missing_b64", "crit", _crits_without_b64()),
        *_group("unsupported_crit", "crit", _crits_with_more()),
        *_group("header_not_allowed", "policy", _not_the_fixed_one(), policy="fixed"),
        *_precedence(),
        *_under_fixed(),
    ]


def _group(code: str, prefix: str, cases: list[Case], policy: str = "rfc7797") -> list[Vector]:
    return [
        refused(code, f"{prefix}-{name}", why, _seal(header), policy=policy, source=BY_HMAC)
        for name, why, header in cases
    ]


def _seal(header: str | bytes) -> str:
    if isinstance(header, str):
        header = header.encode()
    return seal(KEY_OCTETS, b64u(header), NOTICE.octets)


def _header(*, alg: str = _ALG, b64: str = _B64, crit: str = _CRIT, more: str = "") -> str:
    """The fixed header with members replaced, left out (an empty string) or added."""
    return "{" + ",".join(member for member in (alg, b64, crit, more) if member) + "}"


def _text() -> list[Case]:
    """Octets that are no UTF-8, or no text that JSON can be."""

    def kid(octets: bytes) -> bytes:
        return _header(more='"kid":"?"').encode().replace(b"?", octets)

    return [
        ("latin-1", "Latin-1 in a string.", kid(b"\xe9")),
        ("overlong", "An overlong NUL in a string.", kid(b"\xc0\x80")),
        ("surrogate-octets", "A surrogate pair in CESU-8.", kid(b"\xed\xa0\xbd\xed\xb4\x91")),
        ("cut-sequence", "A character cut off by the quote.", kid(b"\xf0\x9f\x92")),
        ("beyond-unicode", "A code point above U+10FFFF.", kid(b"\xf4\x90\x80\x80")),
        ("bom", "A byte order mark before the object.", "\ufeff" + _header()),
        ("utf-16", "UTF-16, which some JSON readers detect.", _header().encode("utf-16-le")),
        (
            "utf-16-bom",
            "UTF-16 with a byte order mark.",
            codecs.BOM_UTF16_BE + _header().encode("utf-16-be"),
        ),
        ("nul-after", "A NUL after the object.", _header() + "\0"),
        ("tab-in-string", "A tab in a string, not escaped.", kid(b"\t")),
        ("newline-in-string", "A newline in a string, not escaped.", kid(b"\n")),
        ("nul-in-string", "A NUL in a string, not escaped.", kid(b"\0")),
        ("high-surrogate", "Half of a surrogate pair, escaped.", kid(rb"\ud83d")),
        ("low-surrogate", "The other half of one.", kid(rb"\udd11")),
        ("swapped-surrogates", "A surrogate pair in the wrong order.", kid(rb"\udd11\ud83d")),
        ("surrogate-in-name", "Half of a pair in a name.", _header(more=r'"\ud83d":1')),
        ("surrogate-nested", "Half of a pair, two levels down.", _header(more=r'"x":[["\ud83d"]]')),
        ("bad-escape", "An escape that JSON does not have.", kid(rb"\x41")),
        ("short-escape", "An escape of three digits.", kid(rb"\u00e")),
        ("no-break-space", "A no-break space between tokens.", _header(alg=f"\xa0{_ALG}")),
        ("form-feed", "A form feed between tokens.", _header(alg=f"\f{_ALG}")),
    ]


def _syntax() -> list[Case]:
    def x(value: str) -> str:
        return _header(more=f'"x":{value}')

    deep = 10_000
    return [
        ("empty", "No octets at all.", ""),
        ("whitespace", "Whitespace alone.", " "),
        ("text", "Not JSON.", "HS256"),
        ("array", "The object in an array.", f"[{_header()}]"),
        ("string", "JSON, encoded as a string again.", '"{\\"alg\\":\\"HS256\\"}"'),
        ("null", "null is no object.", "null"),
        ("number", "A number is no object.", "7797"),
        ("cut", "The closing brace is missing.", _header()[:-1]),
        ("trailing-letter", "A letter after the object.", _header() + "x"),
        ("trailing-brace", "One brace too many.", _header() + "}"),
        ("trailing-object", "A second object.", _header() + '{"alg":"none"}'),
        ("trailing-comma", "A comma after the last member.", _header(crit=f"{_CRIT},")),
        (
            "trailing-comma-in-array",
            "A comma after the last element.",
            _header(crit='"crit":["b64",]'),
        ),
        ("two-commas", "Two commas in a row.", _header(alg=f"{_ALG},")),
        (
            "single-quotes",
            "Python's repr of the header.",
            "{'alg':'HS256','b64':False,'crit':['b64']}",
        ),
        ("python-false", "False for false.", _header(b64='"b64":False')),
        ("name-without-quotes", "A name as JS writes it.", _header(alg='alg:"HS256"')),
        ("no-colon", "= for a colon.", _header(alg='"alg"="HS256"')),
        ("comment", "A comment.", _header(alg=f"/**/{_ALG}")),
        ("nan", "NaN, which Python's json reads.", x("NaN")),
        ("infinity", "-Infinity, which Python's json reads.", x("-Infinity")),
        ("leading-zero", "A number with a leading zero.", x("01")),
        ("leading-plus", "A number with a plus sign.", x("+1")),
        ("leading-point", "A number without an integer part.", x(".5")),
        ("trailing-point", "A number without a fraction.", x("1.")),
        ("empty-exponent", "A number without an exponent.", x("1e")),
        ("hexadecimal", "A number in hexadecimal.", x("0x1")),
        ("deep-array", f"{deep} arrays, one in the other.", x("[" * deep + "]" * deep)),
        ("deep-object", f"{deep} objects, one in the other.", x('{"":' * deep + "0" + "}" * deep)),
    ]


def _duplicates() -> list[Case]:
    none = '"alg":"none"'
    return [
        ("alg-none-first", "The last member wins in most readers.", _header(alg=f"{none},{_ALG}")),
        ("alg-none-last", "The first member wins in some.", _header(more=none)),
        ("alg-same", "Twice the same is a duplicate too.", _header(more=_ALG)),
        ("alg-escaped", "The second one is escaped.", _header(more=r'"\u0061lg":"none"')),
        ("alg-escaped-same", "Escaped, with the same value.", _header(more=r'"a\u006Cg":"HS256"')),
        ("b64", "b64 true and false.", _header(b64=f'"b64":true,{_B64}')),
        ("b64-escaped", "b64, the second one escaped.", _header(more=r'"b\u0036\u0034":true')),
        ("crit", "crit twice.", _header(crit=f'"crit":["exp"],{_CRIT}')),
        ("kid", "A member that decides nothing.", _header(more='"kid":"a","kid":"b"')),
        (
            "beyond-bmp",
            "The same name as UTF-8 and as a surrogate pair.",
            _header(more=r'"🔑":1,"\ud83d\udd11":1'),
        ),
        ("empty-name", "The empty name twice.", _header(more='"":1,"":2')),
        ("proto", "__proto__ twice.", _header(more='"__proto__":1,"__proto__":{}')),
        ("far-apart", "With a hundred members between.", _header(more=f"{_hundred()},{_ALG}")),
    ]


def _hundred() -> str:
    return ",".join(f'"m{n}":{n}' for n in range(100))


def _algs() -> list[Case]:
    values = [
        ("none", '"none"'),
        ("none-capitalised", '"None"'),
        ("lower-case", '"hs256"'),
        ("hs384", '"HS384"'),
        ("hs512", '"HS512"'),
        ("rs256", '"RS256"'),
        ("ps256", '"PS256"'),
        ("es256", '"ES256"'),
        ("eddsa", '"EdDSA"'),
        ("xml-name", '"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"'),
        ("empty", '""'),
        ("space-after", '"HS256 "'),
        ("nul-after", r'"HS256\u0000"'),
        ("cyrillic", '"\u041dS256"'),
        ("null", "null"),
        ("false", "false"),
        ("number", "256"),
        ("array", '["HS256"]'),
        ("object", '{"HS256":true}'),
    ]
    return [
        ("missing", "No alg.", _header(alg="")),
        ("name-capitalised", "ALG is not alg.", _header(alg='"ALG":"HS256"')),
        ("nested", "alg, but not at the top.", _header(alg=f'"x":{{{_ALG}}}')),
        *((name, "Not the string HS256.", _header(alg=f'"alg":{v}')) for name, v in values),
    ]


def _b64s() -> list[Case]:
    values = [
        ("true", "true"),
        ("string", '"false"'),
        ("zero", "0"),
        ("null", "null"),
        ("empty-string", '""'),
        ("empty-array", "[]"),
    ]
    return [
        ("missing", "No b64, though crit names it.", _header(b64="")),
        ("jwt-header", "The header of a common JWT.", '{"alg":"HS256","typ":"JWT"}'),
        ("name-capitalised", "B64 is not b64.", _header(b64='"B64":false')),
        *((name, "Not the literal false.", _header(b64=f'"b64":{v}')) for name, v in values),
    ]


def _crits_without_b64() -> list[Case]:
    values = [
        ("null", "null"),
        ("string", '"b64"'),
        ("object", '{"b64":true}'),
        ("true", "true"),
        ("empty", "[]"),
        ("other-name", '["exp"]'),
        ("name-capitalised", '["B64"]'),
        ("space-after", '["b64 "]'),
        ("false", "[false]"),
        ("nested", '[["b64"]]'),
    ]
    return [
        ("missing", "b64 false without crit.", _header(crit="")),
        ("member-capitalised", "Crit is not crit.", _header(crit='"Crit":["b64"]')),
        *((name, "No array with b64 in it.", _header(crit=f'"crit":{v}')) for name, v in values),
    ]


def _crits_with_more() -> list[Case]:
    open_banking = '"http://openbanking.org.uk/iat"'
    exp = '"exp":4102444800'
    return [
        ("b64-and-alg", "alg may not be in crit.", _header(crit='"crit":["b64","alg"]')),
        ("b64-twice", "b64 twice.", _header(crit='"crit":["b64","b64"]')),
        ("b64-and-exp", "An extension, present.", _header(crit='"crit":["b64","exp"]', more=exp)),
        ("exp-and-b64", "The same the other way.", _header(crit='"crit":["exp","b64"]', more=exp)),
        ("absent-extension", "An extension, absent.", _header(crit='"crit":["b64","x"]')),
        (
            "open-banking",
            "An extension of open banking, which uses the same header name.",
            _header(crit=f'"crit":["b64",{open_banking}]', more=f"{open_banking}:1"),
        ),
        ("b64-and-number", "No string.", _header(crit='"crit":["b64",1]')),
        ("b64-and-null", "No string.", _header(crit='"crit":["b64",null]')),
        ("b64-and-array", "No string.", _header(crit='"crit":["b64",["b64"]]')),
        ("b64-and-empty", "The empty string.", _header(crit='"crit":["b64",""]')),
        (
            "b64-escaped-twice",
            "b64 twice, once escaped.",
            _header(crit=r'"crit":["b64","\u0062\u0036\u0034"]'),
        ),
    ]


def _not_the_fixed_one() -> list[Case]:
    """Headers that the policy rfc7797 accepts, under the policy fixed."""
    return [
        ("order", "Members in another order.", f"{{{_B64},{_ALG},{_CRIT}}}"),
        ("sorted", "crit before b64.", f"{{{_ALG},{_CRIT},{_B64}}}"),
        ("space-inside", "A space after a colon.", _header(alg='"alg": "HS256"')),
        ("space-before", "A space before the object.", " " + _header()),
        ("newline-after", "A newline after the object.", _header() + "\n"),
        ("kid", "A key id.", _header(more='"kid":"k1"')),
        ("typ", "A type.", _header(alg=f'"typ":"JOSE",{_ALG}')),
        ("escaped-name", "An escaped name.", _header(alg=r'"\u0061lg":"HS256"')),
        ("escaped-value", "An escaped value.", _header(alg=r'"alg":"HS25\u0036"')),
        ("escaped-crit", "An escape in crit.", _header(crit=r'"crit":["b6\u0034"]')),
    ]


def _precedence() -> list[Vector]:
    """Headers with two faults. The order of the codes decides, not that of the members."""
    none = '"alg":"none"'
    cases: list[tuple[str, str, str, str]] = [
        (
            "invalid_header_json",
            "json-then-duplicate",
            "alg twice, then the syntax breaks: who stops at the duplicate stops too early.",
            _header(alg=f"{none},{_ALG}")[:-1],
        ),
        (
            "invalid_header_json",
            "json-then-alg",
            "alg none; trailing data.",
            _header(alg=none) + "x",
        ),
        (
            "duplicate_header_parameter",
            "duplicate-then-alg",
            "alg none; kid twice.",
            _header(alg=none, more='"kid":1,"kid":2'),
        ),
        (
            "unsupported_alg",
            "alg-then-b64",
            "b64 and crit first, both wrong; no alg.",
            '{"crit":[],"b64":1}',
        ),
        (
            "unsupported_alg",
            "alg-then-crit",
            "Open banking's alg and crit.",
            _header(alg='"alg":"PS256"', crit='"crit":["b64","x"]'),
        ),
        (
            "b64_not_false",
            "b64-then-crit",
            "crit empty; b64 true.",
            f'{{"crit":[],"b64":true,{_ALG}}}',
        ),
        (
            "crit_missing_b64",
            "crit-missing-then-unsupported",
            "Two unknown names.",
            _header(crit='"crit":["x","y"]'),
        ),
    ]
    return [
        refused(code, f"first-{name}", why, _seal(header), policy="rfc7797")
        for code, name, why, header in cases
    ]


def _under_fixed() -> list[Vector]:
    """The policy fixed says what is wrong with a header before it says that the header differs."""
    cases: list[tuple[str, str, str, str]] = [
        ("invalid_header_json", "json-bom", "A byte order mark.", "\ufeff" + _header()),
        ("invalid_header_json", "json-trailing-letter", "A letter after it.", _header() + "x"),
        ("invalid_header_json", "json-cut", "The brace is missing.", _header()[:-1]),
        ("duplicate_header_parameter", "duplicate-alg", "alg twice.", _header(more=_ALG)),
        ("unsupported_alg", "alg-none", "alg none.", _header(alg='"alg":"none"')),
        ("unsupported_alg", "alg-rs256", "alg RS256.", _header(alg='"alg":"RS256"')),
        ("unsupported_alg", "alg-missing", "No alg.", _header(alg="")),
        ("b64_not_false", "b64-true", "b64 true.", _header(b64='"b64":true')),
        ("b64_not_false", "b64-jwt-header", "A JWT's header.", '{"alg":"HS256","typ":"JWT"}'),
        ("crit_missing_b64", "crit-missing", "No crit.", _header(crit="")),
        ("crit_missing_b64", "crit-empty", "crit empty.", _header(crit='"crit":[]')),
        ("unsupported_crit", "crit-b64-and-alg", "alg too.", _header(crit='"crit":["b64","alg"]')),
    ]
    return [refused(code, f"fixed-{name}", why, _seal(header)) for code, name, why, header in cases]
