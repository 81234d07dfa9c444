"""A real receiver for tests: the `hookseal` command, started on a port of its own.

    from hookseal.testing import Receiver

    with Receiver() as receiver:
        send_a_webhook_to(receiver.url + "/hooks", receiver.shared_key)
        [delivery] = receiver.wait_for(1, path="/hooks")

The command comes with ``pip install "hookseal[receiver]"``. In pytest, the fixture ``hookseal_receiver`` is such a receiver.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

__all__ = ["Delivery", "Receiver", "find_command"]

Delivery: TypeAlias = dict[str, Any]
"""A delivery as the receiver's API describes it: id, method, path, headers, verdict, code, key, and more."""

_PATIENCE = 20.0
"""How many seconds the command may take to start or to stop."""


def find_command() -> str:
    """The `hookseal` command: HOOKSEAL_BIN, else the one beside this Python, else the one on the PATH."""
    named = os.environ.get("HOOKSEAL_BIN")
    beside = Path(sys.executable).parent / ("hookseal.exe" if os.name == "nt" else "hookseal")
    command = named or (str(beside) if beside.is_file() else shutil.which("hookseal"))
    if command is None:
        raise FileNotFoundError(
            'there is no hookseal command: pip install "hookseal[receiver]", or name it in the variable HOOKSEAL_BIN'
        )
    return command


class Receiver:
    """A running receiver. It verifies what is sent to it, keeps it, and answers as it would in production.

    Without a shared key it makes one. ``arguments`` are more arguments for ``hookseal receive``.
    """

    shared_key: str
    """The key to sign with, in any reading that gives 32 octets. A delivery's key says how it was read."""

    url: str
    """Where it listens, without a slash at the end. Every path but /_hookseal/ takes deliveries."""

    def __init__(self, shared_key: str | None = None, *, arguments: Sequence[str] = ()) -> None:
        self.shared_key = secrets.token_urlsafe(32) if shared_key is None else shared_key
        self._folder = tempfile.TemporaryDirectory(prefix="hookseal-", ignore_cleanup_errors=True)
        try:
            self._process = self._start(arguments)
            self._address = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.url = f"http://{self._address}"

    def wait_for(
        self, count: int = 1, verdict: str | None = "valid", *, path: str | None = None, timeout: float = 10.0
    ) -> list[Delivery]:
        """Waits until so many deliveries have come, those that are there already included; oldest first.

        Any verdict will do when it is None; ``*`` in the path stands for any number of characters. When the time is up it
        raises an AssertionError that says what came instead, and why each of it did not count.
        """
        query = {"count": str(count), "timeout": f"{round(timeout * 1000)}ms"}
        query |= {name: value for name, value in [("verdict", verdict), ("path", path)] if value is not None}
        status, answer = self._get(f"/wait?{urlencode(query)}", timeout)
        if status == 408:
            raise AssertionError(answer["message"])
        deliveries: list[Delivery] = _unless_refused(status, answer)["deliveries"]
        return deliveries

    def deliveries(self) -> list[Delivery]:
        """What has come so far, oldest first."""
        deliveries: list[Delivery] = []
        query = {"limit": "1000"}
        while True:
            page = _unless_refused(*self._get(f"/deliveries?{urlencode(query)}"))
            deliveries += page["deliveries"]
            if page["next"] is None:
                return deliveries[::-1]
            query["cursor"] = page["next"]

    def body(self, delivery: Delivery) -> bytes:
        """The raw body of a delivery."""
        status, body = self._request(f"/deliveries/{delivery['id']}/body")
        if status != 200:
            raise RuntimeError(f"the receiver has no such body: {body!r}")
        return body

    def stop(self) -> None:
        """Stops it. Once is enough; leaving its `with` block does so too."""
        process = getattr(self, "_process", None)
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Receiver {getattr(self, 'url', 'that did not start')}>"

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        # Not what the developer's shell has set for other receivers: a token would close the API.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HOOKSEAL_")}
        environment["HOOKSEAL_SHARED_KEY"] = self.shared_key  # arguments can be seen by every user
        command = [find_command(), "receive", "--listen", "127.0.0.1:0", "--log", "off"]
        with open(self._path("log"), "wb") as log:
            return subprocess.Popen(
                [*command, "--ready-file", self._path("ready"), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + _PATIENCE
        ready = Path(self._path("ready"))
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = Path(self._path("log")).read_text(errors="replace").strip()
                raise RuntimeError(f"the receiver did not start: {said or 'it said nothing'}")
            time.sleep(0.002)
        return ready.read_text().strip()

    def _path(self, name: str) -> str:
        return os.path.join(self._folder.name, name)

    def _get(self, path: str, timeout: float = 0.0) -> tuple[int, Any]:
        status, body = self._request(path, timeout)
        return status, json.loads(body)

    def _request(self, path: str, timeout: float = 0.0) -> tuple[int, bytes]:
        # urllib would go through the proxies of the environment.
        connection = http.client.HTTPConnection(self._address, timeout=timeout + _PATIENCE)
        try:
            connection.request("GET", "/_hookseal/api" + path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _unless_refused(status: int, answer: Any) -> Any:
    if status != 200:
        raise RuntimeError(f"the receiver refuses: {answer['message']} ({answer['code']})")
    return answer
