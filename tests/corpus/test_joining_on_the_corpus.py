"""Joining on every recorded release: no two different processes stand on one page.

Each release is read by its own spider and compiled, all in one `public.db`, in the national edition, which holds
everything. Every group of more than one process was judged by reading the releases; `python -m
tests.corpus.test_joining_on_the_corpus` prints them with what was decided and why.
"""

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from spiders.fetching.saved import content_type_of, responses_in
from spiders.registry import spider_class
from tenderbell import archive
from tenderbell.clock import still_clock
from tenderbell.compiling import compile_archive
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Notice, Raw, decode, encode
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect
from tests.conftest import CORPUS
from tests.tenderbell.notices import read

NOW = datetime(2026, 8, 11, 9, tzinfo=UTC)

FOLDERS = {
    "find-a-tender": "find_a_tender",
    "contracts-finder": "contracts_finder",
    "public-contracts-scotland": "devolved/public_contracts_scotland",
    "sell2wales": "devolved/sell2wales",
}

JUDGED_RIGHT: frozenset[frozenset[str]] = frozenset()
"""The groups of processes that are one, as judged by reading their releases."""


@dataclass(frozen=True)
class Joined:
    """What the compile made of the recorded releases: how many were archived and how many of them could be read, the
    groups of more than one process, and the bonds between processes with their evidence."""

    archived: int
    unreadable: int
    processes: int
    groups: frozenset[frozenset[str]]
    bonds: list[sqlite3.Row]
    titles: dict[str, str]


def settings_in(folder: Path) -> Settings:
    """Return settings of the national edition with its databases in `folder` and a clock that stands still."""
    return Settings("united-kingdom", folder, "folder:mail", "127.0.0.1", 0, (), still_clock(NOW))


def raws_of(source: Source, folder: Path) -> Iterator[Raw]:
    """Yield the recorded releases of a source, as its spider splits the responses; what is no response is passed over,
    as `harvest --from` does."""
    spider = spider_class(source.spider_name)
    for file in responses_in(folder):
        try:
            yield from spider.split(source, file.read_bytes(), content_type_of(file), None)
        except BrokenResponse:
            continue


def fill(settings: Settings, corpus: Path) -> None:
    """Archive every recorded release."""
    with closing(archive.open_archive(settings.archive_path)) as db:
        for id, folder in FOLDERS.items():
            source = Source(id=id, title=id)
            reader = spider_class(source.spider_name).reader(source, settings.area)
            run = archive.start_run(db, id, NOW, backfill=True)
            archive.keep(db, run, list(raws_of(source, corpus / folder)), reader, NOW)
            archive.end_run(db, run, NOW, complete=True, reason="Finished.")


def compiled(settings: Settings) -> Joined:
    """Compile what was archived and return what was joined."""
    compile_archive(settings)
    with closing(archive.open_archive(settings.archive_path)) as db:
        archived, readable = db.execute("select count(*), count(reading) from notice").fetchone()
    with closing(open_public(settings.public_path)) as public:
        pages: dict[str, set[str]] = {}
        for row in public.execute("select key, opportunity from process"):
            pages.setdefault(row["opportunity"], set()).add(row["key"])
        bonds = public.execute("select * from bond order by bond, rule, a, b").fetchall()
        sides = public.execute("select process, json_extract(side, '$.title') from join_side").fetchall()
    return Joined(
        archived,
        archived - readable,
        sum(map(len, pages.values())),
        frozenset(frozenset(group) for group in pages.values() if len(group) > 1),
        bonds,
        {row[0]: row[1] or "" for row in sides},
    )


@pytest.mark.corpus
def test_exactly_the_processes_that_a_reader_found_to_be_one_are_joined(corpus: Path, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fill(settings, corpus)
    joined = compiled(settings)
    assert joined.processes > 600
    assert joined.groups == JUDGED_RIGHT


@pytest.mark.corpus
@pytest.mark.parametrize("wording", ["the same", "capitals", "the buyer in front"])
def test_each_recorded_advert_seen_elsewhere_is_joined_with_itself_and_nothing_else(
    corpus: Path, tmp_path: Path, wording: str
) -> None:
    settings = settings_in(tmp_path)
    fill(settings, corpus)
    adverts = [notice for notice in newest(settings) if notice.effect is Effect.OPEN and notice.closes_at]
    keep(settings, "elsewhere", [elsewhere(notice, wording) for notice in adverts])
    groups = {process: group for group in compiled(settings).groups for process in group}
    wrong = [group for group in groups.values() if len({process.removeprefix("elsewhere:") for process in group}) > 1]
    assert wrong == []
    joined = [notice for notice in adverts if f"elsewhere:{notice.process}" in groups.get(notice.process, ())]
    assert len(adverts) > 200
    assert len(joined) >= 0.95 * len(adverts)


def newest(settings: Settings) -> list[Notice]:
    """Return the notice of each process that was archived last."""
    with closing(archive.open_archive(settings.archive_path)) as db:
        rows = db.execute("select process, reading from notice where reading is not null order by number").fetchall()
    return list({row["process"]: decode(row["reading"]) for row in rows}.values())


def elsewhere(notice: Notice, wording: str) -> Notice:
    """Return a notice as a source without ocids, references and links would show it."""
    title, buyer = notice.title or "", notice.buyers[0].name if notice.buyers else ""
    said = {"the same": title, "capitals": title.upper(), "the buyer in front": f"{buyer} - ITT - {title}"}[wording]
    return msgspec.structs.replace(
        notice, source="elsewhere", key=notice.process, process=f"elsewhere:{notice.process}", title=said,
        ocid=None, link=None, also=(), related=(), references=(), order="",
    )  # fmt: skip


def keep(settings: Settings, source: str, notices: list[Notice]) -> None:
    """Archive notices in a finished run of a source."""
    with closing(archive.open_archive(settings.archive_path)) as db:
        run = archive.start_run(db, source, NOW, backfill=True)
        archive.keep(db, run, [Raw(source, notice.key, encode(notice)) for notice in notices], read, NOW)
        archive.end_run(db, run, NOW, complete=True, reason="Finished.")


def report(joined: Joined) -> str:
    """Return the groups and the bonds in words, for whoever judges them."""
    lines = [f"{joined.archived} notices, {joined.unreadable} unreadable, {joined.processes} processes on pages"]
    for group in sorted(joined.groups, key=sorted):
        lines += ["", "ONE PAGE", *(f"  {name}  {joined.titles.get(name, '')}" for name in sorted(group))]
    for row in joined.bonds:
        lines += ["", f"{row['bond']}, {row['rule']}, {row['score']:.2f}: {row['evidence']}"]
        lines += [f"  {name}  {joined.titles.get(name, '')}" for name in (row["a"], row["b"])]
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = settings_in(Path(folder))
        fill(found, CORPUS)
        sys.stdout.write(report(compiled(found)) + "\n")
