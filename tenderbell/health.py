"""Can a source be believed when it is silent? One answer for pages, e-mails and the command line.

The states of a source, as `status` and the status page have them:

- *never run*: the live service was never asked (saved responses read with `--from` do not count);
- *first run*: its first harvest is under way;
- *working*: its last run fetched all that it set out to fetch, and nothing about it was odd;
- *degraded*: its last run finished, and yet some notices may be missing (`tenderbell.compiling.health` has the rule);
- *failing*: its last run did not finish.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from tenderbell.clock import uk
from tenderbell.phrases import plural, since_words, time_words

NEVER_RUN, FIRST_RUN, WORKING, DEGRADED, FAILING = "never run", "first run", "working", "degraded", "failing"

FRESH = timedelta(hours=36)
"""A source whose last success is older than this cannot be believed when it is silent."""

PATIENCE = timedelta(hours=24)
"""How long a source that once worked may fail before a human should look: earlier than nobody believes it any more."""

MOST_NAMED = 3
"""How many sources of one sort the sentence names; the others are counted."""


class Answer(Enum):
    """What a source's silence is worth: all of it, most of it, or nothing for three reasons."""

    FULL = "answered"
    PARTIAL = "may be missing some"
    LATE = "has not answered since"
    NONE_YET = "has not answered yet"
    NOT_ASKED = "has not been checked yet"


class Standing(msgspec.Struct, frozen=True):
    """What the sentence needs to know of a source; instants are aware."""

    title: str
    state: str
    last_run: datetime | None = None
    last_success: datetime | None = None


def needs_human(last_success: datetime | None, now: datetime) -> bool:
    """Return whether a source that is failing needs a human: one that never worked needs one at once."""
    return last_success is None or now - last_success > PATIENCE


def answer(source: Standing, now: datetime) -> Answer:
    """Return what the silence of a source is worth at `now`. One whose last run did not finish is not believed, however
    lately it answered: what it has published since is unknown."""
    if source.last_success is None:
        return Answer.NOT_ASKED if source.last_run is None or source.state == NEVER_RUN else Answer.NONE_YET
    if source.state == FAILING or now - source.last_success > FRESH:
        return Answer.LATE
    return Answer.PARTIAL if source.state == DEGRADED else Answer.FULL


def is_silence_believed(sources: Sequence[Standing], now: datetime) -> bool:
    """Return whether an empty list means that nothing was published: there is a source, and each answered in full."""
    return bool(sources) and all(answer(source, now) is Answer.FULL for source in sources)


def silence_words(sources: Sequence[Standing], now: datetime, unwatched: int = 0) -> str:
    """Return the one sentence that tells a volunteer whether silence can be believed, naming the sources that are to
    be looked at by hand; after it, how many places are `unwatched`, if any are."""
    return f"{_sentence(sources, now)} {unwatched_words(sources, unwatched)}".rstrip()


def unwatched_words(sources: Sequence[Standing], unwatched: int) -> str:
    """Return how many places beside the sources nobody watches ("12 more places are not watched."), "" for none."""
    if not unwatched:
        return ""
    noun = "more place" if sources else "place"
    return f"{plural(unwatched, noun)} {'is' if unwatched == 1 else 'are'} not watched."


def _sentence(sources: Sequence[Standing], now: datetime) -> str:
    if not sources:
        return "No source is set up yet, so nothing can be found here."
    if all(answer(source, now) is Answer.NOT_ASKED for source in sources):
        return "No source has been checked yet: if nothing is listed here, that says nothing."
    if is_silence_believed(sources, now):
        who = {1: "The one source", 2: "Both sources"}.get(len(sources), f"All {len(sources)} sources")
        return f"{who} answered in {_span(sources, now)}: if nothing is listed here, nothing was published there."
    return f"{_joined(list(_clauses(sources, now)))}: look there yourself."


def _span(sources: Sequence[Standing], now: datetime) -> str:
    oldest = min(source.last_success for source in sources if source.last_success)
    return "the last day" if now - oldest <= timedelta(days=1) else "the last day and a half"


def _clauses(sources: Sequence[Standing], now: datetime) -> Iterable[str]:
    """Yield one clause for the sources that fell silent on one day, and one for each other reason for doubt."""
    late: dict[str, list[str]] = {}
    for source in sorted(sources, key=lambda source: source.last_success or now):
        if answer(source, now) is Answer.LATE and source.last_success:
            late.setdefault(_since(source.last_success, now), []).append(source.title)
    today = [since for since in late if since.endswith(" today")]
    if len(today) > 1:
        late["earlier today"] = [title for since in today for title in late.pop(since)]
    for since, titles in late.items():
        yield f"{_named(titles)} {_have(titles)} not answered since {since}"
    for worth, words in (
        (Answer.NONE_YET, "{have} not answered yet"),
        (Answer.PARTIAL, "may be missing some"),
        (Answer.NOT_ASKED, "{have} not been checked yet"),
    ):
        titles = [source.title for source in sources if answer(source, now) is worth]
        if titles:
            yield f"{_named(titles)} {words.format(have=_have(titles))}"


def _since(moment: datetime, now: datetime) -> str:
    """Return the day, for today the time: on a Tuesday, "since Tuesday" says nothing."""
    return f"{time_words(uk(moment))} today" if uk(moment).date() == uk(now).date() else since_words(moment, now)


def _named(titles: list[str]) -> str:
    """Return the titles in one phrase: "A", "A and B", "A, B, C and 4 more sources"."""
    shown, rest = titles[:MOST_NAMED], titles[MOST_NAMED:]
    if rest:
        return _joined([*shown, plural(len(rest), "more source")], oxford=False)
    return _joined(shown, oxford=False)


def _have(titles: list[str]) -> str:
    return "has" if len(titles) == 1 else "have"


def _joined(parts: list[str], *, oxford: bool = True) -> str:
    """Return parts as one list. Clauses keep the comma before the last "and", titles do not."""
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])}{',' if oxford else ''} and {parts[-1]}"
