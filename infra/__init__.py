"""The AWS CDK construct and the thin app around it.

Another CDK app that puts this repository on its path has no virtual environment of ours, so the layer's package
(`tidings.storage.keys` and `tidings.protocol.actions`, both free of third-party imports) is put on the path here.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository: asset paths start here, never at the current directory."""

if find_spec("tidings") is None:
    sys.path.append(str(ROOT / "layers" / "tidings" / "python"))
