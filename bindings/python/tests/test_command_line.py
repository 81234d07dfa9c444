"""`python -m hookseal` beside the `hookseal` command: the same JSON, the same exit status."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hookseal import Key, explain, sign
from support import BODY, PROTECTED, SHARED_KEY, SIGNATURE, VECTORS

KID = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il0sImtpZCI6IjEifQ"
VERIFY = ["verify", "body", "--signature", SIGNATURE]
EXPLAIN = ["explain", "body", "--signature", SIGNATURE]
KEY = ["--shared-key", SHARED_KEY]
HYPHEN = "-" + "x" * 42


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "body").write_bytes(BODY)
    (tmp_path / "with-newline").write_bytes(BODY + b"\n")
    (tmp_path / "key.txt").write_text(SHARED_KEY + "\n")
    (tmp_path / "crlf.txt").write_bytes(SHARED_KEY.encode() + b"\r\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(b"\xff" * 32)
    (tmp_path / "huge.txt").write_bytes(b"x" * 70_000)
    return tmp_path


def run(program: list[str], arguments: list[str], folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOOKSEAL_")}
    environment |= {"NO_COLOR": "1", **options.pop("env", {})}
    return subprocess.run(
        [*program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, **options
    )


def module(arguments: list[str], folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "hookseal"], arguments, folder, **options)


SAME = [
    [*VERIFY, *KEY],
    [*VERIFY, *KEY, "--policy", "rfc7797"],
    [*VERIFY, *KEY, "--key-format", "utf8"],
    [*VERIFY, *KEY, "--key-format", "jwk-lenient"],
    [*VERIFY, "--shared-key", "z" * 43, "--shared-key-file", "key.txt"],
    [*VERIFY, "--shared-key-file", "crlf.txt"],
    [*VERIFY],
    [*VERIFY, "--shared-key", "short"],
    [*VERIFY, "--shared-key", "JWS-SYMMETRIC-KEY", "--allow-weak-key"],
    [*VERIFY, "--shared-key", ""],
    [*VERIFY, "--shared-key", HYPHEN],
    [*VERIFY, *KEY, "--shared-key", "short"],
    [*VERIFY, "--shared-key-file", "missing.txt"],
    [*VERIFY, "--shared-key-file", "empty.txt"],
    [*VERIFY, "--shared-key-file", "binary.txt"],
    [*VERIFY, "--shared-key-file", "huge.txt"],
    [*VERIFY, "--shared-key-file", "."],
    ["verify", "missing", "--signature", SIGNATURE, *KEY],
    ["verify", ".", "--signature", SIGNATURE, *KEY],
    ["verify", "key.txt", "--signature", SIGNATURE, *KEY],
    *(
        ["verify", "body", "--signature", signature, *KEY]
        for signature in (
            "",
            " " + SIGNATURE,
            SIGNATURE[:-1],
            SIGNATURE + "é\0"[0],
            "sha256=0ae8",
            "-",
            f"{SIGNATURE},{SIGNATURE}",
            f"{PROTECTED}.JC4wMg.{'A' * 43}",
            f"{KID}..{'A' * 43}",
        )
    ),
    [*EXPLAIN, *KEY],
    [*EXPLAIN, *KEY, "--key-format", "utf8"],
    [*EXPLAIN, *KEY, "--policy", "rfc7797"],
    [*EXPLAIN, "--shared-key", "z" * 43, "--shared-key-file", "crlf.txt"],
    [*EXPLAIN, "--shared-key", f'"{SHARED_KEY}"'],
    [*EXPLAIN, "--shared-key", "short"],
    [*EXPLAIN, "--shared-key", "short", "--allow-weak-key"],
    [*EXPLAIN, "--shared-key", ""],
    [*EXPLAIN, "--shared-key-file", "binary.txt"],
    [*EXPLAIN, "--shared-key-file", "missing.txt"],
    [*EXPLAIN],
    ["explain", "missing", "--signature", SIGNATURE, *KEY],
    *(
        ["explain", "with-newline", "--signature", signature, *KEY]
        for signature in (SIGNATURE, f'"{SIGNATURE}"', "", "sha256=0ae8", f"{PROTECTED}..{'A' * 43}")
    ),
    ["explain", "with-newline", "--signature", SIGNATURE, "--shared-key", f"'{SHARED_KEY}'"],
    ["sign", "body", *KEY],
    ["sign", "body", *KEY, "--key-format", "utf8"],
    ["sign", "body", "--shared-key", "ab" * 32, "--key-format", "hex"],
    ["sign", "body", "--shared-key", HYPHEN, "--key-format", "utf8"],
    ["sign", "body", "--shared-key", "short", "--key-format", "utf8", "--allow-weak-key"],
    ["sign", "body", "--shared-key", "short", "--key-format", "utf8"],
    ["sign", "body", "--shared-key", "0xzz", "--key-format", "hex"],
    ["sign", "body", *KEY, "--shared-key-file", "key.txt"],
    ["sign", "missing", *KEY],
    ["sign", "body"],
]


@pytest.mark.parametrize("arguments", SAME, ids=range(len(SAME)))
def test_json_is_that_of_the_command(arguments: list[str], folder: Path, command: str) -> None:
    theirs = run([command], [*arguments, "--json"], folder)
    ours = module([*arguments, "--json"], folder)
    assert (ours.stdout, ours.returncode, ours.stderr) == (theirs.stdout, theirs.returncode, "")
    assert ours.stdout


@pytest.mark.parametrize("arguments", SAME, ids=range(len(SAME)))
def test_text_is_that_of_the_command(arguments: list[str], folder: Path, command: str) -> None:
    theirs, ours = run([command], arguments, folder), module(arguments, folder)
    assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, theirs.returncode)


def test_header_parameters_are_reported(folder: Path, command: str) -> None:
    value = signed_with_kid()
    arguments = ["verify", "body", "--signature", value, *KEY, "--policy", "rfc7797"]
    theirs, ours = run([command], [*arguments, "--json"], folder), module([*arguments, "--json"], folder)
    assert (ours.stdout, ours.returncode) == (theirs.stdout, 0)
    assert '\n  header "kid": "1"\n' in module(arguments, folder).stdout


def signed_with_kid() -> str:
    import hmac

    key = base64.urlsafe_b64decode(SHARED_KEY + "==")
    mac = hmac.digest(key, f"{KID}.".encode() + BODY, "sha256")
    return f"{KID}..{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize("name", ["-", None])
def test_the_body_may_come_from_standard_input(folder: Path, name: str | None) -> None:
    arguments = ["verify", *([name] if name else []), "--signature", SIGNATURE, *KEY, "--json"]
    outcome = module(arguments, folder, input=BODY.decode())
    assert json.loads(outcome.stdout) == {"valid": True, "key": {"index": 0, "format": "jwk"}, "body_size": 4}


def test_the_key_may_come_from_the_environment(folder: Path, command: str) -> None:
    for key in (SHARED_KEY, "", "short", b"\xff" * 40):
        environment = {"HOOKSEAL_SHARED_KEY": os.fsdecode(key)}
        theirs = run([command], [*VERIFY, "--json"], folder, env=environment)
        ours = module([*VERIFY, "--json"], folder, env=environment)
        assert (ours.stdout, ours.returncode) == (theirs.stdout, theirs.returncode)


def test_what_is_explained_is_a_success(folder: Path) -> None:
    for body, status, causes in (("body", 0, []), ("with-newline", 0, ["body.newline_added"]), ("empty.txt", 1, [])):
        outcome = module(["explain", body, "--signature", SIGNATURE, *KEY, "--json"], folder)
        answer = json.loads(outcome.stdout)
        assert (outcome.returncode, [cause["id"] for cause in answer["causes"]]) == (status, causes)
        assert answer["valid"] is (body == "body") and answer["tried"] > 0


CASES = [json.loads(line) for line in (VECTORS.parent / "tests/explain/cases.jsonl").read_text().splitlines()]
"""What other people's tools have signed and changed, with its causes."""


