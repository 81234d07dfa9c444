"""Deliveries that do not verify, each with the causes that an explanation has to name. A JSON value a line.

Everything is made by other people's tools (json.dumps, JSON.stringify, json_encode, encoding/json, jq, gzip, base64, iconv,
urllib, hmac): nothing of hookseal takes part.
"""

import argparse
import base64
import gzip
import hashlib
import hmac
import itertools
import json
import random
import subprocess
import urllib.parse
import zlib

from bodies import bodies
from writers import reserialised

HEADER = '{"alg":"HS256","b64":false,"crit":["b64"]}'


def b64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


PROTECTED = b64url(HEADER.encode())


def mac(key, signing_input):
    return hmac.new(key, signing_input, hashlib.sha256).digest()


# ---- JSON styles: the name that an explanation gives, and what Python writes ----

LAYOUTS = {"compact": {"separators": (",", ":")}, "python": {}, "indent2": {"indent": 2}, "indent4": {"indent": 4}, "tab": {"indent": "\t"}}


def style_names(layout, ascii_only, in_order):
    """In the order of the parts: layout or escapes, `sorted`, indentation."""
    indent = layout if layout.startswith("indent") or layout == "tab" else None
    if ascii_only:
        parts = ["compact+python_ascii" if layout == "compact" else "python_ascii"]
    else:
        parts = [layout] if indent is None and not (layout == "compact" and in_order) else []
    return "+".join(parts + (["sorted"] if in_order else []) + ([indent] if indent else []))


def styles(document):
    made = []
    for layout, ascii_only, in_order in itertools.product(LAYOUTS, (False, True), (False, True)):
        text = json.dumps(document, ensure_ascii=ascii_only, sort_keys=in_order, **LAYOUTS[layout])
        made.append((style_names(layout, ascii_only, in_order), text.encode()))
    return made


# ---- what happens to bodies: (cause, styles or None, signed octets, arrived octets) ----

def body_cases(document, r):
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    default = json.dumps(document).encode()
    pretty = json.dumps(document, ensure_ascii=False, indent=2).encode()
    made = styles(document)
    for name, signed in made:
        arrived = r.choice([compact, default, pretty])
        names = {other for other, octets in made if octets == signed}
        if b"/" not in signed:
            # Then it is what PHP writes, too.
            names |= {other.replace("compact+python_ascii", "php").replace("python_ascii", "php") for other in names}
        # Less or more white space at the end is another cause's, and bodies without an element look alike in all styles.
        if signed.strip() != arrived.strip():
            yield "body.json_reserialised", sorted(names), signed, arrived
    text = r.choice([compact, default, pretty])
    yield "body.newline_added", None, text, text + b"\n"
    yield "body.newline_added", None, text, text + b"\r\n"
    yield "body.newline_removed", None, text + b"\n", text
    yield "body.newline_removed", None, text + b"\r\n", text
    for before, after in ((b"\n", b"\n"), (b" ", b""), (b"", b" "), (b"", b"\n\n"), (b"\r\n", b"\r\n")):
        yield "body.trimmed", None, before + text + after, (before + text + after).strip()
    yield "body.bom_added", None, text, text.decode().encode("utf-8-sig")
    yield "body.bom_removed", None, text.decode().encode("utf-8-sig"), text
    yield "body.empty", None, b"", text
    if b"\n" in pretty:
        yield "body.crlf_to_lf", None, pretty.replace(b"\n", b"\r\n"), pretty
        yield "body.lf_to_crlf", None, pretty, pretty.replace(b"\n", b"\r\n")
    for ascii_only in (False, True):
        once = json.dumps(text.decode(), ensure_ascii=ascii_only)
        yield "body.json_string", None, text, once.encode()
        yield "body.json_string", None, text, json.dumps(once, ensure_ascii=ascii_only).encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes):
        yield "body.base64", None, text, encode(text)
    yield "body.base64", None, text, base64.urlsafe_b64encode(text).rstrip(b"=")
    yield "body.compressed", None, text, gzip.compress(text)
    yield "body.compressed", None, text, zlib.compress(text)
    raw = zlib.compressobj(wbits=-15)
    yield "body.compressed", None, text, raw.compress(text) + raw.flush()
    yield "body.form_encoded", None, text, urllib.parse.urlencode({"payload": text.decode()}).encode()
    yield "body.form_encoded", None, text, urllib.parse.quote(text).encode()
    yield "body.form_encoded", None, text, urllib.parse.quote_plus(text).encode() + b"="
    for plain in (compact, pretty):
        if not plain.isascii():
            yield "body.latin1", None, plain, plain.decode("latin-1").encode()
            yield "body.latin1", None, plain.decode("latin-1").encode(), plain
            try:
                yield "body.latin1", None, plain, plain.decode("cp1252").encode()
            except UnicodeDecodeError:
                pass
            try:
                yield "body.latin1", None, plain, plain.decode().encode("latin-1")
            except UnicodeEncodeError:
                pass
    for charset in ("utf-16", "utf-16-le", "utf-16-be"):
        yield "body.utf16", None, text, text.decode().encode(charset)
        yield "body.utf16", None, text.decode().encode(charset), text


