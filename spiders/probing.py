"""Probing: is what a spider takes for granted still true? Asked of the live service, as politely as a harvest asks."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import Progress, SourceSpider, Task
from spiders.fetching import faults
from spiders.fetching.crawling import crawl
from spiders.fetching.terms import TermsFirst
from spiders.harvest import lock_sources
from spiders.questions.probe import CannotTell, Probe
from spiders.registry import reader_of, spider_class
from tenderbell import archive
from tenderbell.edition import Source
from tenderbell.phrases import plural
from tenderbell.probed import CHANGED, NOT_ASKED, STILL_TRUE, Probed, record
from tenderbell.settings import Settings
from tenderbell.text import excerpt

ANSWERS = range(400, 600)
"""Statuses that a check wants to see; where an address leads elsewhere, that is followed as in a harvest."""

MOST_SEEN = 200
"""How much of what was seen in place of a fact is kept, in characters."""


def probe(
    settings: Settings,
    source_ids: Sequence[str] = (),
    *,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[Probed]:
    """Ask the sources named (also those that are switched off; by default every enabled one) about the facts that their
    spiders rest on, keep the answers in the archive and return them. Can be called once in a process."""
    chosen = _chosen(settings, source_ids)
    sources = [source for source in chosen if spider_class(source.spider_name).probes]
    with closing(archive.open_archive(settings.archive_path)) as db, ExitStack() as locks:
        refused = lock_sources(settings, sources, locks)
        tasks = [
            Task(source, db, 0, reader_of(source, settings.area), settings.clock, progress)
            for source in sources
            if source.id not in refused
        ]
        answers: dict[tuple[str, str], Probed] = {}
        if tasks:
            crawl(settings, tasks, overrides or {}, lambda spider: _probing_class(spider, answers))
        reasons = refused | {task.source.id: " ".join(task.faults) for task in tasks}
        found = [
            answers.get((source.id, probe.fact)) or _not_asked(source, probe, reasons[source.id])
            for source in sources
            for probe in spider_class(source.spider_name).probes
        ]
        record(db, found, settings.clock(), sources=[source.id for source in chosen])
    return found


def _chosen(settings: Settings, ids: Sequence[str]) -> list[Source]:
    edition = settings.edition
    if ids:
        return [edition.source(id) for id in dict.fromkeys(ids)]
    return [source for source in edition.sources if source.enabled]


def _not_asked(source: Source, probe: Probe, reason: str) -> Probed:
    return Probed(source.id, probe.fact, NOT_ASKED, reason or "The probe ended before this was asked.")


class _Asks:
    """Put before a spider: its probes are asked, one after the other, in place of its `start`."""

    answers: dict[tuple[str, str], Probed]

    async def start(self: Any) -> AsyncIterator[Any]:
        for request in self.begin():
            yield request

    def begin(self: Any) -> Iterator[Request]:
        """Ask about the first fact."""
        self.left = list(self.probes)
        yield from self.next_question()

    def next_question(self: Any) -> Iterator[Request]:
        """Ask about the next fact; after the last one, everything is done."""
        if not self.left:
            self.task.done = True
            return
        probe = self.left.pop(0)
        try:
            asked = _request(self, probe)
        except CannotTell as error:
            self.note(probe, NOT_ASKED, str(error))
            yield from self.next_question()
            return
        yield asked.replace(
            callback=self.hear,
            errback=self.not_heard,
            cb_kwargs={"probe": probe},
            meta={**asked.meta, "spider": self, "handle_httpstatus_list": ANSWERS},
            dont_filter=True,
        )

    def hear(self: Any, response: Response, probe: Probe) -> Iterator[Request]:
        """Note what an answer says about a fact."""
        if not probe.any_status and (response.status in faults.REFUSALS or response.status >= 500):
            self.note(probe, NOT_ASKED, f"It answered {response.status}.")
        else:
            try:
                seen = probe.check(response)
                self.note(probe, CHANGED if seen else STILL_TRUE, seen)
            except CannotTell as error:
                self.note(probe, NOT_ASKED, str(error))
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                said = excerpt(faults.text_of(response), 80)
                self.note(probe, CHANGED, f"The answer has another shape ({type(error).__name__}): {said}")
        yield from self.next_question()

    def not_heard(self: Any, failure: Failure) -> Iterator[Request]:
        """Note why a fact could not be asked about; a host that cannot be reached is asked nothing else."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value or Exception()
        reason = faults.sentence(error, request.url)
        self.note(request.cb_kwargs["probe"], NOT_ASKED, reason)
        if isinstance(error, faults.UNREACHABLE):
            self.task.fault(reason)
        else:
            yield from self.next_question()

    def note(self: Any, probe: Probe, verdict: str, seen: str | None) -> None:
        """Keep one answer, and tell whoever watches how far it is."""
        seen = seen and excerpt(seen, MOST_SEEN)
        self.answers[self.task.source.id, probe.fact] = Probed(self.task.source.id, probe.fact, verdict, seen)
        self.say(f"{len(self.probes) - len(self.left)} of {plural(len(self.probes), 'question')} asked")


class _AsksAfterTerms(_Asks):
    """Put before a spider that reads the terms of use first: where these forbid a program, nothing is asked."""

    async def start(self: Any) -> AsyncIterator[Any]:
        spider: Any = super(_Asks, self)
        async for request in spider.start():
            yield request


def _request(spider: SourceSpider, probe: Probe) -> Request:
    if callable(probe.ask):
        return probe.ask(spider)
    return Request(probe.ask if "://" in probe.ask else f"{spider.base}{probe.ask}")


def _probing_class(spider: type[SourceSpider], answers: dict[tuple[str, str], Probed]) -> type[SourceSpider]:
    asks = _AsksAfterTerms if issubclass(spider, TermsFirst) else _Asks
    return type(spider.__name__, (asks, spider), {"answers": answers})
