"""Formats: HTML and JSON as publishers really send them, taken apart without believing any of it."""
