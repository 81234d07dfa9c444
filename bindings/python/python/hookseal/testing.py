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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
        raises an AssertionError that says what came instead, why each of it did not count, and what is wrong with its
        signature where that can be proved.
        """
        query = {"count": str(count), "timeout": f"{round(timeout * 1000)}ms"}
        query |= {name: value for name, value in [("verdict", verdict), ("path", path)] if value is not None}
        status, answer = self._get(f"/wait?{urlencode(query)}", timeout)
        if status == 408:
            raise AssertionError("\n".join([answer["message"], *self._causes(answer["near_misses"])]))
        deliveries: list[Delivery] = _unless_refused(status, answer)["deliveries"]
        return deliveries

    @contextmanager
    def expect(
        self,
        times: int | tuple[int, int | None] = 1,
        verdict: str | None = "valid",
        *,
        path: str | None = None,
        name: str | None = None,
        timeout: float = 10.0,
    ) -> Iterator[list[Delivery]]:
        """Expects so many deliveries by the end of a `with` block, or of ``timeout`` seconds after it, those before included.

            with receiver.expect(1, path="/health", name="one warning") as deliveries:
                notify(receiver.url + "/health", receiver.shared_key)
            assert receiver.body(deliveries[0]) == b"…"

        ``times`` is a number, or the least and the most: ``(1, None)`` is any number but none. When another number has come, it
        raises an AssertionError as `wait_for` does. The list is filled when the block ends.
        """
        least, most = times if isinstance(times, tuple) else (times, times)
        came: list[Delivery] = []
        yield came
        try:
            if least > 0:
                self.wait_for(least, verdict, path=path, timeout=timeout)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}" if name else str(error)) from None
        came += self._matching(verdict, path)
        if most is not None and len(came) > most:
            expected = "none" if most == 0 else f"{least} of them" if least == most else f"{least} to {most}"
            list_of = [f"  - {it['method']} {it['path']!r} ({it['verdict']}, {it['received_at']})" for it in came[-20:]]
            heading = f"{name or 'deliveries'}: {expected} expected, {len(came)} came"
            raise AssertionError("\n".join([heading, *list_of]))

    def explain(self, delivery: Delivery) -> dict[str, Any]:
        """Why a delivery does not verify: what `hookseal explain --json` prints of it."""
        explanation: dict[str, Any] = _unless_refused(*self._get(f"/deliveries/{delivery['id']}/explain"))
        return explanation

    def deliveries(self) -> list[Delivery]:
        """What has come so far, oldest first."""
        return self._matching(None, None)

    def _matching(self, verdict: str | None, path: str | None) -> list[Delivery]:
        deliveries: list[Delivery] = []
        query = {"limit": "1000"}
        query |= {name: value for name, value in [("verdict", verdict), ("path", path)] if value is not None}
        while True:
            page = _unless_refused(*self._get(f"/deliveries?{urlencode(query)}"))
            deliveries += page["deliveries"]
            if page["next"] is None:
                return deliveries[::-1]
            query["cursor"] = page["next"]

    def _causes(self, near_misses: list[Any]) -> list[str]:
        """What is wrong with the newest of those that are not valid."""
        lines = []
        invalid = [miss["delivery"] for miss in near_misses if miss["delivery"]["verdict"] == "invalid"]
        for delivery in invalid[:3]:
            status, answer = self._get(f"/deliveries/{delivery['id']}/explain")
            for cause in answer["causes"] if status == 200 else []:
                lines += [f"  why {delivery['method']} {delivery['path']!r} is not valid: {cause['id']}"]
                lines += [f"      {cause['found']}", f"      fix: {cause['fix']}"]
        return lines

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
