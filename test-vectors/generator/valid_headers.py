"""valid.json, part 3: what the policy `rfc7797` lets through beside the fixed header."""

from .oracle import FIXED_HEADER
from .vector import Vector, accepted

_ALG = '"alg":"HS256"'
_REST = '"b64":false,"crit":["b64"]'


def vectors() -> list[Vector]:
    cases: list[tuple[str, str, str]] = [
        ("fixed", "The fixed header passes the wider policy too.", FIXED_HEADER),
        ("order", "Members in another order.", '{"crit":["b64"],"b64":false,"alg":"HS256"}'),
        (
            "spaces",
            "Spaces between tokens.",
            '{ "alg" : "HS256", "b64" : false, "crit" : [ "b64" ] }',
        ),
        (
            "all-whitespace",
            "All four kinds of JSON whitespace, around the object as well.",
            f" \t\r\n{{\t{_ALG},\r\n{_REST} }}\r\n",
        ),
        ("kid", "A key id is reported.", f'{{{_ALG},"kid":"k1",{_REST}}}'),
        ("typ", "Types are reported.", f'{{"typ":"JOSE","cty":"json",{_ALG},{_REST}}}'),
        (
            "nested",
            "Members of every JSON type are reported.",
            f'{{{_ALG},{_REST},"x":{{"a":[1,{{"b":null}},true],"c":"d"}},"n":-1,"e":[],"o":{{}}}}',
        ),
        (
            "syntax-in-strings",
            "Brackets, quotes and backslashes inside a string are text.",
            rf'{{{_ALG},{_REST},"x":"}}],\"alg\":\"none\" \\"}}',
        ),
        ("escaped-name", r"\u0061lg is alg.", rf'{{"\u0061lg":"HS256",{_REST}}}'),
        (
            "escaped-names",
            "Escapes in all three names and in the element of crit.",
            r'{"a\u006cg":"HS256","\u0062\u0036\u0034":false,"\u0063rit":["b6\u0034"]}',
        ),
        ("escaped-value", r"\u0048S256 is HS256.", rf'{{"alg":"\u0048S256",{_REST}}}'),
        (
            "all-escapes",
            "Every short escape there is.",
            rf'{{{_ALG},{_REST},"x":"\"\\\/\b\f\n\r\t\u0000"}}',
        ),
        (
            "beyond-ascii",
            "Names and values beyond ASCII, as they are and escaped as a surrogate pair.",
            rf'{{{_ALG},{_REST},"kid":"clé-💾","\ud83d\udd11":"\u00e9"}}',
        ),
        ("literal-del", "U+007F need not be escaped.", f'{{{_ALG},{_REST},"kid":"a\x7fb"}}'),
        (
            "case-sensitive",
            "ALG and Crit are other members; a reader that ignores case confuses them.",
            f'{{{_ALG},{_REST},"ALG":"none","Crit":["exp"]}}',
        ),
        ("empty-name", "The empty string is a name.", f'{{{_ALG},{_REST},"":"x"}}'),
        (
            "proto",
            "__proto__ is a member like any other, and nobody's prototype.",
            f'{{{_ALG},{_REST},"__proto__":{{"alg":"none"}},"constructor":1}}',
        ),
        (
            "not-critical",
            "exp is not critical, so not understanding it is fine.",
            f'{{{_ALG},{_REST},"exp":1}}',
        ),
        *(
            (
                f"kid-of-{n}",
                "With its neighbours, a header of each length modulo three.",
                f'{{{_ALG},{_REST},"kid":"{"k" * n}"}}',
            )
            for n in (1, 2, 3)
        ),
    ]
    return [
        accepted(f"header-{name}", comment, header=header, policy="rfc7797")
        for name, comment, header in cases
    ]
