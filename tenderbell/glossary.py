"""The glossary: the field's words in plain ones, as data in `data/glossary.toml` (the Code, 3.3.6, asks for one)."""

from functools import cache

import msgspec

from tenderbell.tomlfile import PROJECT, read_toml

GLOSSARY = PROJECT / "data" / "glossary.toml"


class Term(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One word of the field: `id` is its anchor on the page, `also` are other ways of saying it, `means` explains it,
    `see` are the ids of terms that help."""

    id: str
    term: str
    means: str
    also: tuple[str, ...] = ()
    see: tuple[str, ...] = ()


class _Glossary(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    terms: tuple[Term, ...]


@cache
def load_terms() -> tuple[Term, ...]:
    """Return the terms from A to Z. Raises SettingError when the file is misspelt."""
    return tuple(sorted(read_toml(GLOSSARY, _Glossary).terms, key=lambda term: term.term.casefold()))
