"""Feeds: the entries of RSS, Atom, RDF, JSON Feed and WordPress, and how they become notices."""
