"""Hostile input on purpose, within a budget of time: `python -m tests.fuzz --seconds 60 --target NAME`, or `make fuzz`.

A target (`targets`) says which promises hold for any bytes, and where good examples of them are. `running` changes the
examples (`mutation`), keeps those that reach code which none before had reached (`coverage`), and tells which broke a
promise. What was found is made small and kept in `tests/regressions/TARGET/`, with a line in its `why.toml`; the gate
replays all of it and runs every target for a moment (`test_fuzzing`).

Everything is plain Python on purpose: a fuzzer with a compiled part (Atheris) reaches more in an hour, but has wheels
for some machines and some versions of Python only, and the locked environment must be installable everywhere.
"""
