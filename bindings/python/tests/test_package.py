"""The package as it is installed: what it says of itself, what it holds."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hookseal

METADATA = importlib.metadata.metadata("hookseal")
FILES = importlib.metadata.files("hookseal") or []
ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parents[1] / "python" / "hookseal"


def workspace_version() -> str:
    version: str = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    return version


def test_there_is_one_version() -> None:
    assert hookseal.__version__ == METADATA["Version"] == workspace_version()


def test_it_needs_nothing_else() -> None:
    requirements = importlib.metadata.requires("hookseal") or []
    version = workspace_version()
    assert [re.sub(r"\s", "", requirement) for requirement in requirements] == [
        f"hookseal-cli~={version};extra=='receiver'"
    ]
    assert METADATA["Requires-Python"] == ">=3.11"


def test_it_says_what_it_is() -> None:
    assert METADATA["License-Expression"] == "MIT OR Apache-2.0"
    assert "Typing :: Typed" in (METADATA.get_all("Classifier") or [])
    assert (METADATA["Description"] or METADATA.get_payload()).startswith("# hookseal")  # type: ignore[attr-defined]


def test_it_holds_all_that_belongs_to_it() -> None:
    names = {str(file) for file in FILES}
    info = f"hookseal-{workspace_version()}.dist-info"
    assert names >= {
        "hookseal/py.typed",
        "hookseal/_native.pyi",
        f"{info}/licenses/LICENSE-MIT",
        f"{info}/licenses/LICENSE-APACHE",
    }
    [native] = [name for name in names if re.fullmatch(r"hookseal/_native\.(abi3\.so|pyd)", name)]
    own = {name for name in names if not name.startswith(("hookseal/__pycache__", info))}
    assert own == {native} | {str(file.relative_to(SOURCE.parent)) for file in SOURCE.iterdir() if file.is_file()}


def test_it_installs_no_command_of_its_own() -> None:
    """`hookseal` is the command of another package, hookseal-cli."""
    groups = {entry.group for entry in importlib.metadata.distribution("hookseal").entry_points}
    assert groups == {"pytest11"}


def test_the_native_part_is_small() -> None:
    [native] = [file for file in FILES if "_native." in file.name and file.suffix in (".so", ".pyd")]
    assert Path(str(native.locate())).stat().st_size < 1_500_000


def test_importing_it_imports_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import hookseal; print(*sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.split() == ["__future__", "hookseal", "hookseal._errors", "hookseal._native"]


def test_everything_public_is_named() -> None:
    script = "import hookseal; print(*(set(vars(hookseal)) - set(hookseal.__all__)))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert all(name.startswith("_") for name in output.stdout.split()), output.stdout
    for name in hookseal.__all__:
        assert getattr(hookseal, name).__doc__


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_behind() -> None:
    """Memory does not grow with what was verified, signed and refused."""
    script = """
import hookseal
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
def work(rounds):
    for _ in range(rounds):
        verifier = hookseal.Verifier(b"k" * 32, "text that is no base64url, but long enough")
        value = hookseal.sign(b"x" * 1495, b"k" * 32)
        verifier.verify(b"x" * 1495, value).header_parameters
        verifier.verify(bytearray(b"x" * 1495), [value])
        stream = verifier.stream(value.encode())
        stream.update(b"x" * 1495)
        stream.finish()
        hookseal.explain([b"k" * 32], bytearray(b"x" * 99), value).to_dict()
        for bad in ("nonsense", None, value[:-1], 1):
            try:
                verifier.verify(b"y", bad)
            except (hookseal.VerificationError, TypeError):
                pass
        try:
            hookseal.Verifier("short")
        except hookseal.InvalidKeyError:
            pass
work(2_000)
before = resident()
work(10_000)
print(resident() - before)
"""
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(output.stdout) < 2048, f"{output.stdout} KiB more"
