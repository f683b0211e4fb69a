"""What is in the assets: our package, wheels for Lambda and nothing of this machine, bytecode that will be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs import bundling
from infra.constructs.bundling import BundlingError, OwnCode, Wheels, find_python, magic
from tests.infra.templates import ROOT, Deployment

AARCH64 = 183
"""`e_machine` of an ELF file for 64-bit ARM."""
UNCHECKED_HASH = 1
"""Flags word of bytecode that is not compared with its source's date."""


def asset(dev: Deployment, key: dict[str, str]) -> Path:
    return dev.folder / f"asset.{key['S3Key'].removesuffix('.zip')}"


@pytest.fixture(scope="module")
def layers(dev: Deployment) -> dict[str, Path]:
    """`tidings` and `deps`, unpacked."""
    found = [asset(dev, made["Content"]) / "python" for made in dev.of("AWS::Lambda::LayerVersion").values()]
    return {("tidings" if (each / "tidings").is_dir() else "deps"): each for each in found}


def test_two_layers(layers: dict[str, Path]) -> None:
    assert set(layers) == {"tidings", "deps"}
    assert (layers["tidings"] / "tidings" / "storage" / "keys.py").is_file()
    assert [each.name for each in layers["tidings"].iterdir()] == ["tidings"]
    for package in ("boto3", "aws_lambda_powertools", "pydantic", "jwt", "cryptography"):
        assert (layers["deps"] / package).is_dir(), package


def test_no_binary_of_another_machine(layers: dict[str, Path]) -> None:
    binaries = [each for layer in layers.values() for each in layer.rglob("*") if ".so" in each.suffixes]
    assert len(binaries) >= 3
    for each in binaries:
        head = each.read_bytes()[:20]
        assert head[:4] == b"\x7fELF", each.name
        assert int.from_bytes(head[18:20], "little") == AARCH64, each.name
        assert "cpython-313" in each.name or "abi3" in each.name, each.name


def test_bytecode_of_the_functions_version_or_a_warning(dev: Deployment, layers: dict[str, Path]) -> None:
    python = find_python()
    number = magic(python)
    for layer in layers.values():
        modules = [each for each in layer.rglob("*.py") if "__pycache__" not in each.parts]
        compiled = list(layer.rglob("*.pyc"))
        if python is None:
            assert not compiled
            continue
        assert len(compiled) >= 0.95 * len(modules) > 0
        for each in compiled:
            head = each.read_bytes()[:8]
            assert head[:4].hex() == number, each
            assert int.from_bytes(head[4:8], "little") == UNCHECKED_HASH, each
    manifest = (dev.folder / "manifest.json").read_text() + (dev.folder / "Tidings-dev.metadata.json").read_text()
    assert ("carry no bytecode" in manifest) == (python is None)


def test_bytecode_names_no_place_of_this_machine(layers: dict[str, Path]) -> None:
    for each in layers["tidings"].rglob("*.pyc"):
        assert str(ROOT).encode() not in each.read_bytes(), each.name


def test_layers_fit_into_lambda(layers: dict[str, Path]) -> None:
    total = sum(each.stat().st_size for layer in layers.values() for each in layer.rglob("*") if each.is_file())
    assert total < 200_000_000, "Lambda takes 250 MB, code and layers together"


def test_the_functions_asset_holds_the_handlers_and_nothing_else(dev: Deployment) -> None:
    codes = {json.dumps(made["Code"], sort_keys=True) for made in dev.of("AWS::Lambda::Function").values()}
    (code,) = codes
    folder = asset(dev, json.loads(code))
    assert [each.name for each in folder.iterdir()] == ["functions"]
    files = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    assert {path for path in files if not path.endswith(".py")} == set()
    assert "functions/push/platform.py" in files
    assert "functions/__init__.py" in files


def test_the_hash_follows_the_sources_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "tidings"
    package.mkdir()
    (package / "one.py").write_text("A = 1\n")
    monkeypatch.setattr(bundling, "PACKAGE", package)
    first = OwnCode(None).fingerprint()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "one.cpython-311.pyc").write_bytes(b"x")
    assert OwnCode(None).fingerprint() == first
    (package / "one.py").rename(package / "two.py")
    moved = OwnCode(None).fingerprint()
    (package / "two.py").write_text("A = 2\n")
    assert len({first, moved, OwnCode(None).fingerprint()}) == 3
    assert Wheels(None).fingerprint() == Wheels(None).fingerprint()


def test_an_interpreter_must_run_to_count(tmp_path: Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert magic(str(shim)) == ""
    assert magic(str(tmp_path / "missing")) == ""
    assert magic(None) == ""


def test_without_uv_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundlingError, match="make setup"):
        bundling.find_uv()


def test_a_failed_install_says_what_the_tool_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "uv"
    tool.write_text("#!/bin/sh\necho 'no wheel for this' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(BundlingError, match="no wheel for this"):
        Wheels(None).fill(tmp_path)


def test_the_app_says_it_without_a_trace(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
    nowhere = {"UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    told = {**kept, **nowhere, "CDK_OUTDIR": str(tmp_path / "out")}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"], cwd=ROOT, env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Layers: The third-party layer could not be built" in done.stderr
    assert "Traceback" not in done.stderr