def tool(octets, *command):
    """What a program makes of it, or nothing where it refuses."""
    done = subprocess.run(command, input=octets, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout if done.returncode == 0 else None


def tool_cases(document, r):
    """The same by the command line's tools."""
    text = json.dumps(document, ensure_ascii=False, indent=r.choice([None, 2])).encode()
    yield "body.compressed", None, text, tool(text, "gzip", "-c", r.choice(["-1", "-9"]))
    yield "body.base64", None, text, tool(text, "base64", *r.choice([(), ("-w0",)]))
    for charset in ("UTF-16", "UTF-16LE", "UTF-16BE"):
        yield "body.utf16", None, text, tool(text, "iconv", "-f", "UTF-8", "-t", charset)
    if not text.isascii():
        for charset in ("ISO-8859-1", "CP1252"):
            yield "body.latin1", None, text, tool(text, "iconv", "-f", "UTF-8", "-t", charset)
            yield "body.latin1", None, text, tool(text, "iconv", "-f", charset, "-t", "UTF-8")


# ---- what is signed, and what becomes of the value ----

def input_cases(key, body):
    own = PROTECTED.encode()
    yield "input.payload_encoded", mac(key, own + b"." + b64url(body).encode())
    yield "input.body_only", mac(key, body)
    yield "input.missing_dot", mac(key, own + body)
    for header in ({"alg": "HS256"}, {"b64": False, "alg": "HS256", "crit": ["b64"]}, {"alg": "HS256", "crit": ["b64"], "b64": False}):
        yield "input.other_header", mac(key, b64url(json.dumps(header, separators=(",", ":")).encode()).encode() + b"." + body)
    yield "input.other_header", mac(key, b64url(json.dumps({"alg": "HS256", "b64": False, "crit": ["b64"]}).encode()).encode() + b"." + body)
    yield "input.other_header", mac(key, HEADER.encode() + b"." + body)


def value(octets):
    return f"{PROTECTED}..{b64url(octets)}"


def value_cases(octets, body):
    sound = value(octets)
    for open_, close in ('""', "''", "``"):
        yield "value.quoted", open_ + sound + close
    for prefix in ("sha256=", "jws=", "X-JWS-Signature: ", "Bearer ", "signature="):
        yield "value.prefix", prefix + sound
    yield "value.hex", f"{PROTECTED}..{octets.hex()}"
    yield "value.hex", f"{PROTECTED}..{octets.hex().upper()}"
    standard = base64.b64encode(octets).decode()
    # Without one of the two symbols, standard base64 is base64url with padding.
    yield ("value.base64" if "+" in standard or "/" in standard else "value.padding"), f"{PROTECTED}..{standard}"
    yield "value.padding", sound + "="
    for changed in (" " + sound, sound + "\n", sound + "\r\n", sound[:80] + "\r\n " + sound[80:]):
        yield "value.whitespace", changed
    yield "value.attached_payload", f"{PROTECTED}.{b64url(body)}.{b64url(octets)}"


# ---- keys: (cause, key's octets, configured string, format) ----

def lenient(text):
    """The vendor's recipe: jwcrypto's base64url_decode."""
    text += {0: "", 2: "==", 3: "="}[len(text) % 4]
    return base64.urlsafe_b64decode(text)


def key_cases(r):
    octets = r.randbytes(48)
    k = b64url(octets)
    padded = base64.b64encode(octets[:32]).decode()
    hexadecimal = octets[:32].hex()
    words = "correct horse battery staple and %04x so on" % r.getrandbits(16)
    yield "key.utf8", k.encode(), k, "jwk"
    yield "key.utf8", b"short secret", "short secret", "auto"
    yield "key.jwk", octets, k, "utf8"
    yield "key.jwk", octets[:16], b64url(octets[:16]), "auto"
    odd = k[:20] + "!*$%" + k[20:]
    yield "key.jwk_lenient", lenient(odd), odd, "auto"
    # Of 32 octets, so that there is padding, which the k of a JWK does not have.
    yield "key.base64", octets[:32], padded, "utf8"
    yield "key.jwk", octets[:33], b64url(octets[:33]), "utf8"
    yield "key.hex", octets[:32], hexadecimal, "auto"
    yield "key.hex", octets[:32], hexadecimal.upper(), "auto"
    yield "key.case", hexadecimal.encode(), hexadecimal.upper(), "auto"
    yield "key.case", hexadecimal.upper().encode(), hexadecimal, "utf8"
    for before, after in (("", "\n"), ("", "\r\n"), (" ", " "), ("\t", ""), ("\ufeff", "")):
        yield "key.surrounding_whitespace", octets, before + k + after, "auto"
        yield "key.surrounding_whitespace", words.encode(), before + words + after, "auto"
    yield "key.surrounding_whitespace", (words + "\n").encode(), words, "auto"
    for quoted in ('"%s"', "'%s'", "`%s`", "“%s”"):
        yield "key.quotes", octets, quoted % k, "auto"
        yield "key.quotes", words.encode(), quoted % words, "auto"
    yield "key.jwk_json", octets, json.dumps({"kty": "oct", "k": k}), "auto"
    yield "key.jwk_json", octets, json.dumps({"keys": [{"kty": "oct", "k": k, "alg": "HS256"}]}, indent=2), "auto"
    yield "key.assignment", octets, f"SHARED_KEY={k}", "auto"
    yield "key.assignment", octets, f"export SHARED_KEY={k}", "jwk"
    yield "key.assignment", words.encode(), f"WEBHOOK_SECRET={words}", "utf8"
    for prefix in ("whsec_", "v1,", "base64:", "k="):
        yield "key.prefix", octets[:32], prefix + padded, "auto"
    yield "key.prefix", octets[:32], "hex:" + hexadecimal, "auto"
    if any(symbol in padded for symbol in "+/="):
        yield "key.percent_encoded", octets[:32], urllib.parse.quote(padded, safe=""), "auto"
    yield "key.percent_encoded", words.encode(), urllib.parse.quote(words), "auto"


def singles(documents, r, with_tools=True):
    for document in documents:
        key = r.randbytes(32)
        configured = b64url(key)
        made_by = itertools.chain(body_cases(document, r), tool_cases(document, r) if with_tools else [])
        for cause, names, signed, arrived in made_by:
            if arrived is not None and signed != arrived:
                yield [cause], names, configured, "auto", arrived, value(mac(key, PROTECTED.encode() + b"." + signed))
        body = json.dumps(document).encode()
        octets = mac(key, PROTECTED.encode() + b"." + body)
        for cause, other in input_cases(key, body):
            yield [cause], None, configured, "auto", body, value(other)
        for cause, changed in value_cases(octets, body):
            yield [cause], None, configured, "auto", body, changed
        for cause, key, configured_otherwise, reading in key_cases(r):
            yield [cause], None, configured_otherwise, reading, body, value(mac(key, PROTECTED.encode() + b"." + body))


def pairs(documents, r, each):
    for document in documents:
        changes = []
        for case in body_cases(document, r):
            if case[2] != case[3]:
                changes.append(("body", case))
        changes += [("input", number) for number in range(8)] + [("value", number) for number in range(17)]
        keys = list(key_cases(r))
        for _ in range(each):
            key_cause, key, configured, reading = r.choice(keys)
            kind, case = r.choice(changes)
            if kind == "body":
                cause, names, signed, arrived = case
                yield [key_cause, cause], names, configured, reading, arrived, value(mac(key, PROTECTED.encode() + b"." + signed))
                continue
            body = json.dumps(document).encode()
            if kind == "input":
                cause, octets = list(input_cases(key, body))[case]
                yield [key_cause, cause], None, configured, reading, body, value(octets)
            else:
                cases = list(value_cases(mac(key, PROTECTED.encode() + b"." + body), body))
                cause, changed = cases[case]
                yield [key_cause, cause], None, configured, reading, body, changed


def rewritten(documents, r):
    """One writer's text that another has parsed and written again: alone, and every third with a key cause too."""
    texts = [json.dumps(document, ensure_ascii=False).encode() for document in documents]
    for number, (writer, signed, arrived) in enumerate(reserialised(texts, r)):
        key = r.randbytes(32)
        sound = value(mac(key, PROTECTED.encode() + b"." + signed))
        yield ["body.json_reserialised"], None, b64url(key), "auto", arrived, sound, writer
        if number % 3 == 0:
            cause, key, configured, reading = r.choice(list(key_cases(r)))
            octets = mac(key, PROTECTED.encode() + b"." + signed)
            yield [cause, "body.json_reserialised"], None, configured, reading, arrived, value(octets), writer


def mismatches(documents, r, count):
    """Deliveries that nothing explains: a foreign key, or another body altogether."""
    for number in range(count):
        document, other = r.sample(documents, 2)
        while document == other:
            document, other = r.sample(documents, 2)
        body = json.dumps(document, ensure_ascii=False, indent=r.choice([None, 2])).encode()
        key, configured = r.randbytes(32), b64url(r.randbytes(32))
        if number % 2:
            key, signed = base64.urlsafe_b64decode(configured + "="), json.dumps(other).encode()
        else:
            signed = body
        yield [], None, configured, "auto", body, value(mac(key, PROTECTED.encode() + b"." + signed))


def sample(documents, r):
    """A few cases of every cause, some pairs and what nothing explains: what every language's package is tried with. The text of
    the first tools (gzip, iconv) differs from one version to another, so that only Python's own are taken."""
    document = next(document for document in documents if len(json.dumps(document)) < 500 and not json.dumps(document, ensure_ascii=False).isascii())
    seen = {}
    for case in itertools.chain(singles([document], r, with_tools=False), pairs([document], r, 24), mismatches(documents, r, 6)):
        kind = " ".join(sorted(case[0]))
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 6 and len(case[4]) < 4_000:
            yield case
    key, other, body = r.randbytes(32), r.randbytes(32), json.dumps(document).encode()
    sound, wrong = (value(mac(signer, PROTECTED.encode() + b"." + body)) for signer in (key, other))
    for several in (f"{sound}, {wrong}", f"{wrong},{sound}"):
        yield ["value.multiple"], None, b64url(key), "auto", body, several


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["singles", "pairs", "rewritten", "mismatches", "sample"])
    parser.add_argument("--seed", default="7797")
    parser.add_argument("--bodies", type=int, default=208)
    parser.add_argument("--pairs-each", type=int, default=20)
    parser.add_argument("--mismatches", type=int, default=10_000)
    arguments = parser.parse_args()
    r = random.Random(f"{arguments.kind} {arguments.seed}")
    documents = bodies(arguments.seed, arguments.bodies)
    made = {
        "singles": lambda: singles(documents, r),
        "pairs": lambda: pairs(documents, r, arguments.pairs_each),
        "rewritten": lambda: rewritten(documents, r),
        "mismatches": lambda: mismatches(documents, r, arguments.mismatches),
        "sample": lambda: sample(documents, r),
    }[arguments.kind]()
    for causes, names, configured, reading, body, changed, *writer in made:
        print(json.dumps({"causes": sorted(causes), "styles": names, "writer": "".join(writer), "shared_key": configured, "format": reading,
                          "body": base64.b64encode(body).decode(), "signature": changed}))


main()
