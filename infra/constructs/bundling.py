"""The functions' code and their two layers, built without Docker.

`tidings`  our own package.
`deps`     requirements/layer.txt, as wheels for the functions' platform, never this machine's.

Both carry bytecode when an interpreter of the functions' version runs on this machine: without it every cold
start compiles everything (3 to 4 times the CPU).  Another version's bytecode would be ignored, so without such
an interpreter the layer is built all the same, and a warning says so.  The bytecode is of the "unchecked" kind:
a zip sets every file's date, and bytecode that checks dates would be thrown away.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import Annotations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import ROOT

PYTHON = "3.13"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PLATFORM = "aarch64-manylinux2014"

REQUIREMENTS = ROOT / "requirements" / "layer.txt"
PACKAGE = ROOT / "layers" / "tidings" / "python" / "tidings"

NEVER = ("__pycache__", "*.pyc", ".pytest_cache", ".mypy_cache")


UNBUILT = "Layers: "
"""How the words of a `BundlingError` begin."""


class BundlingError(RuntimeError):
    """A layer could not be built; the message says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(UNBUILT + sentence)


class Layers(Construct):
    """`all`: the two layers, for every function."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.python = find_python()
        if self.python is None:
            Annotations.of(self).add_warning_v2(
                "tidings:layers-without-bytecode",
                f"No Python {PYTHON} runs here, so the layers carry no bytecode and cold starts cost more CPU.",
            )
        self.tidings = self._layer("Tidings", PACKAGE, OwnCode(self.python), "The application's own package")
        self.deps = self._layer("Deps", REQUIREMENTS.parent, Wheels(self.python), "Third-party packages")
        self.all = [self.tidings, self.deps]

    def _layer(self, name: str, source: Path, bundler: Bundler, description: str) -> lambda_.LayerVersion:
        """A layer whose asset hash is what goes into it, so that an unchanged one is neither built nor deployed."""
        code = lambda_.Code.from_asset(
            str(source),
            asset_hash=bundler.fingerprint(),
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            bundling=cdk.BundlingOptions(image=RUNTIME.bundling_image, local=bundler),
        )
        return lambda_.LayerVersion(
            self,
            name,
            code=code,
            description=description,
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )


def functions_code() -> lambda_.Code:
    """The handlers, under their own dotted path (`functions.send.handler`), as the tests import them."""
    return lambda_.Code.from_asset(
        str(ROOT),
        exclude=["*", "!functions", "!functions/**", *NEVER],
        ignore_mode=cdk.IgnoreMode.GIT,
    )


@jsii.implements(cdk.ILocalBundling)
class Bundler(ABC):
    """Builds one layer into a directory.  Raises `BundlingError`; it never falls back on Docker."""

    def __init__(self, python: str | None) -> None:
        self._python = python

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        """Called by the CDK with an empty directory (and the Docker options, which do not concern us)."""
        target = Path(output_dir) / "python"
        target.mkdir()
        self.fill(target)
        if self._python is not None:
            compile_all(self._python, target)
        return True

    @abstractmethod
    def fill(self, target: Path) -> None:
        """Put the layer's packages into `target`."""

    @abstractmethod
    def sources(self) -> list[Path]:
        """The files that decide what the layer holds."""

    def fingerprint(self) -> str:
        """SHA-256 over the sources, this file and the bytecode's version."""
        digest = hashlib.sha256(f"{PLATFORM} {magic(self._python)}".encode())
        for path in [Path(__file__), *self.sources()]:
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


class OwnCode(Bundler):
    """`layers/tidings/python/tidings`, as it is."""

    def fill(self, target: Path) -> None:
        """Copy the package without caches."""
        shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=shutil.ignore_patterns(*NEVER))

    def sources(self) -> list[Path]:
        """Every file of the package, in a fixed order."""
        files = (path for path in PACKAGE.rglob("*") if path.is_file())
        return sorted(path for path in files if "__pycache__" not in path.parts and path.suffix != ".pyc")

    def fingerprint(self) -> str:
        """Also over the files' places: a moved module is another layer."""
        places = "\n".join(str(path.relative_to(PACKAGE)) for path in self.sources())
        return hashlib.sha256((super().fingerprint() + places).encode()).hexdigest()


class Wheels(Bundler):
    """requirements/layer.txt for the functions' platform."""

    def fill(self, target: Path) -> None:
        """Install with uv.  `--python-version` too, or it would take this interpreter's binaries."""
        command = [find_uv(), "pip", "install", "--quiet", "--no-deps", "--requirement", str(REQUIREMENTS)]
        command += ["--target", str(target), "--python-version", PYTHON, "--python-platform", PLATFORM]
        command += ["--only-binary", ":all:", "--link-mode", "copy"]
        _run(command, "The third-party layer could not be built: are the wheels for Lambda reachable?")
        shutil.rmtree(target / "bin", ignore_errors=True)
        (target / ".lock").unlink(missing_ok=True)

    def sources(self) -> list[Path]:
        """The pinned list says it all."""
        return [REQUIREMENTS]


def find_uv() -> str:
    """uv beside this interpreter (`make setup` puts it there), else the one on the path."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise BundlingError("uv is needed to build the layers: run `make setup`, or install uv.")
    return found


def find_python() -> str | None:
    """An interpreter of the functions' version that really runs (a pyenv shim may exist and refuse)."""
    name = f"python{PYTHON}"
    places = [shutil.which(name), f"/usr/local/bin/{name}", f"/opt/homebrew/bin/{name}"]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    managed = Path.home() / ".local" / "share" / "uv" / "python"
    for folder in (pyenv, managed):
        places += sorted(str(path) for path in folder.glob(f"*/bin/{name}"))
    for place in dict.fromkeys(places):
        if place and magic(place):
            return place
    return None


def magic(python: str | None) -> str:
    """The bytecode version of an interpreter as hex; empty when it is none, does not run or is another version."""
    if python is None:
        return ""
    code = "import sys, importlib.util as u; print('%d.%d' % sys.version_info[:2], u.MAGIC_NUMBER.hex())"
    try:
        done = subprocess.run([python, "-Ic", code], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    version, _, number = done.stdout.strip().partition(" ")
    return number if done.returncode == 0 and version == PYTHON else ""


def compile_all(python: str, target: Path) -> None:
    """Bytecode beside every module, with paths as they are in Lambda, not on this machine."""
    command = [python, "-Im", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(target), "-p", "/opt/python", str(target)]
    _run(command, "The layer's bytecode could not be compiled.")


def _run(command: list[str], sentence: str) -> None:
    """Run a tool; on failure raise `sentence` with the tool's last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BundlingError(f"{sentence}\n{(done.stderr or done.stdout).strip()[-1000:]}")
