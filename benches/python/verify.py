"""Prints what verifying costs in Python, in nanoseconds: {"hookseal": …, "hmac.digest": …, …}.

It is the processor's time of this one thread, and the implementations take turns, so that what else the machine does meets
all of them alike; each figure is the median of its turns. `import` is what `import hookseal` takes in a fresh interpreter.
"""

import base64
import hmac
import json
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import joserfc.jwk
import joserfc.jws
import jwcrypto.jwk
import jwcrypto.jws
import jwt.api_jws

import hookseal

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "python"))
import recipe

SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
"""That of RFC 7797 §4.2."""

BODY = b"x" * 1495
"""Of the size of the vendor's sample delivery."""

ROUNDS = 25
SECONDS = 0.02
"""How long a turn takes."""


def implementations() -> dict[str, Callable[[], object]]:
    key = base64.urlsafe_b64decode(SHARED_KEY + "==")
    value = hookseal.sign(BODY, SHARED_KEY)
    protected, signature = value.encode().split(b"..")
    joserfc_key = joserfc.jwk.OctKey.import_key(key)
    jwcrypto_key = jwcrypto.jwk.JWK(kty="oct", k=SHARED_KEY)

    def standard_library() -> None:
        mac = hmac.digest(key, protected + b"." + BODY, "sha256")
        if not hmac.compare_digest(base64.urlsafe_b64encode(mac).rstrip(b"="), signature):
            raise ValueError

    def jwcrypto_verify() -> None:
        token = jwcrypto.jws.JWS()
        token.deserialize(value)
        token.verify(jwcrypto_key, detached_payload=BODY)

    def recipe_compare() -> None:
        if not hmac.compare_digest(recipe.sign(SHARED_KEY, BODY), value):
            raise ValueError

    verify = hookseal.Verifier(SHARED_KEY).verify
    return {
        "hookseal": lambda: verify(BODY, value),
        "hmac.digest": lambda: hmac.digest(key, BODY, "sha256"),
        "standard library": standard_library,
        "joserfc": lambda: joserfc.jws.deserialize_compact(value, joserfc_key, payload=BODY),
        "PyJWT": lambda: jwt.api_jws.decode(value, key, ["HS256"], detached_payload=BODY),
        "jwcrypto": jwcrypto_verify,
        "recipe": recipe_compare,
    }


def in_turn(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    timers = {name: timeit.Timer(function, timer=time.process_time) for name, function in functions.items()}
    numbers = {name: max(1, round(SECONDS / (timer.timeit(200) / 200))) for name, timer in timers.items()}
    turns: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            turns[name].append(timer.timeit(numbers[name]) / numbers[name] * 1e9)
    return {name: statistics.median(times) for name, times in turns.items()}


def import_time() -> float:
    def once() -> float:
        script = "import time; start = time.process_time_ns(); import hookseal; print(time.process_time_ns() - start)"
        output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        return float(output)

    once()  # warms the file system's cache
    return statistics.median(once() for _ in range(ROUNDS))


if __name__ == "__main__":
    print(json.dumps(in_turn(implementations()) | {"import": import_time()}))
