"""Collect: one file per source, each with what it fetches and a pure `read`."""
