"""Where an opportunity comes from: every place that shows it, why they are taken for one, where they disagree, and what
is related but not the same."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from tenderbell.clock import instant
from tenderbell.edition import Edition
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, Sighting, Statement
from tenderbell.phrases import NOT_STATED, deadline_words, exact_money_words, moment_words, plural
from tenderbell.text import safe_link

_LABELS = {"closes_at": "The deadline", "value": "The value"}
_MOST = 20


class Seen(Record, frozen=True, omit_defaults=True):
    """One notice at one source. `delay` says how long after its publication we first saw it."""

    source: str
    form: str
    code: str
    key: str
    link: str | None
    published: str
    first_seen: str
    last_seen: str
    licence: str | None
    delay: str = ""


class Dispute(Record, frozen=True, omit_defaults=True):
    """A fact on which sources disagree: what the one says that is followed, why it is, and what the others say."""

    label: str
    followed: str
    why: str
    others: tuple[str, ...]


class Kin(Record, frozen=True, omit_defaults=True):
    """Another opportunity that is related, and never joined (ruling 19), or that may be the same."""

    id: str
    title: str
    why: str


def seen_at(sighting: Sighting, edition: Edition) -> Seen:
    """Return one sighting in words."""
    source = next((source for source in edition.sources if source.id == sighting.source), None)
    return Seen(
        source=source.title if source else sighting.source,
        form=sighting.form_name or sighting.form or "notice",
        code=sighting.form or "" if sighting.form_name else "",
        key=sighting.key,
        link=safe_link(sighting.link),
        published=moment_words(sighting.published_at) if sighting.published_at else NOT_STATED,
        first_seen=moment_words(sighting.first_seen) if sighting.first_seen else NOT_STATED,
        last_seen=moment_words(sighting.last_seen) if sighting.last_seen else NOT_STATED,
        licence=source.licence if source else None,
        delay=_delay_words(sighting.published_at, sighting.first_seen),
    )


def _delay_words(published: datetime | None, seen: datetime | None) -> str:
    """Return "40 minutes after it was published", empty when either is unknown or a date lies ahead of its notice."""
    if published is None or seen is None or seen < published:
        return ""
    minutes = int((seen - published).total_seconds() // 60)
    if minutes < 1:
        return "at once"
    counted = (minutes, "minute") if minutes < 120 else (minutes // 60, "hour")
    counted = counted if minutes < 48 * 60 else (minutes // (24 * 60), "day")
    return f"{plural(*counted)} after it was published"


def disputes_of(opportunity: Opportunity, edition: Edition) -> tuple[Dispute, ...]:
    """Return the facts on which the sources of an opportunity disagree."""
    titles = {source.id: source.title for source in edition.sources}

    def said(statement: Statement) -> str:
        return f"{_in_words(statement)}, says {titles.get(statement.source, statement.source)}"

    found = []
    for field, label in _LABELS.items():
        saying = [statement for statement in opportunity.statements if statement.field == field]
        if saying:
            others = tuple(said(statement) for statement in saying[1:])
            found.append(Dispute(label, said(saying[0]), saying[0].why or "", others))
    return tuple(found)


def _in_words(statement: Statement) -> str:
    if statement.field == "closes_at":
        moment = instant(statement.value)
        return deadline_words(moment) if moment else NOT_STATED
    return exact_money_words(float(statement.value))


def why_one(db: sqlite3.Connection, id: str) -> tuple[str, ...]:
    """Return why the notices on one page are taken for one thing, a sentence for each pair that was joined."""
    rows = db.execute(
        "select distinct bond.evidence from process as one join bond on bond.a = one.key and bond.bond = 'joined' "
        "join process as other on other.key = bond.b and other.opportunity = one.opportunity "
        "where one.opportunity = ? order by bond.score desc, 1 limit ?",
        (id, _MOST),
    )
    return tuple(row[0] for row in rows)


def kin_of(db: sqlite3.Connection, opportunity: Opportunity) -> tuple[Kin, ...]:
    """Return what is related to an opportunity and has a page here, and what may be the same as it."""
    found = {kin.id: kin for kin in (*_named(db, opportunity), *_bound(db, opportunity)) if kin.id != opportunity.id}
    return tuple(found.values())


def _named(db: sqlite3.Connection, opportunity: Opportunity) -> Iterator[Kin]:
    for key in opportunity.related[:_MOST]:
        row = db.execute(
            "select o.id, o.title from opportunity o where o.id = ? or o.id in "
            "(select opportunity from process where key = ? union select opportunity from notice where key = ?) "
            "limit 1",
            (key, key, key),
        ).fetchone()
        if row:
            yield Kin(row["id"], row["title"], "A notice names it as related.")


def _bound(db: sqlite3.Connection, opportunity: Opportunity) -> Iterator[Kin]:
    rows = db.execute(
        "with own as (select key from process where opportunity = ?1), "
        "near as (select b as key, bond, evidence from bond where a in own and bond in ('related', 'doubtful') "
        "union select a, bond, evidence from bond where b in own and bond in ('related', 'doubtful')) "
        "select o.id, o.title, near.bond, near.evidence from near join process on process.key = near.key "
        "join opportunity o on o.id = process.opportunity order by near.bond, o.number limit ?2",
        (opportunity.id, _MOST),
    )
    for row in rows:
        doubt = "It may be the same; nobody has decided yet. " if row["bond"] == "doubtful" else ""
        yield Kin(row["id"], row["title"], f"{doubt}{row['evidence']}")
