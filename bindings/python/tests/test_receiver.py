"""The receiver for tests, and the pytest plugin, with the real command."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookseal import sign
from hookseal.testing import Receiver, find_command
from support import BODY, PROTECTED, refusal

RECEIVING_TEST = """
import urllib.request
from hookseal import sign

def test_receives(hookseal_receiver):
    body = b"{}"
    headers = {"X-JWS-Signature": sign(body, hookseal_receiver.shared_key)}
    request = urllib.request.Request(hookseal_receiver.url + "/hook", body, headers)
    assert urllib.request.urlopen(request).status == 204
    [delivery] = hookseal_receiver.wait_for(1, path="/hook", timeout=5)
    assert delivery["key"] == {"index": 0, "format": "jwk"}
    print("listening on", hookseal_receiver.url)

def test_waits_in_vain(hookseal_receiver):
    urllib.request.urlopen(urllib.request.Request(
        hookseal_receiver.url + "/elsewhere", b"{}", {"X-JWS-Signature": sign(b"{}", hookseal_receiver.shared_key)}))
    hookseal_receiver.wait_for(2, path="/hook", timeout=0.1)
"""


@pytest.fixture
def receiver(command: str) -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def post(receiver: Receiver, path: str, body: bytes, signature: str | None = None) -> tuple[int, bytes]:
    headers = {"X-JWS-Signature": sign(body, receiver.shared_key) if signature is None else signature}
    try:
        with urllib.request.urlopen(urllib.request.Request(receiver.url + path, body, headers)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_expects_deliveries_by_the_end_of_a_block(receiver: Receiver) -> None:
    with receiver.expect(2, path="/hook/*") as deliveries, receiver.expect(0, path="/other"):
        assert deliveries == []
        for number in range(2):
            post(receiver, f"/hook/{number}", BODY)
    assert [receiver.body(delivery) for delivery in deliveries] == [BODY, BODY]
    with receiver.expect((1, None), None):
        pass
    one = r"^one: 1 of them expected, 2 came\n  - POST '/hook/0' \(valid"
    with pytest.raises(AssertionError, match=one), receiver.expect(1, name="one"):
        pass
    with pytest.raises(AssertionError, match=r"^deliveries: none expected, 2 came"), receiver.expect(0):
        pass
    three = r"^three: 2 of 3 deliveries came within 50 ms"
    with pytest.raises(AssertionError, match=three), receiver.expect(3, name="three", timeout=0.05):
        pass
    with pytest.raises(ZeroDivisionError), receiver.expect(7):
        raise ZeroDivisionError  # what went wrong first is what counts


def test_a_wait_in_vain_says_what_is_wrong_with_the_signature(receiver: Receiver) -> None:
    assert post(receiver, "/hook", BODY + b"\n", sign(BODY, receiver.shared_key))[0] == 401
    with pytest.raises(AssertionError) as failed:
        receiver.wait_for(1, timeout=0.05)
    said = str(failed.value)
    assert "why POST '/hook' is not valid: body.newline_added\n      The signature matches if" in said
    assert "\n      fix: " in said and receiver.shared_key not in said
    [delivery] = receiver.deliveries()
    assert [cause["id"] for cause in receiver.explain(delivery)["causes"]] == ["body.newline_added"]


def test_waits_for_deliveries(receiver: Receiver) -> None:
    for number in range(3):
        assert post(receiver, f"/hook/{number}", BODY) == (204, b"")
    deliveries = receiver.wait_for(3, path="/hook/*")
    assert [delivery["path"] for delivery in deliveries] == ["/hook/0", "/hook/1", "/hook/2"]
    assert {delivery["verdict"] for delivery in deliveries} == {"valid"}
    assert receiver.deliveries() == deliveries
    assert receiver.body(deliveries[0]) == BODY


def test_any_verdict_will_do(receiver: Receiver) -> None:
    assert post(receiver, "/", BODY, f"{PROTECTED}..{'A' * 43}") == (401, refusal("signature_mismatch"))
    [delivery] = receiver.wait_for(1, verdict=None)
    assert (delivery["verdict"], delivery["code"]) == ("invalid", "signature_mismatch")
    assert receiver.wait_for(1, "invalid") == [delivery]


def test_a_failed_wait_says_what_came(receiver: Receiver) -> None:
    post(receiver, "/hook", BODY, f"{PROTECTED}..{'A' * 43}")
    with pytest.raises(AssertionError) as unmet:
        receiver.wait_for(2, path="/other", timeout=0.05)
    assert str(unmet.value).startswith("0 of 2 deliveries came within 50 ms\n  - POST /hook (4 octets, ")
    assert "is invalid (signature_mismatch), not valid" in str(unmet.value)


def test_a_wrong_filter_is_an_error(receiver: Receiver) -> None:
    with pytest.raises(RuntimeError, match=r"the receiver refuses: .*\(invalid_query\)"):
        receiver.wait_for(1, "right", timeout=0.05)
    with pytest.raises(RuntimeError, match="no such body"):
        receiver.body({"id": "nonsense"})


def test_all_pages_of_deliveries_are_read(receiver: Receiver) -> None:
    for number in range(3):
        post(receiver, f"/{number}", BODY)
    real = receiver._get

    def one_at_a_time(path: str, timeout: float = 0.0) -> object:
        return real(path.replace("limit=1000", "limit=1"), timeout)

    receiver._get = one_at_a_time  # type: ignore[method-assign, assignment]
    assert [delivery["path"] for delivery in receiver.deliveries()] == ["/0", "/1", "/2"]


def test_a_key_and_more_arguments_can_be_chosen(command: str) -> None:
    with Receiver("k" * 43, arguments=["--max-body", "2B"]) as receiver:
        assert receiver.shared_key == "k" * 43
        assert post(receiver, "/", b"{}") == (204, b"")
        assert post(receiver, "/", b"{ }") == (413, refusal("body_too_large"))


def test_what_the_shell_has_set_for_others_plays_no_part(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKSEAL_TOKEN", "secret")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HOOKSEAL_SHARED_KEY", "another")
    with Receiver() as receiver:
        assert receiver.deliveries() == []


def test_it_stops_and_leaves_nothing(receiver: Receiver) -> None:
    folder, process = Path(receiver._folder.name), receiver._process
    assert process.poll() is None and folder.exists()
    receiver.stop()
    receiver.stop()
    assert process.poll() is not None and not folder.exists()
    assert repr(receiver) == f"<Receiver {receiver.url}>"


def test_what_does_not_start_says_why(command: str) -> None:
    with pytest.raises(
        RuntimeError, match="the receiver did not start: error: HOOKSEAL_SHARED_KEY: the shared key gives"
    ):
        Receiver("c2hvcnQ")
    with pytest.raises(RuntimeError, match="unexpected argument '--nonsense'"):
        Receiver(arguments=["--nonsense"])


class TestFindingTheCommand:
    def test_the_variable_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOOKSEAL_BIN", "/somewhere/hookseal")
        assert find_command() == "/somewhere/hookseal"

    def test_then_the_script_beside_python(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("HOOKSEAL_BIN")
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        script = tmp_path / "hookseal"
        script.touch()
        assert find_command() == str(script)

    def test_then_the_path(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("HOOKSEAL_BIN")
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        with pytest.raises(FileNotFoundError, match=r'pip install "hookseal\[receiver]"'):
            find_command()
        (tmp_path / "bin").mkdir()
        script = tmp_path / "bin" / "hookseal"
        script.touch(mode=0o755)
        assert find_command() == str(script)


def pytest_run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest as a user would have it: the plugin comes with the package."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments]
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)


def test_the_fixture(tmp_path: Path, command: str) -> None:
    (tmp_path / "test_it.py").write_text(RECEIVING_TEST)
    outcome = pytest_run(tmp_path, "-rA")
    assert "1 failed, 1 passed" in outcome.stdout
    assert "listening on http://127.0.0.1:" in outcome.stdout
    assert "AssertionError: 0 of 2 deliveries came within 100 ms" in outcome.stdout
    assert "- POST /elsewhere (2 octets" in outcome.stdout and "went to /elsewhere, not /hook" in outcome.stdout


def test_the_fixtures_key_can_be_chosen(tmp_path: Path, command: str) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def hookseal_shared_key(): return 'k' * 43\n"
        "def test_it(hookseal_receiver): assert hookseal_receiver.shared_key == 'k' * 43\n"
    )
    assert "1 passed" in pytest_run(tmp_path).stdout


def test_the_fixture_without_a_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(hookseal_receiver): pass\n")
    outcome = pytest_run(tmp_path, HOOKSEAL_BIN="", PATH="/nowhere")
    assert 'pip install "hookseal[receiver]"' in outcome.stdout
    assert "1 error" in outcome.stdout and "Traceback" not in outcome.stdout


def test_the_plugin_imports_little() -> None:
    script = (
        "import sys, pytest; before = set(sys.modules); import hookseal.pytest_plugin\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('hookseal._')))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.split() == ["hookseal", "hookseal.pytest_plugin"]
