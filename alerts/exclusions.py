"""Exclusions: "never this kind" of a thing that was sent, as a changed search.

The language of searches names what is wanted; what is not wanted can be said of words only (`-word`). So a kind is left
out by naming all others, and a commissioner or a subject by its name as a phrase, wherever that stands.
"""

from collections.abc import Iterator

import msgspec

from tenderbell.criteria import LONGEST_WORDS, Criteria
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import kind_words
from tenderbell.text import excerpt
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind
from tenderbell.words import Term, parse_words

MOST_SUBJECTS = 4
LONGEST_EXCLUSION = 80


class Exclusion(msgspec.Struct, frozen=True):
    """One way to see less of a thing: `key` names it in a form, `words` tell a person what it leaves out, `criteria` is
    the search that it makes. `by_words` when the name is left out as a phrase, wherever that stands."""

    key: str
    words: str
    criteria: Criteria
    by_words: bool = False


def exclusions(criteria: Criteria, opportunity: Opportunity) -> tuple[Exclusion, ...]:
    """Return what a search could leave out so that it no longer finds things like this one. What it asks for alone is
    not among it: a search for grants cannot be one for no grants."""
    return (*_kind(criteria, opportunity), *_subjects(criteria, opportunity), *_buyer(criteria, opportunity))


def without_words(criteria: Criteria, typed: str) -> Criteria | None:
    """Return a search that leaves out a word or phrase; None when nothing can be left out: no word, or one too many."""
    words = excluding(criteria.q, typed)
    return criteria.having(q=words) if words else None


def excluding(q: str, typed: str) -> str | None:
    """Return the words of a search with one more word or phrase that is not wanted. All that they asked for before they
    ask for still: an open quote is closed, an OR at the end dropped, and capitals kept from changing their meaning."""
    phrase = " ".join(typed.replace('"', " ").split()).lstrip("-").strip()[:LONGEST_EXCLUSION]
    for whole in (q, f'{q}"', _without_last_or(q)):
        for words in (phrase.lower(), phrase.upper()):
            longer = f'{whole} -"{words}"' if not words.isalnum() else f"{whole} -{words}"
            if len(longer) <= LONGEST_WORDS and _adds_one(q, longer):
                return longer.strip()
    return None


def _without_last_or(q: str) -> str:
    words = q.split()
    while words and words[-1] == "OR":
        words.pop()
    return " ".join(words)


def _adds_one(old: str, new: str) -> bool:
    before, after = parse_words(old), parse_words(new)
    return len(after) == len(before) + 1 and after[:-1] == before and _is_exclusion(after[-1])


def _is_exclusion(group: tuple[Term, ...]) -> bool:
    return len(group) == 1 and group[0].excluded


def _kind(criteria: Criteria, opportunity: Opportunity) -> Iterator[Exclusion]:
    wanted = criteria.kind or tuple(Kind)
    others = tuple(sorted(kind for kind in wanted if kind != opportunity.kind))
    if others and opportunity.kind in wanted:
        name = kind_words(opportunity.kind).lower()
        yield Exclusion("kind", f"Nothing of the kind “{name}”", criteria.having(kind=others))


def _subjects(criteria: Criteria, opportunity: Opportunity) -> Iterator[Exclusion]:
    for theme in opportunity.themes[:MOST_SUBJECTS]:
        name = theme_names().get(theme, theme)
        is_asked = theme in criteria.theme
        if is_asked:
            others = tuple(other for other in criteria.theme if other != theme)
            changed = criteria.having(theme=others) if others else None
        else:
            changed = without_words(criteria, name)
        if changed:
            yield Exclusion(f"theme:{theme}", f"Nothing about “{name[:1].lower()}{name[1:]}”", changed, not is_asked)


def _buyer(criteria: Criteria, opportunity: Opportunity) -> Iterator[Exclusion]:
    name = opportunity.buyer
    if name is None:
        return
    if criteria.buyer:
        others = tuple(buyer for buyer in criteria.buyer if buyer != opportunity.buyer_id)
        changed = criteria.having(buyer=others) if others and others != criteria.buyer else None
    else:
        changed = without_words(criteria, name)
    if changed:
        yield Exclusion("buyer", f"Nothing from {excerpt(name, LONGEST_EXCLUSION)}", changed, not criteria.buyer)
