"""Themes: plain-English subjects of the voluntary sector, decided by CPV codes and words (`data/themes.toml`)."""

import re
from functools import cache
from pathlib import Path

import msgspec

from tenderbell.tomlfile import read_toml

THEMES = Path(__file__).resolve().parent.parent / "data" / "themes.toml"


class Theme(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A theme: its address form, its name, the CPV prefixes and the words (regular expressions) that show it."""

    id: str
    name: str
    cpv: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    theme: tuple[Theme, ...]
    never: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@cache
def _file() -> _File:
    return read_toml(THEMES, _File)


def load_themes() -> tuple[Theme, ...]:
    """Return the themes in the order in which pages list them."""
    return _file().theme


@cache
def theme_names() -> dict[str, str]:
    """Return the themes' names by id."""
    return {theme.id: theme.name for theme in load_themes()}


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


def themes_of(codes: tuple[str, ...], text: str) -> dict[str, str]:
    """Return the themes of an opportunity with the code or words that showed each."""
    found: dict[str, str] = {}
    if _is_elsewhere(text):
        return found
    for theme in load_themes():
        evidence = _evidence(theme, codes, text)
        if evidence:
            found[theme.id] = evidence
    return found


def _is_elsewhere(text: str) -> bool:
    """Works and supplies are no theme, whatever place they are for, unless the title offers money for them."""
    never, unless = _file().never, _file().unless
    return bool(never and _pattern(never).search(text) and not (unless and _pattern(unless).search(text)))


def _evidence(theme: Theme, codes: tuple[str, ...], text: str) -> str | None:
    if theme.not_words and _pattern(theme.not_words).search(text):
        return None
    for code in codes:
        if theme.cpv and code.startswith(theme.cpv):
            return f"CPV {code}"
    words = _pattern(theme.words).search(text) if theme.words else None
    return f"“{words[0]}”" if words else None
