"""What waits for the operator's decision, of whatever sort, what was joined, and what a decision does. Decisions stand
in `archive.db`, so that they hold when `public.db` is made anew; pages follow at the next compile."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

import msgspec

from tenderbell import decisions, sharing, watched
from tenderbell.compiling.assembling import opportunity_id
from tenderbell.compiling.joining import choices
from tenderbell.decisions import Verdict
from tenderbell.edition import Edition
from tenderbell.errors import TenderbellError


class NothingToDecide(TenderbellError):
    """A decision was given about something that does not wait for one."""


class NothingToSeparate(TenderbellError):
    """Something was to be taken out of a page that holds nothing else."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to decide. `sort` is *place* (does it concern the area?), *join* (are two the same?), *page* (a watched
    page has changed), or one of `alerts.desk.Matter`; `question` is what is asked, for a page with what has changed."""

    id: str
    sort: str
    title: str
    buyer: str | None
    question: str
    link: str | None


class NoticeName(msgspec.Struct, frozen=True):
    """What a notice is called: its source, and its key there."""

    source: str
    key: str


class JoinedProcess(msgspec.Struct, frozen=True):
    """One process of a page, with its notices."""

    key: str
    notices: tuple[NoticeName, ...]


class JoinedBy(msgspec.Struct, frozen=True):
    """Why two processes of a page are taken for one: the rule, and the evidence in words."""

    one: str
    other: str
    rule: str
    evidence: str


class JoinedPage(msgspec.Struct, frozen=True):
    """A page that holds several processes."""

    id: str
    title: str
    buyer: str | None
    processes: tuple[JoinedProcess, ...]
    bonds: tuple[JoinedBy, ...]


def joined(archive: sqlite3.Connection, public: sqlite3.Connection) -> Iterator[JoinedPage]:
    """Yield every page that holds several processes, newest first."""
    pages = public.execute(
        "select id, title, buyer from opportunity where id in "
        "(select opportunity from process group by opportunity having count(*) > 1) order by number desc"
    )
    for id, title, buyer in pages:
        keys = [row[0] for row in public.execute("select key from process where opportunity = ? order by key", (id,))]
        processes = tuple(JoinedProcess(key, _notices_of(archive, key)) for key in keys)
        yield JoinedPage(id, title, buyer, processes, tuple(_bonds_of(public, id)))


def _notices_of(archive: sqlite3.Connection, process: str) -> tuple[NoticeName, ...]:
    rows = archive.execute("select distinct source, key from notice where process = ? order by key", (process,))
    return tuple(NoticeName(*row) for row in rows)


def _bonds_of(public: sqlite3.Connection, page: str) -> Iterator[JoinedBy]:
    rows = public.execute(
        "select a, b, rule, evidence from process as p join process as q on q.opportunity = p.opportunity "
        "join bond on a = p.key and b = q.key where p.opportunity = ? and bond = 'joined' order by a, b",
        (page,),
    )
    for row in rows:
        yield JoinedBy(*row)


def waiting(archive: sqlite3.Connection, public: sqlite3.Connection, edition: Edition) -> list[Item]:
    """Return everything that waits for a decision: doubtful places, then doubtful joins, then changed pages."""
    decisions.prepare(archive)
    choices.prepare(archive)
    scope = sharing.scope(edition, archive)
    return [*_places(archive, public, scope), *(item for item, _ in _joins(public)), *_pages(archive, edition)]


def decide(
    archive: sqlite3.Connection,
    public: sqlite3.Connection,
    edition: Edition,
    ids: tuple[str, ...],
    verdict: Verdict,
    now: datetime,
) -> None:
    """Record a decision about each. Raises NothingToDecide, and records nothing, when one does not wait for any."""
    pairs = {item.id: pair for item, pair in _joins(public)}
    known = {item.id: item for item in waiting(archive, public, edition)}
    if strangers := [id for id in ids if id not in known]:
        raise NothingToDecide(
            f"{', '.join(strangers)}: no decision is waited for. `tenderbell review list` shows what waits."
        )
    for id in ids:
        if id in pairs:
            choices.choose(archive, [pairs[id]], now, is_one=verdict is Verdict.ACCEPT)
        elif known[id].sort == "page":
            watched.decide_by_id(archive, watched.watched_sources(edition), id, verdict, now)
        else:
            decisions.decide(archive, id, verdict, now, sharing.scope(edition, archive))


def separate(archive: sqlite3.Connection, public: sqlite3.Connection, name: str, now: datetime) -> int:
    """Take one process out of the page that it shares, for good, and return from how many others it was parted.

    `name` is an address that leads to another page, a notice's number, or the key of a process. Raises NothingToDecide
    when it is unknown, NothingToSeparate when it shares no page.
    """
    choices.prepare(archive)
    process, page = _known_process(archive, public, name)
    others = public.execute("select key from process where opportunity = ? and key <> ?", (page, process)).fetchall()
    if not others:
        raise NothingToSeparate(f"{name} shares its page with nothing else. Give the number of the notice to take out.")
    choices.choose(archive, [(process, other["key"]) for other in others], now, is_one=False)
    return len(others)


def join(archive: sqlite3.Connection, public: sqlite3.Connection, one: str, other: str, now: datetime) -> None:
    """Make one page of two, for good. Raises NothingToDecide when a name is unknown or both name one process."""
    found = [_known_process(archive, public, name)[0] for name in (one, other)]
    if found[0] == found[1]:
        raise NothingToDecide(f"{one} and {other} are one process already.")
    choices.choose(archive, [(found[0], found[1])], now, is_one=True)


def _places(archive: sqlite3.Connection, public: sqlite3.Connection, scope: str) -> Iterator[Item]:
    rows = public.execute(
        "select id, title, buyer, reach_value, link from opportunity where unconfirmed order by number desc"
    )
    for row in rows:
        if decisions.verdict(archive, row["id"], scope) is None:
            question = f"Does it concern the area? {row['reach_value'] or ''}".strip()
            yield Item(
                id=row["id"], sort="place", title=row["title"], buyer=row["buyer"], question=question, link=row["link"]
            )


def _joins(public: sqlite3.Connection) -> Iterator[tuple[Item, choices.Pair]]:
    """Yield each doubtful pair of which both have a page of their own."""
    rows = public.execute(
        "select bond.a, bond.b, bond.evidence, one.title, one.buyer, one.link, other.title as other_title from bond "
        "join process as p on p.key = bond.a join process as q on q.key = bond.b and q.opportunity <> p.opportunity "
        "join opportunity as one on one.id = p.opportunity join opportunity as other on other.id = q.opportunity "
        "where bond.bond = 'doubtful' order by bond.score desc, bond.a, bond.b"
    )
    for row in rows:
        item = Item(
            id=choices.pair_id(row["a"], row["b"]),
            sort="join",
            title=row["title"],
            buyer=row["buyer"],
            question=f"Is it the same as “{row['other_title']}”? {row['evidence']}",
            link=row["link"],
        )
        yield item, (row["a"], row["b"])


def pages_of_join(public: sqlite3.Connection, id: str) -> list[tuple[str, str]]:
    """Return (title, opportunity's id) of the two pages that a doubtful join is about; nothing once it is decided."""
    for item, pair in _joins(public):
        if item.id == id:
            asked = (
                "select id, title from opportunity where id in (select opportunity from process where key in (?, ?))"
            )
            return [(row["title"], row["id"]) for row in public.execute(asked, pair)]
    return []


def _pages(archive: sqlite3.Connection, edition: Edition) -> Iterator[Item]:
    titles = {source.id: source.title for source in edition.sources}
    for page in watched.waiting(archive, watched.watched_sources(edition)):
        yield Item(
            id=page.id,
            sort="page",
            title=titles[page.id],
            buyer=None,
            question=f"The page has changed. Is there something that people should know?\n{page.difference}",
            link=page.link,
        )


def _known_process(archive: sqlite3.Connection, public: sqlite3.Connection, name: str) -> tuple[str, str]:
    """Return the process that is called `name`, and its page. Raises NothingToDecide when there is none."""
    process = _process_of(archive, public, name)
    row = public.execute("select opportunity from process where key = ?", (process,)).fetchone()
    if row is None:
        raise NothingToDecide(f"{name}: there is no such notice or page. Give a notice's number, or a page's id.")
    return process, row[0]


def _process_of(archive: sqlite3.Connection, public: sqlite3.Connection, name: str) -> str:
    """Return the process that is called `name`, `name` itself when nothing is."""
    by_key = archive.execute(
        "select process from notice where key = ? and process is not null order by number desc limit 1", (name,)
    ).fetchone()
    if by_key:
        return str(by_key[0])
    row = public.execute(
        "select opportunity from redirect where id = ?1 union select id from opportunity where id = ?1", (name,)
    ).fetchone()
    keys = public.execute("select key from process where opportunity = ?", (row[0],)).fetchall() if row else []
    return next((key[0] for key in keys if opportunity_id(key[0]) == name), name)
