"""The domain imports the standard library and itself; the schema and the action names import nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LAYER = Path(__file__).parents[2] / "layers" / "tidings" / "python" / "tidings"


def imported(path: Path) -> set[str]:
    """Top-level dotted names that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", sorted((LAYER / "domain").glob("*.py")), ids=lambda path: path.stem)
def test_the_domain_is_stdlib_only(path: Path) -> None:
    foreign = {
        name
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("tidings.domain")
    }
    assert not foreign


@pytest.mark.parametrize("path", sorted((LAYER / "domain").glob("*.py")), ids=lambda path: path.stem)
def test_the_domain_has_no_clock_of_its_own(path: Path) -> None:
    assert not imported(path) & {"time", "datetime", "random", "os", "socket", "secrets"}


@pytest.mark.parametrize("module", ["tidings.storage.keys", "tidings.protocol.actions"])
def test_what_the_template_imports_is_light(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('boto3', 'botocore', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_happens_at_import() -> None:
    """No module of the layer reads the environment or makes a client when it is imported."""
    for path in LAYER.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and getattr(node, "value", None) is not None:
                source = ast.unparse(node)
                assert "environ[" not in source and "boto3.client(" not in source, f"{path.name}: {source}"
