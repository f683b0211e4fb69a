"""The composition root: builds clients once, lazily, and wires services to stores.  One module a function."""
