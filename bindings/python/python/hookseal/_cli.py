"""The command line of `python -m hookseal`. Its flags, its JSON and its exit statuses are those of the `hookseal` command."""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from hookseal import HEADER_NAME, Signer, VerificationError, Verified, __version__, explain
from hookseal._cli_explain import explanation_text
from hookseal._cli_keys import Failure, add_key_arguments, named_keys, signing_key, verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PIECE = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the status to exit with: 0 done or valid, 1 not valid or not explained, 2 a usage error."""
    arguments = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in arguments  # decides how a failure is told before there is anything parsed
    try:
        options = _parser().parse_args(_joined(arguments))
        run: Callable[[argparse.Namespace], int] = options.run
        status = run(options)
        sys.stdout.flush()
    except Failure as failure:
        _report(failure, as_json)
        return 2
    except BrokenPipeError:
        # Nobody reads any more. Python would complain again when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _verify(options: argparse.Namespace) -> int:
    checks = verifier(options)
    try:
        stream = checks.stream(options.signature)
        size = _feed(options.file, stream.update)
        verified = stream.finish()
    except VerificationError as error:
        if options.json:
            _print_json({"valid": False, "code": error.code, "message": str(error), "hint": error.hint})
        elif not options.quiet:
            print(f"not valid: {error} ({error.code})\n  hint: {error.hint}")
            if error.code != "missing_signature":
                print("  `hookseal explain` with the same arguments finds out why.")
        return 1
    if options.json:
        _print_json(_verified_json(verified, size, options.policy))
    elif not options.quiet:
        print(f"valid: {size:,} octets, signed with key {verified.key_index} read as {verified.key_format}")
        for name, value in verified.header_parameters.items():
            print(f"  header {json.dumps(name)}: {json.dumps(value)}")
    return 0


def _verified_json(verified: Verified, size: int, policy: str) -> dict[str, Any]:
    key = {"index": verified.key_index, "format": verified.key_format}
    answer: dict[str, Any] = {"valid": True, "key": key, "body_size": size}
    if policy == "rfc7797":
        answer["header_parameters"] = verified.header_parameters
    return answer


def _explain(options: argparse.Namespace) -> int:
    names, keys = zip(*named_keys(options), strict=True)
    pieces: list[bytes] = []
    _feed(options.file, pieces.append)
    explanation = explain(
        keys,
        b"".join(pieces),
        options.signature,
        key_format=options.key_format,
        policy=options.policy,
        allow_weak_key=options.allow_weak_key,
    )
    if options.json:
        _print_json(explanation.to_dict())
    else:
        print(explanation_text(explanation, names))
    return 0 if explanation.valid or explanation.causes else 1


def _sign(options: argparse.Namespace) -> int:
    key = signing_key(options)
    stream = Signer(key).stream()
    size = _feed(options.file, stream.update)
    value = stream.finish()
    if options.json:
        _print_json({"header": HEADER_NAME, "signature": value, "key": {"format": key.format}, "body_size": size})
    else:
        print(value)
    return 0


def _keygen(options: argparse.Namespace) -> int:
    if not 32 <= options.bytes <= 1024:
        raise Failure(f"invalid value '{options.bytes}' for '--bytes <N>': {options.bytes} is not in 32..=1024")
    key = base64.urlsafe_b64encode(secrets.token_bytes(options.bytes)).decode().rstrip("=")
    if options.json:
        _print_json({"shared_key": key, "bytes": options.bytes, "jwk": {"kty": "oct", "k": key}})
    else:
        print(key)
    return 0


def _feed(name: str, take: Callable[[bytes], None]) -> int:
    """Feeds the whole body to `take` and returns its size."""
    size = 0
    try:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as body:
            while piece := body.read(_PIECE):
                take(piece)
                size += len(piece)
    except OSError as error:
        raise Failure.of_file("read the body from", name, error, "Name a file, or - for standard input.") from None
    return size


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Does not exit by itself: a usage error may have to be told as JSON."""
        raise Failure(message, usage=self.format_usage())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m hookseal", description="Sign and verify webhooks that carry X-JWS-Signature")
    parser.add_argument("--version", action="version", version=f"hookseal {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        sub.set_defaults(run=run)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    verify = command("verify", _verify, "Verify a body against its X-JWS-Signature")
    verify.add_argument("--quiet", "-q", action="store_true", help="print nothing; the exit status tells")
    explaining = command("explain", _explain, "Find out why a signature does not verify, and prove it")
    for sub in (verify, explaining):
        sub.add_argument("--signature", required=True, metavar="VALUE", help="the header's value, exactly as it came")
        sub.add_argument(
            "--policy", choices=["fixed", "rfc7797"], default="fixed", help="which protected headers to accept"
        )
        add_key_arguments(sub, ["auto", "jwk", "jwk-lenient", "utf8", "base64", "hex"])

    sign = command("sign", _sign, "Print the X-JWS-Signature of a body")
    add_key_arguments(sign, ["jwk", "jwk-lenient", "utf8", "base64", "hex"])

    for sub in (verify, explaining, sign):
        sub.add_argument("file", nargs="?", default="-", metavar="FILE", help="the raw body; - is standard input")

    keygen = command("keygen", _keygen, "Make a random shared key, in base64url as the k of a JWK")
    keygen.add_argument("--bytes", type=int, default=32, metavar="N", help="octets of randomness (32)")
    return parser


def _joined(arguments: Sequence[str]) -> list[str]:
    """Has argparse take values that start with a hyphen, which keys do now and then."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--shared-key", "--signature"):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _report(failure: Failure, as_json: bool) -> None:
    if as_json:
        _print_json({"valid": False, "code": failure.code, "message": str(failure), "hint": failure.hint})
        return
    print(f"{failure.usage}error: {failure}", file=sys.stderr)
    if failure.hint is not None:
        print(f"  hint: {failure.hint}", file=sys.stderr)


def _print_json(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, separators=(",", ":"), ensure_ascii=False))
