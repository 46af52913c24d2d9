"""Which page a group of processes has: its address never changes, and a merged page leads to the one that stays."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tenderbell.compiling.assembling import opportunity_id
from tenderbell.notice import Notice


class Page(msgspec.Struct, frozen=True):
    """The page of a group. `number` is None when it has to be given one. `others` are the other addresses that its
    processes have or would have had. `is_known` when one of its processes stood on a page before."""

    id: str
    number: int | None
    others: tuple[str, ...]
    is_known: bool


def page_of(public: sqlite3.Connection, arrived: Mapping[str, int]) -> Page:
    """Return the page of a group: the one that was published first stays (ruling 20).

    `arrived` gives the number of each process's first version in the archive: without any page it is that of the
    process that arrived first, so that a `public.db` that is made anew has the same addresses.
    """
    group = tuple(arrived)
    own = {opportunity_id(process): process for process in group}
    marks = ", ".join("?" * len(own))
    found = public.execute(
        f"select id, number from opportunity where id in ({marks}) order by first_seen_at, number", tuple(own)
    ).fetchall()
    found += public.execute(
        f"select id, number from redirect where id in ({marks}) and number is not null order by number", tuple(own)
    ).fetchall()
    first = found[0]["id"] if found else min((arrived[process], id) for id, process in own.items())[1]
    number = found[0]["number"] if found else None
    taken = public.execute("select id from opportunity where number = ?", (number,)).fetchone()
    return Page(
        first,
        number if taken is None or taken["id"] == first else None,
        tuple(sorted(set(own) - {first})),
        is_known=bool(found) or _was_published(public, group),
    )


def _was_published(public: sqlite3.Connection, group: Sequence[str]) -> bool:
    marks = ", ".join("?" * len(group))
    row = public.execute(f"select 1 from process where key in ({marks}) limit 1", tuple(group)).fetchone()
    return row is not None


def move(public: sqlite3.Connection, page: Page) -> None:
    """Let every other address of a group lead to its page, and the page answer at its own."""
    public.execute("delete from redirect where id = ?", (page.id,))
    for id in page.others:
        row = public.execute("select number from opportunity where id = ?", (id,)).fetchone()
        if row:
            public.execute("delete from opportunity_text where number = ?", (row["number"],))
            public.execute("delete from finding where opportunity = ?", (id,))
            public.execute("delete from opportunity where id = ?", (id,))
        public.execute(
            "insert into redirect (id, opportunity, number) values (?, ?, ?) on conflict (id) do update set "
            "opportunity = excluded.opportunity, number = coalesce(excluded.number, number)",
            (id, page.id, row["number"] if row else None),
        )
        public.execute("update redirect set opportunity = ?1 where opportunity = ?2", (page.id, id))


def claim(public: sqlite3.Connection, id: str, group: Sequence[str]) -> None:
    """Note that these processes stand on the page `id`."""
    public.executemany(
        "insert into process (key, opportunity) values (?, ?) "
        "on conflict do update set opportunity = excluded.opportunity where opportunity is not excluded.opportunity",
        [(process, id) for process in group],
    )


def free_number(public: sqlite3.Connection, notices: Sequence[Notice], first_seen: datetime) -> int:
    """Return a number that sorts by first publication and is not taken: milliseconds since 1970. Those of one second
    follow one another, and run over into the next when there are a thousand."""
    dated = [notice.published_at for notice in notices if notice.published_at]
    second = int(min(dated, default=first_seen).timestamp()) * 1000
    while True:
        row = public.execute(
            "select max(number) from opportunity where number >= ?1 and number < ?1 + 1000", (second,)
        ).fetchone()
        number = second if row[0] is None else int(row[0]) + 1
        if number < second + 1000:
            return number
        second += 1000
