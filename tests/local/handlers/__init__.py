"""Handlers that the tests of the host deploy."""
