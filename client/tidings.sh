#!/bin/sh
# The `tidings` command of a checkout: .venv/bin/tidings is a link to this file, and works from any directory.
# Ctrl-C while Python is still loading ends it at once and without a trace; `main` takes over from there.
root=$(dirname "$(dirname "$(readlink -f "$0")")")
start='import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); from client.__main__ import main; sys.exit(main())'
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -P -c "$start" "$@"
