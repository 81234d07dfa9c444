"""Writes valid.json, invalid.json and keys.json; with --check, tells whether they are up to date.

Deterministic: no clock, no randomness, no network. `cargo xtask vectors` runs it with what
requirements.txt names.
"""

import argparse
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from generator import material

HERE = Path(__file__).parent

Vector = dict[str, object]

TOOLS = [
    {
        "name": "jwcrypto",
        "version": material.JWCRYPTO_VERSION,
        "use": "signs by the documented recipe, and defines how jwk-lenient reads a key",
    },
    {
        "name": "Python",
        "version": "3.11 or later",
        "use": "hmac and hashlib sign a second time; json and base64 judge headers and keys",
    },
]

SOURCES = [
    {
        "name": material.RFC7797,
        "url": "https://www.rfc-editor.org/rfc/rfc7797#section-4.2",
        "use": "the example's key, payload and signature, as published",
    },
    {
        "name": material.OVH,
        "dated": "2021-05-25",
        "use": "the sample key and the sample header value, as published; the body is not",
    },
    {
        "name": material.WYCHEPROOF_LIKE,
        "url": "https://github.com/C2SP/wycheproof",
        "use": "the manner in which MACs are altered; the values are made here",
    },
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="compare, write nothing; 1 if stale")
    check = parser.parse_args().check
    require_jwcrypto()

    stale = False
    for name, vectors in build().items():
        path = HERE / name
        document = {
            "$schema": "./vectors.schema.json",
            "provenance": provenance(vectors),
            "vectors": vectors,
        }
        text = render(document)
        if not check:
            path.write_bytes(text.encode())
        elif difference := compare(path, text, document):
            print(f"{name}: {difference}", file=sys.stderr)
            stale = True
    if stale:
        sys.exit(1)


def require_jwcrypto() -> None:
    """Another version may be right too, but then the provenance would not be."""
    try:
        found = importlib.metadata.version("jwcrypto")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != material.JWCRYPTO_VERSION:
        sys.exit(
            f"jwcrypto {material.JWCRYPTO_VERSION} is needed, found {found}: "
            f"pip install -r {HERE / 'requirements.txt'}"
        )


def build() -> dict[str, list[Vector]]:
    """All vectors, by file."""
    # Imported late: without jwcrypto, require_jwcrypto is to speak, not a traceback.
    from generator import (  # noqa: PLC0415
        invalid_headers,
        invalid_macs,
        invalid_values,
        key_strings,
        valid_bodies,
        valid_headers,
        valid_keys,
    )

    parts = {
        "valid.json": (valid_bodies, valid_keys, valid_headers),
        "invalid.json": (invalid_values, invalid_headers, invalid_macs),
        "keys.json": (key_strings,),
    }
    files = {
        name: [vector for module in modules for vector in module.vectors()]
        for name, modules in parts.items()
    }
    require_names(vector["id"] for vectors in files.values() for vector in vectors)
    return files


def require_names(ids: Iterable[str]) -> None:
    """A failing test is found by its vector's id alone, whatever the file."""
    seen = set()
    for id_ in ids:
        if re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", id_) is None:
            raise AssertionError(f"{id_!r} is not in kebab case")
        if id_ in seen:
            raise AssertionError(f"{id_!r} names two vectors")
        seen.add(id_)


def provenance(vectors: list[Vector]) -> dict[str, object]:
    """Where the vectors of one file come from."""
    named = {vector["source"] for vector in vectors}
    return {
        "generator": "test-vectors/generate.py",
        "tools": TOOLS,
        "sources": [source for source in SOURCES if any(source["name"] in name for name in named)],
    }


def render(document: dict[str, object]) -> str:
    """JSON with a line for each member of a vector, so that a diff shows what changed."""
    vectors = ",\n".join(
        "    {\n"
        + ",\n".join(f"      {ascii_json(k)}: {ascii_json(v)}" for k, v in vector.items())
        + "\n    }"
        for vector in document["vectors"]
    )
    rest = ascii_json(document | {"vectors": []}, indent=2)
    return rest.replace('"vectors": []', f'"vectors": [\n{vectors}\n  ]') + "\n"


def ascii_json(value: object, indent: int | None = None) -> str:
    """Pure printable ASCII: no editor can normalise it, strip a byte order mark or lose a NUL."""
    return json.dumps(value, ensure_ascii=True, indent=indent).replace("\x7f", "\\u007f")


def compare(path: Path, text: str, document: dict[str, object]) -> str | None:
    """What is wrong with the file, or None if it is as it should be."""
    try:
        on_disk = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    if on_disk == text.encode():
        return None
    try:
        found = json.loads(on_disk)
        same_provenance = found["provenance"] == document["provenance"]
        vectors = list(found["vectors"])
    except (ValueError, KeyError, TypeError) as error:
        return f"unreadable: {error!r}"
    difference = first_difference(vectors, document["vectors"])
    if difference is None and not same_provenance:
        return "the provenance differs"
    return difference or "the vectors are the same, but the file is written differently"


def first_difference(found: list[Vector], wanted: list[Vector]) -> str | None:
    """The first vector that is not in its place, by its id."""
    for found_vector, wanted_vector in zip(found, wanted, strict=False):
        if found_vector != wanted_vector:
            return f"differs first at {wanted_vector['id']}"
    if len(found) < len(wanted):
        return f"ends before {wanted[len(found)]['id']}"
    if len(found) > len(wanted):
        return f"goes on after {wanted[-1]['id']}"
    return None


if __name__ == "__main__":
    main()
