"""One construct file per capability."""
