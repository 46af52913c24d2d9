"""Readers: what the notices of single sources say, where that is too long to stand in the spider."""
