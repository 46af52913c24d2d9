"""A portal's terms of use: read before anything else, because they may forbid that a program reads the portal.

The test is simple and errs on the side of the portal: when words for an automated visit stand near words that forbid,
in either order, the portal is left alone and a human reads the page.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from itertools import islice, pairwise, product
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import SourceSpider, broken, content_type
from spiders.fetching import faults
from spiders.formats.fragments import document, words_of
from tenderbell.errors import BrokenResponse

LEAST_WORDS = 40
"""A page with fewer words states no terms: it is an error page, a login form or a redirection."""

_AUTOMATION = re.compile(
    r"\b(?:web[ -]?)?(?:ro)?bots?\b(?!\.txt)|\bspiders?\b|\b(?:web[ -]?)?crawl(?:s|ers?|ing)?\b|"
    r"\b(?:web|data|screen|site|page|content)?[ -]?scrap(?:es?|ers?|ing)\b|"
    r"\b(?:web|data|content|e-?mail) ?-?harvest(?:s|ers?|ing)?\b|\bharvesting (?:of )?(?:data|content|information)\b|"
    r"\bdata[ -]?min(?:e|es|er|ers|ing)\b|\bdata (?:extraction|gathering)\b|\boff-?line readers?\b|"
    r"\bautomat(?:ed|ic|ically)(?: or (?:manual|other|similar))?,? (?:\w+ ){0,2}?(?:means?|tools?|systems?|"
    r"process(?:es)?|devices?|software|scripts?|programs?|programmes?|agents?|access\w*|quer(?:y|ies)|methods?|extract\w*|collect\w*|"
    r"retriev\w*|search\w*|download\w*|cop(?:y|ies|ying)|monitor\w*|index\w*)\b|"
    r"\bsystematic(?:ally)? (?:\w+ ){0,2}?(?:retriev\w*|extract\w*|download\w*|collect\w*)|"
    r"\bbulk[ -]download\w*",
    re.IGNORECASE,
)
_PROHIBITION = re.compile(
    r"\b(?:must|may|shall|should|will|can|do|agrees?|undertakes?)(?: not|n't)\b|\bcannot\b|\b(?:can|won|shan)'t\b|"
    r"\bnot (?:be )?(?:permitted|allowed|authori[sz]ed|acceptable)\b|\bnot (?:to )?(?:use|access|employ|deploy)\b|"
    r"\bprohibit\w*|\bforbid\w*|\bforbidden\b|\bunauthori[sz]ed\b|\brefrain from\b|\bnever\b|\bban(?:s|ned)?\b|"
    r"\bwithout (?:\w+[ ,]+){0,6}?(?:consent|permission|authori[sz]ation|agreement|approval)\b|"
    r"\bno (?:use of )?(?:any )?(?:automated|robots?|bots?|spiders?|crawl\w*|scrap\w*|data[ -]?mining)\b|"
    r"\b(?:breach|violation) of (?:these|the|our) (?:terms|conditions)\b",
    re.IGNORECASE,
)
_OURSELVES = re.compile(
    r"\bwe (?:(?:do|will|shall|may|can|would)(?: not|n't)|cannot|never|can't|won't)\b", re.IGNORECASE
)
"""What the portal forbids itself concerns nobody else."""

_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z0-9“\"(])(?<!\be\.g\.)(?<!\bi\.e\.)")
_TERMS = re.compile(
    r"\b(?:terms|conditions|disclaimer|legal notice|acceptable use|licen[cs]e|copyright|agreement)\b", re.IGNORECASE
)
_BEFORE, _AFTER = 500, 250
"""How many characters may lie between the two: many, because lists begin with “You must not:”."""

_SHOWN = 160
_MOST = 300
"""Words of each sort that are compared in one sentence: a page without full stops must not take minutes."""


def forbidding(text: str) -> str | None:
    """Return the words of `text` that forbid automated access, cut to a readable length; None when there are none."""
    plain = _OURSELVES.sub("we", " ".join(text.replace("’", "'").split()))
    starts = [0, *(end.end() for end in _SENTENCE_END.finditer(plain)), len(plain)]
    for start, end in pairwise(starts):
        if found := _in_sentence(plain[start:end]):
            return found
    return None


def _in_sentence(sentence: str) -> str | None:
    """Return the shortest stretch of a sentence in which both stand."""
    automated = list(islice(_AUTOMATION.finditer(sentence), _MOST))
    if not automated:
        return None
    forbidden = list(islice(_PROHIBITION.finditer(sentence), _MOST))
    near = [_stretch(robot, ban) for robot, ban in product(automated, forbidden) if _is_near(robot, ban)]
    if not near:
        return None
    start, end = min(near, key=lambda stretch: stretch[1] - stretch[0])
    return _shown(sentence[start:end].strip())


def _is_near(robot: re.Match[str], ban: re.Match[str]) -> bool:
    if ban.start() <= robot.start():
        return robot.start() - ban.end() <= _BEFORE
    return ban.start() - robot.end() <= _AFTER


def _stretch(robot: re.Match[str], ban: re.Match[str]) -> tuple[int, int]:
    return min(robot.start(), ban.start()), max(robot.end(), ban.end())


def _shown(words: str) -> str:
    """Return both ends of a long stretch: the ban stands at one, the robot at the other."""
    if len(words) <= _SHOWN:
        return words
    half = _SHOWN // 2
    return f"{words[:half].rsplit(' ', 1)[0]} … {words[-half:].split(' ', 1)[-1]}"


def text_of_terms(body: bytes, content_type: str) -> str:
    """Return the text of a page of terms. Raises BrokenResponse when it is no such page: then nobody knows whether we
    are welcome."""
    if body[:5] == b"%PDF-" or "pdf" in content_type.lower():
        raise BrokenResponse("The page of terms is a PDF, which cannot be read here; name a web page in `terms`.")
    text = body.decode("utf-8", "replace") if "text/plain" in content_type else words_of(document(body, content_type))
    if len(text.split()) < LEAST_WORDS or not _TERMS.search(text):
        raise BrokenResponse("The page of terms states no terms; name the right page in `terms`.")
    return text


class TermsFirst(SourceSpider, ABC):
    """The parent of spiders that ask for nothing before they have read the page that the edition names in `terms`."""

    @abstractmethod
    def begin(self) -> Iterator[Request]:
        """Return the first requests after the terms."""

    def missing(self) -> str | None:
        """Return what else the edition must say before the source can be asked, None when nothing is missing."""
        return None

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the terms."""
        source = self.task.source
        wanted = self.missing() if source.terms else "terms = “the address of the page with its terms of use”"
        if wanted or not source.terms:
            self.task.fault(f"The portal {source.id} was not asked: add {wanted} to its row in the edition.")
            return
        yield Request(source.terms, self.terms_read, errback=self.terms_failed, dont_filter=True)

    def terms_read(self, response: Response) -> Iterator[Request]:
        """Go on if the terms do not forbid it."""
        try:
            words = forbidding(text_of_terms(response.body, content_type(response)))
        except BrokenResponse as error:
            self.task.fault(f"{broken(response, error)} ({response.url}) Nothing else was asked.")
            return
        permission = self.task.source.permission
        if words is None or permission:
            if words and permission:
                self.say(f"the terms forbid programs, but it was permitted: {permission}")
            yield from self.begin()
            return
        self.task.fault(
            f"The terms of use forbid automated access: “{words}” ({response.url}). Nothing else was asked. Ask the "
            "portal's operator for permission and note it in `permission`, or leave the source off."
        )

    def terms_failed(self, failure: Failure) -> None:
        """Say that the terms could not be read."""
        url = failure.request.url  # type: ignore[attr-defined]
        reason = faults.sentence(failure.value or Exception(), url)
        self.task.fault(f"The terms of use ({url}) were not read, so nothing else was asked. {reason}")
