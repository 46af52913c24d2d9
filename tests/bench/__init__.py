"""How fast it is, compared with what it is built on: `python -m tests.bench`."""
