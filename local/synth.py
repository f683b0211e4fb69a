"""The template that would be deployed to AWS, synthesized for the development host and cached by what it depends on.

Layers are not built and assets not copied, since the host runs the working tree; so the template depends on
`infra/`, on the two modules of the application that `infra/` may import, on the CDK's version and on the context,
and a change to a handler needs no new synth.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from infra.settings import SettingsError, TidingsSettings, from_context
from local.errors import HostError, explain
from local.ministack import check_disk, die_with_parent

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "synth"
PACKAGE = ROOT / "layers" / "tidings" / "python" / "tidings"
KEPT = 8
TIMEOUT_S = 180
WITHOUT_BUILDING = {"aws:cdk:bundling-stacks": [], "aws:cdk:disable-asset-staging": True}


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """`key=value` words as deploy settings. Raises `HostError` for an unknown key or an impossible value."""
    known = {each.name for each in fields(TidingsSettings)}
    given = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in known:
            raise HostError(f"--set {pair}: there is no such setting; there are: {', '.join(sorted(known))}.")
        given[key] = value
    if given.get("stage", "dev") != "dev":
        raise HostError("--set stage: the development host is stage dev; other stages refuse its issuer.")
    try:
        from_context(given.get)
    except SettingsError as error:
        raise HostError(f"--set: {error}") from error
    return given


async def synthesize(context: Mapping[str, str], say: Callable[[str], None] | None = None) -> dict[str, Any]:
    """The template for stage dev with these settings; takes 8 to 20 s when it is not cached. Raises `HostError`.

    `say` is told when it is not, so that nobody wonders what takes so long.
    """
    whole = _project_context() | WITHOUT_BUILDING | dict(context)
    place = CACHE / f"{fingerprint(whole)}.json"
    with contextlib.suppress(OSError, json.JSONDecodeError):
        return json.loads(place.read_text())  # type: ignore[no-any-return]
    check_disk(CACHE)
    if shutil.which("node") is None:
        raise HostError(
            "Node is missing: the CDK needs it to synthesize the template; install Node 20 and start again."
        )
    async with _alone(place.with_suffix(".lock")):
        with contextlib.suppress(OSError, json.JSONDecodeError):
            return json.loads(place.read_text())  # type: ignore[no-any-return]
        if say is not None:
            say("synthesizing the template (8 to 20 s; kept for the next start)")
        template = await _run(whole)
        _keep(place, template)
    return template


@contextlib.asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Let one of several hosts that start at once do the synth; the others find it in the cache."""
    try:
        with path.open("w") as lock:
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                await asyncio.sleep(0.1)
            yield
    except OSError as error:
        raise explain(error, "locking the synth cache") from error


def fingerprint(context: Mapping[str, Any]) -> str:
    """SHA-256 over everything that the template depends on."""
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    sources = sorted((ROOT / "infra").rglob("*.py"))
    sources += [PACKAGE / "storage" / "keys.py", PACKAGE / "protocol" / "actions.py", ROOT / "requirements" / "dev.txt"]
    for source in sources:
        digest.update(str(source.relative_to(ROOT)).encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def _project_context() -> dict[str, Any]:
    """What `cdk.json` tells the app."""
    told: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text()).get("context", {})
    return told


async def _run(context: Mapping[str, Any]) -> dict[str, Any]:
    """Run the CDK app into a folder of its own, without the Node command line around it."""
    try:
        with tempfile.TemporaryDirectory(prefix="synth-", dir=CACHE) as folder:
            code, words = await _call({"CDK_OUTDIR": folder, "CDK_CONTEXT_JSON": json.dumps(context)})
            if code != 0:
                raise HostError(f"The template could not be synthesized: {_last_line(words)}")
            (found,) = Path(folder).glob("*.template.json")
            return json.loads(found.read_text())  # type: ignore[no-any-return]
    except OSError as error:
        raise explain(error, "synthesizing") from error


async def _call(told: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and last words of the app; whatever happens, nothing of it goes on running."""
    silence = {f"JSII_SILENCE_WARNING_{kind}_NODE_VERSION": "1" for kind in ("UNTESTED", "DEPRECATED", "END_OF_LIFE")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.app"),
        cwd=ROOT,
        env={**os.environ, **silence, **told},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            out, err = await process.communicate()
    except TimeoutError:
        raise HostError(f"The synth did not end within {TIMEOUT_S} s.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode or 0, (err or out).decode(errors="replace")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:400] if lines else "it said nothing"


def _keep(place: Path, template: Mapping[str, Any]) -> None:
    """Into the cache by a rename, so that nobody reads half a file; forget the oldest."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=CACHE, prefix="template-", delete=False) as half:
            json.dump(template, half)
        Path(half.name).replace(place)
        kept = sorted(CACHE.glob("????????????????????????????????.json"), key=lambda each: each.stat().st_mtime)
        for old in kept[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise explain(error, "keeping the template") from error
