"""The README's examples run: each in a process of its own, with a few lines that drive it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hookseal
from hookseal import types
from support import BODY, SHARED_KEY, SIGNATURE
from test_typing import literals

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

NAMES = f"shared_key = {SHARED_KEY!r}; body = {BODY!r}; signature = {SIGNATURE!r}; old_key = bytes(32)\n"
WEBHOOK = f"""
import hookseal, logging
logging.disable()
content = b'{{"id": 1}}'
headers = {{"X-JWS-Signature": hookseal.sign(content, {SHARED_KEY!r})}}
"""
STARLETTE = """
from starlette.testclient import TestClient
client = TestClient(app)
print(client.post("/webhooks", content=content, headers=headers).status_code, client.post("/webhooks").text)
"""

DRIVERS = {
    "Verifier(shared_key).verify(body, signature)": "print('verified')",
    "except VerificationError as error": "",
    "value = sign(body, shared_key)": "print(value == signature)",
    "from hookseal import explain": "print(explanation.valid)",
    "from hookseal.fastapi import": STARLETTE,
    "from hookseal.starlette import": STARLETTE,
    "from hookseal.asgi import": STARLETTE,
    "from hookseal.flask import": """
client = app.test_client()
answer = client.post("/webhooks", data=content, headers=headers | {"Content-Type": "application/json"})
print(answer.status_code, client.post("/webhooks").text)
""",
    "from hookseal.django import": """
from django.conf import settings
from django.test import RequestFactory
settings.configure()
post = RequestFactory().post
print(webhook(post("/", content, "application/json", headers=headers)).status_code, webhook(post("/")).content.decode())
""",
}

REFUSED = '204 {"code":"missing_signature"}'
PRINTED = {
    "Verifier(shared_key).verify(body, signature)": "verified",
    "except VerificationError as error": "0 jwk",
    "value = sign(body, shared_key)": "True",
    "from hookseal import explain": "True",
    "from hookseal.asgi import": f"Verified(key_index=0, key_format='jwk', header_parameters={{}}) b'{{\"id\": 1}}'\n{REFUSED}",
}


@pytest.mark.parametrize("marker", DRIVERS)
def test_an_example_runs(marker: str) -> None:
    [block] = [block for block in BLOCKS if marker in block]
    script = NAMES + block + WEBHOOK + DRIVERS[marker]
    environment = os.environ | {"HOOKSEAL_SHARED_KEY": SHARED_KEY}
    output = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert output.stderr == ""
    assert output.stdout.strip() == PRINTED.get(marker, f"{{'id': 1}}\n{REFUSED}")


def test_what_explain_prints_is_what_it_prints() -> None:
    [block] = [block for block in BLOCKS if "from hookseal import explain" in block]
    [printed] = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    script = NAMES.replace(repr(BODY), repr(BODY + b"\n")) + block
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout == printed


def test_no_example_is_forgotten() -> None:
    forgotten = [block for block in BLOCKS if not any(marker in block for marker in DRIVERS)]
    assert [block.splitlines()[0] for block in forgotten] == ["def test_notifies(hookseal_receiver):"]


def test_the_table_has_every_code() -> None:
    rows = re.findall(r"^\| (`.*?) \| (\d+) \|", README, re.MULTILINE)
    codes = {code for cell, _ in rows for code in re.findall(r"`(\w+)`", cell)}
    assert codes == literals(types.VerificationCode)
    for cell, status in rows:
        if "missing_signature" in cell:
            with pytest.raises(hookseal.VerificationError) as refused:
                hookseal.Verifier(SHARED_KEY).verify(BODY, None)
            assert refused.value.http_status == int(status)
