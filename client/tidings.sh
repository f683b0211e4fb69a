#!/bin/sh
# The `tidings` command of a checkout: .venv/bin/tidings is a link to this file, and works from any directory.
root=$(dirname "$(dirname "$(readlink -f "$0")")")
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m client "$@"
