"""Themes: plain-English subjects of the voluntary sector, decided by CPV codes and words (`data/themes.toml`)."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from tenderbell.lexicon import Hit, Lexicon, quote
from tenderbell.tomlfile import read_toml

THEMES = Path(__file__).resolve().parent.parent / "data" / "themes.toml"

BEGINNING = 400
"""So many characters of a description say what it is about; what follows is background and conditions."""
BEGINNING_AFTER_A_TITLE = 200
"""The same when the title has already said it."""
MOST_LOTS = 40
LONGEST_TITLE = 1_000

_NEVER, _UNLESS, _NOT = "never", "unless", "not "


class Theme(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A theme: its address form, its name, the CPV prefixes that show it, the phrases that show it in a title, those
    that show it in a description too, and those in which one of its words means something else. `lots`: whether the
    names of lots show it as well."""

    id: str
    name: str
    cpv: tuple[str, ...] = ()
    lots: bool = True
    words: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()


class ThemeFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What data/themes.toml says. `never`: what a title must not be about, `unless` it says one of these. `works` and
    `services` are CPV prefixes: with only the first there is no theme; the second let the description be read."""

    theme: tuple[Theme, ...]
    never: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


@cache
def theme_file() -> ThemeFile:
    """Return the rules. Raises SettingError when the file cannot be used."""
    return read_toml(THEMES, ThemeFile)


def load_themes() -> tuple[Theme, ...]:
    """Return the themes in the order in which pages list them."""
    return theme_file().theme


@cache
def theme_names() -> dict[str, str]:
    """Return the themes' names by id."""
    return {theme.id: theme.name for theme in load_themes()}


def themes_of(codes: tuple[str, ...], text: str, description: str = "") -> dict[str, str]:
    """Return the themes of an opportunity, in their order, with the code or words that showed each.

    `codes` are its CPV codes, the main one first; the first line of `text` is its title, the others are the titles of
    its lots.
    """
    title, *lots = text.split("\n", MOST_LOTS + 1)[: MOST_LOTS + 1]
    title = title[:LONGEST_TITLE]
    hits = _in_titles().hits(title)
    if _is_elsewhere(hits, codes):
        return {}
    found = {name: f"“{quote(title, hit)}”" for name, hit in _meant(hits)}
    beginning = description[: BEGINNING_AFTER_A_TITLE if found else BEGINNING]
    for lot in lots:
        _add_lot(found, lot[:LONGEST_TITLE])
    _add_code(found, codes)
    if beginning and (not codes or any(code.startswith(theme_file().services) for code in codes)):
        _add_description(found, beginning)
    return {name: found[name] for name in theme_names() if name in found}


def _is_elsewhere(hits: list[Hit], codes: tuple[str, ...]) -> bool:
    """Works and supplies are no theme, whatever place they are for, unless the title offers money for them."""
    if any(hit.name == _UNLESS for hit in hits):
        return False
    works = theme_file().works
    if codes and works and all(code.startswith(works) for code in codes):
        return True
    phrases = [hit for hit in hits if hit.name in theme_names()]
    return any(hit.name == _NEVER and not any(_lies_in(hit, phrase) for phrase in phrases) for hit in hits)


def _meant(hits: list[Hit]) -> Iterator[tuple[str, Hit]]:
    """Yield each theme with the first phrase that shows it and does not lie in one of its other meanings."""
    seen = set()
    for hit in hits:
        if hit.name in seen or hit.name not in theme_names():
            continue
        others = [other for other in hits if other.name == _NOT + hit.name]
        if not any(_lies_in(hit, other) for other in others):
            seen.add(hit.name)
            yield hit.name, hit


def _lies_in(hit: Hit, other: Hit) -> bool:
    return other.first <= hit.first and hit.last <= other.last


def _add_lot(found: dict[str, str], lot: str) -> None:
    hits = _in_titles().hits(lot)
    if _is_elsewhere(hits, ()):
        return
    for name, hit in _meant(hits):
        if name in _shown_by_lots():
            found.setdefault(name, f"“{quote(lot, hit)}” in the name of a lot")


def _add_code(found: dict[str, str], codes: tuple[str, ...]) -> None:
    """Only the main code counts: buyers tick the others generously."""
    for theme in load_themes() if codes else ():
        if theme.cpv and codes[0].startswith(theme.cpv):
            found.setdefault(theme.id, f"CPV {codes[0]}")


def _add_description(found: dict[str, str], beginning: str) -> None:
    for name, hit in _meant(_in_descriptions().hits(beginning)):
        found.setdefault(name, f"“{quote(beginning, hit)}” in the description")


@cache
def _shown_by_lots() -> frozenset[str]:
    return frozenset(theme.id for theme in load_themes() if theme.lots)


@cache
def _in_titles() -> Lexicon:
    shown = {theme.id: theme.words for theme in load_themes()}
    return Lexicon({**shown, **_other_meanings(), _NEVER: theme_file().never, _UNLESS: theme_file().unless})


@cache
def _in_descriptions() -> Lexicon:
    return Lexicon({theme.id: theme.described for theme in load_themes()} | _other_meanings())


def _other_meanings() -> dict[str, tuple[str, ...]]:
    return {_NOT + theme.id: theme.not_words for theme in load_themes()}
