"""Both wheels as `pip install "hookseal[receiver]"` leaves them: no variable names the command, and no PATH has it."""

import importlib.metadata
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from hookseal import sign
from hookseal.testing import Receiver, find_command


def test_the_command_is_beside_this_python() -> None:
    assert "HOOKSEAL_BIN" not in os.environ and not os.environ.get("PATH")
    assert Path(find_command()).parent == Path(sys.executable).parent
    version = importlib.metadata.version("hookseal-cli")
    assert version == importlib.metadata.version("hookseal")
    printed = subprocess.run([find_command(), "--version"], capture_output=True, text=True, check=True).stdout
    assert printed == f"hookseal {version}\n"


def test_the_fixture_receives(hookseal_receiver: Receiver) -> None:
    body = b'{"severity":"warning"}'
    headers = {"X-JWS-Signature": sign(body, hookseal_receiver.shared_key)}
    request = urllib.request.Request(hookseal_receiver.url + "/hooks", body, headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 204
    [delivery] = hookseal_receiver.wait_for(1, path="/hooks", timeout=5)
    assert hookseal_receiver.body(delivery) == body


def test_the_wheel_says_what_it_is() -> None:
    metadata = importlib.metadata.metadata("hookseal-cli")
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    names = {Path(str(file)).name for file in importlib.metadata.files("hookseal-cli") or []}
    assert names >= {"LICENSE-MIT", "LICENSE-APACHE"}
