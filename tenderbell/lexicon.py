"""Phrases as people write them, found in a text in one pass.

A phrase is words in a row: `young (person|people|adult)`, `(pre)?school`, `stay and play`. A group in round brackets
holds alternatives; a question mark after it makes it optional. Small letters match word, Word and WORD, the plural and
the possessive; a word in capitals matches only capitals (SEND is not "send"). What stands between two words (a hyphen,
a comma, an ampersand) does not matter, and neither does "and".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_GROUP = re.compile(r"\(([^()]*)\)(\?)?")
_CASES = (str.lower, str.capitalize, str.upper)

Row = tuple[str, ...]


class Hit:
    """A phrase that was found: the list that it stands in, and its first and last word, counted from 0."""

    __slots__ = ("first", "last", "name")

    def __init__(self, name: str, first: int, last: int) -> None:
        self.name, self.first, self.last = name, first, last


class Lexicon:
    """Named lists of phrases. Looking costs about a dictionary lookup for each word of the text."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        rows = [
            (name, tuple(word for word in row if word != "and"))
            for name, phrases in lists.items()
            for phrase in phrases
            for row in spelt_out(phrase)
        ]
        self._forms = dict.fromkeys(("and", "And", "AND"), "and")
        self._tree = _Node()
        same = self._learn({word for _, row in rows for word in row})
        for name, row in rows:
            self._tree.add(name, [same[word] for word in row])

    def hits(self, text: str) -> list[Hit]:
        """Return every phrase found in `text`, in the order of their first words."""
        tree = self._tree.next
        words = list(map(self._forms.get, _TOKEN.findall(text)))
        return [
            Hit(name, first, last)
            for first, word in enumerate(words)
            if word is not None and word in tree
            for name, last in _walk(tree[word], words, first)
        ]

    def _learn(self, words: set[str]) -> dict[str, str]:
        """Note every form of every word; return which word stands for each: of "art" and "arts" the shorter."""
        same = {}
        for word in sorted(words, key=lambda word: (not word.isupper(), len(word), word)):
            same[word] = self._forms.get(word, word)
            if same[word] == word:
                for form in _forms(word):
                    self._forms.setdefault(form, word)
        return same


class _Node:
    """A place in the tree of phrases: the words that may follow, and the lists of the phrases that end here."""

    __slots__ = ("ends", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.ends: list[str] = []

    def add(self, name: str, row: list[str]) -> None:
        node = self
        for word in row:
            node = node.next.setdefault(word, _Node())
        if name not in node.ends:
            node.ends.append(name)


def quote(text: str, hit: Hit) -> str:
    """Return the words of `text` that a hit stands for, as they are written there."""
    spans = [match.span() for match in _TOKEN.finditer(text)][hit.first : hit.last + 1]
    return text[spans[0][0] : spans[-1][1]]


def spelt_out(phrase: str) -> set[Row]:
    """Return the rows of words that a phrase stands for."""
    choices: list[list[str]] = []
    at = 0
    for group in _GROUP.finditer(phrase):
        choices += [[phrase[at : group.start()]], group[1].split("|") + ([""] if group[2] else [])]
        at = group.end()
    choices.append([phrase[at:]])
    return {tuple("".join(row).split()) for row in product(*choices)}


def _walk(node: _Node, words: list[str | None], at: int) -> Iterator[tuple[str, int]]:
    while True:
        for name in node.ends:
            yield name, at
        at += 1
        while at < len(words) and words[at] == "and":
            at += 1
        word = words[at] if at < len(words) else None
        if word is None or word not in node.next:
            return
        node = node.next[word]


def _forms(word: str) -> set[str]:
    """Return the ways in which a word may be written."""
    if word.isupper():
        return {word, f"{word}s", f"{word}S", f"{word}'s", f"{word}’s"}
    plural = _plural(word)
    endings = {word, plural, *(f"{form}{mark}s" for form in (word, plural) for mark in "'’")}
    return {case(form) for form in endings for case in _CASES}


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:s|x|z|ch|sh)$", word) else f"{word}s"
