"""Rehearsal: small local servers that behave like the real sources, for the demonstration and for tests."""
