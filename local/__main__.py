"""`python -m local run`."""

import signal
import sys

if __name__ == "__main__":
    # Ctrl-C while the rest is loading ends it at once and without a trace; `run` takes over from there.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from local.command import main

    sys.exit(main())
