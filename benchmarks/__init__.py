"""The figures of docs/results.md: `make bench`.  Ratios and rates of this machine; no test asserts them."""
