"""Headlines: the subject of a digest, and its first line."""

from collections.abc import Sequence
from datetime import datetime

from alerts.changes import headline_of
from alerts.chapters import Chapter
from alerts.claims import Telling
from alerts.sections import Section
from tenderbell.phrases import deadline_moment, short_day
from tenderbell.text import excerpt

LONGEST = 70
"""Characters of a subject: what a mail program shows of it on a small screen and a little more."""


def summary(chapters: Sequence[Chapter]) -> str:
    """Return "3 new, 1 changed"."""
    return ", ".join(f"{chapter.count:,} {chapter.section.short}" for chapter in chapters)


def subject(chapters: Sequence[Chapter], now: datetime, *, room: int = LONGEST) -> str:
    """Return what the digest tells first, with the title of it: "3 new: Hall roofs and 4 more", "Cancelled: Hall
    roofs". At most `room` characters, unless a word is longer."""
    first, total = chapters[0], sum(chapter.count for chapter in chapters)
    lead = f"{first.count:,} {first.section.short}" if total > 1 else _lead(first.shown[0], now)
    rest = f" and {total - 1:,} more" if total > 1 else ""
    title = excerpt(first.items[0].title, room - len(f"{lead}: ...{rest}")) or ""
    return f"{lead}: {_in_ascii(title)}{rest}"


def _in_ascii(title: str) -> str:
    """Return a title whose mark of a cut is three dots: a subject of plain letters need not be encoded."""
    return f"{title.removesuffix('…')}..." if title.endswith("…") else title


def _lead(story: Telling, now: datetime) -> str:
    """Return what has happened to the only thing that is told."""
    closes_at = story.opportunity.closes_at
    if story.section is Section.CLOSING and closes_at:
        return f"Closes {short_day(deadline_moment(closes_at), now)}"
    if story.section in (Section.CHANGED, Section.AWARDS):
        return headline_of(story.opportunity, story.matches)
    return story.section.short.capitalize()
