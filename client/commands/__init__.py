"""The subcommands of `tidings`, one module each: `add(subparsers)` declares, `run(options)` does."""
