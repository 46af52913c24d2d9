"""The language of the search box: what a person types becomes clauses that are always valid.

Words are stemmed; "quotes" hold a phrase together; `-word` and `-"phrase"` exclude; `OR` joins its two neighbours and
binds closer than the space; a word in capitals is an acronym and is matched by its letters (ruling 22). Text that is
searched and text that is typed go through the same `fold`.
"""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

MOST_WORDS = 64
"""Words beyond this many are left out; SQLite's expression depth is the limit behind it."""

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "＂": '"'})
_APOSTROPHE = re.compile(r"(?<=\w)['’‘ʼ＇`´](?=\w)")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ITEM = re.compile(r'(?P<not>-)?"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+)')
_TOKEN = re.compile(r"[^\W_]+")


class Term(msgspec.Struct, frozen=True):
    """One word or phrase: `match` is an FTS5 string, `acronyms` the tokens whose capitals count, in lower case."""

    match: str
    acronyms: tuple[str, ...] = ()
    excluded: bool = False


Group = tuple[Term, ...]
"""Terms joined by OR. A search is groups joined by AND."""


def fold(text: str) -> str:
    """Return `text` as it is indexed: compatibility forms and apostrophes folded, nothing unprintable.

    Case, accents and word ends are folded by the index's own tokenizer (unicode61, porter).
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if not plain.isprintable():
        plain = _UNPRINTABLE.sub(" ", plain)
    return plain if plain.isascii() and "'" not in plain and "`" not in plain else _APOSTROPHE.sub("", plain)


def acronyms_in(text: str) -> set[str]:
    """Return the words of `text` with at least two capitals, in lower case."""
    tokens = {token for token in _TOKEN.findall(fold(text)) if not token[1:].islower()}
    return {token.lower() for token in tokens if _capitals(token) >= 2}


def parse_words(text: str) -> tuple[Group, ...]:
    """Return the groups that a typed text asks for; an empty tuple when it restricts nothing."""
    groups: list[list[Term]] = []
    joined = False
    shouted = _is_shouted(text)
    for item in list(_items(text))[:MOST_WORDS]:
        if item is None:
            joined = bool(groups)
            continue
        term = _term(*item, shouted=shouted)
        if term is None:
            continue
        if joined:
            groups[-1].append(term)
        else:
            groups.append([term])
        joined = False
    return tuple(tuple(group) for group in groups)


def split_exclusions(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a typed text without the words and phrases that it excludes, and those, as they were typed. One that is
    joined to another by OR stays where it is."""
    items = list(_ITEM.finditer(text.translate(_QUOTES)))
    words = [found["word"] for found in items]
    wanted, unwanted = [], []
    for place, found in enumerate(items):
        is_joined = "OR" in (*words[max(place - 1, 0) : place], *words[place + 1 : place + 2])
        excluded = found["phrase"] if found["not"] else (found["word"] or "").partition("-")[2]
        if excluded and not is_joined and (found["not"] or found[0].startswith("-")):
            unwanted.append(excluded.lstrip("-"))
        else:
            wanted.append(found[0])
    return (" ".join(wanted) if unwanted else text), tuple(word for word in unwanted if word)


def _items(text: str) -> Iterator[tuple[str, bool] | None]:
    """Yield (words, excluded) for each item, None for an OR."""
    for found in _ITEM.finditer(fold(text.translate(_QUOTES))):
        word = found["word"]
        if word == "OR":
            yield None
        elif word is not None:
            yield word.lstrip("-"), word.startswith("-")
        else:
            yield found["phrase"], bool(found["not"])


def _term(words: str, excluded: bool, *, shouted: bool) -> Term | None:
    if not any(_is_token_character(char) for char in words):
        return None
    acronyms = () if shouted else tuple(token.lower() for token in _TOKEN.findall(words) if _is_acronym(token))
    return Term('"' + words.replace('"', " ").strip() + '"', acronyms, excluded)


def _is_shouted(text: str) -> bool:
    words = [word for word in _TOKEN.findall(fold(text)) if word != "OR" and word.lower() != word.upper()]
    return len(words) > 1 and all(word == word.upper() for word in words)


def _is_acronym(token: str) -> bool:
    return _capitals(token) >= 2 and token == token.upper()


def _capitals(token: str) -> int:
    return sum(char.isupper() for char in token)


def _is_token_character(char: str) -> bool:
    # SQLite's unicode61 knows Unicode 6.1; what the older table calls a letter or a number is surely one there.
    return unicodedata.ucd_3_2_0.category(char)[0] in "LN"
