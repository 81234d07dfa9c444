"""Prints key strings and what jwcrypto makes of them, a line each.

`signature` is the recipe's for the body `probe`, null where jwcrypto refuses the key. `jwk` and `jwk_lenient` are the
codes that the vectors' reference refuses it with, null where it does not.
"""

import argparse
import json
import sys
from pathlib import Path

from jwcrypto.common import JWException

import material
import recipe

sys.path.insert(0, str(Path(__file__).parents[2] / "test-vectors"))
from generator import readings  # noqa: E402 (a sibling that is no package of its own)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    arguments = parser.parse_args()
    for key in material.key_strings(arguments.seed, arguments.count):
        line = {
            "key": key,
            "signature": signature(key),
            "jwk": code("jwk", key),
            "jwk_lenient": code("jwk-lenient", key),
        }
        print(json.dumps(line))


def signature(key: str) -> str | None:
    try:
        return recipe.sign(key, b"probe")
    except (JWException, ValueError):
        return None


def code(format_: str, key: str) -> str | None:
    try:
        readings.read(format_, key)
    except readings.KeyRefused as refusal:
        return str(refusal)
    return None


if __name__ == "__main__":
    main()
