"""Types: what is right passes `mypy --strict`, what is wrong does not, and the stubs say what is there at run time."""

import ast
import importlib.resources
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import hookseal
from hookseal import _native, types
from support import vectors

CASES = Path(__file__).parent / "typing_cases"
CONFIGURATION = Path(__file__).parents[1] / "pyproject.toml"


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One for all runs, and not among the sources."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPY_CACHE_DIR", str(tmp_path_factory.mktemp("mypy")))
        yield


def mypy(*arguments: object, module: str = "mypy", folder: Path = CASES) -> list[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    output = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert not output.stderr, output.stderr
    return output.stdout.splitlines()


def test_right_code_passes() -> None:
    assert mypy("--config-file", CONFIGURATION, "sample.py")[-1] == "Success: no issues found in 1 source file"


def test_mistakes_are_found() -> None:
    lines = mypy("--config-file", CONFIGURATION, "--no-error-summary", "--hide-error-context", "mistakes.py")
    found: dict[int, set[str]] = {}
    for line in lines:
        if match := re.fullmatch(r"mistakes\.py:(\d+): error: .* \[([a-z-]+)]", line):
            found.setdefault(int(match[1]), set()).add(match[2])
    expected = {}
    for number, line in enumerate((CASES / "mistakes.py").read_text().splitlines(), start=1):
        if match := re.search(r"# \[([a-z, -]+)]$", line):
            expected[number] = set(match[1].split(", "))
    assert found == expected, "\n".join(lines)


def test_the_package_itself_passes() -> None:
    assert mypy("--config-file", CONFIGURATION, "--package", "hookseal")[-1].startswith("Success")


def test_the_tests_pass() -> None:
    tests = sorted(Path(__file__).parent.glob("*.py"))
    assert mypy("--config-file", CONFIGURATION, *tests)[-1].startswith("Success")


def test_the_stubs_are_true(tmp_path: Path) -> None:
    arguments = ["--mypy-config-file", CONFIGURATION, "hookseal"]
    lines = mypy(*arguments, module="mypy.stubtest", folder=tmp_path)  # it leaves a cache where it runs
    assert lines[-1].startswith("Success: no issues found"), "\n".join(lines)


def test_the_stubs_document_what_the_native_module_documents() -> None:
    """Editors show the stubs', help() the module's."""
    stubs = ast.parse(importlib.resources.files("hookseal").joinpath("_native.pyi").read_text())
    compared = 0
    for path, node in documented(stubs, ()):
        thing: Any = _native
        for name in path:
            thing = getattr(thing, name)
        first_line = (inspect.getdoc(thing) or "").splitlines()[0]
        assert (ast.get_docstring(node) or "").splitlines() == [first_line], path
        compared += 1
    assert compared >= 30


def documented(node: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    found = []
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("__"):
            found.append(((*path, child.name), child))
            if isinstance(child, ast.ClassDef):
                found += documented(child, (*path, child.name))
    return found


def test_the_names_of_codes_are_those_of_the_vectors() -> None:
    in_vectors = {vector["code"] for vector in vectors("invalid.json", 80)}
    assert literals(types.VerificationCode) == in_vectors | {"body_too_large"}
    in_vectors = {vector["code"] for vector in vectors("keys.json", 40) if "code" in vector}
    assert literals(types.KeyCode) == in_vectors


def test_the_names_of_formats_are_those_of_the_vectors() -> None:
    in_vectors = {vector["key"]["format"] for vector in vectors("keys.json", 40)}
    assert literals(types.KeyFormat) | {"auto"} == in_vectors
    for policy in literals(types.Policy):
        hookseal.Verifier(bytes(32), policy=policy)  # type: ignore[arg-type]


def literals(union: Any) -> set[str]:
    return {name for part in get_args(union) for name in (literals(part) if get_args(part) else [part])}