@pytest.mark.parametrize("case", CASES, ids=["-".join(case["causes"]) or "nothing" for case in CASES])
def test_explain_says_what_the_command_says(case: dict[str, Any], folder: Path, command: str) -> None:
    body = base64.b64decode(case["body"])
    (folder / "case").write_bytes(body)
    arguments = ["--key-format", case["format"], "--shared-key", case["shared_key"], "--signature", case["signature"]]
    theirs = run([command], ["explain", "case", "--json", *arguments], folder)
    ours = explain(case["shared_key"], body, case["signature"], key_format=case["format"])
    assert ours.to_dict() == json.loads(theirs.stdout)
    assert sorted(cause.id for cause in ours.causes) == case["causes"]
    assert theirs.returncode == (0 if case["causes"] else 1)


def test_quiet_tells_by_its_status(folder: Path) -> None:
    for body, status in (("body", 0), ("key.txt", 1)):
        outcome = module(["verify", body, "--signature", SIGNATURE, *KEY, "--quiet"], folder)
        assert (outcome.stdout, outcome.stderr, outcome.returncode) == ("", "", status)


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "body"],
        ["explain", "body"],
        ["nonsense"],
        [],
        ["sign", "body", *KEY, "--key-format", "auto"],
        ["keygen", "--bytes", "16"],
        ["keygen", "--bytes", "x"],
        ["verify", "a", "b", "--signature", SIGNATURE],
    ],
)
def test_usage_errors(arguments: list[str], folder: Path) -> None:
    outcome = module([*arguments, "--json"], folder)
    answer = json.loads(outcome.stdout)
    assert (outcome.returncode, answer["valid"], answer["code"], answer["hint"]) == (2, False, "usage", None)
    assert answer["message"]
    outcome = module(arguments, folder)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert "error:" in outcome.stderr


def test_keygen_makes_keys(folder: Path) -> None:
    key = module(["keygen"], folder).stdout.strip()
    assert len(key) == 43
    made = json.loads(module(["keygen", "--bytes", "64", "--json"], folder).stdout)
    assert made == {"shared_key": made["jwk"]["k"], "bytes": 64, "jwk": {"kty": "oct", "k": made["shared_key"]}}
    assert len(sign(BODY, Key.from_jwk_k(made["shared_key"]))) == 101


def test_help_and_version(folder: Path) -> None:
    assert "verify" in module(["--help"], folder).stdout
    assert "--signature" in module(["verify", "--help"], folder).stdout
    assert module(["--version"], folder).stdout.startswith("hookseal ")


@pytest.mark.skipif(os.name == "nt", reason="pipes differ")
def test_a_reader_that_has_gone_away_is_no_error(folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "hookseal", "sign", "body", *KEY]
    outcome = subprocess.run(command, cwd=folder, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert outcome.stderr == ""
