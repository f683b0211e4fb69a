"""Which use case answers which action, one module a function."""
