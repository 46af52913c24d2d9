"""What all catalogues of funding promise: a row and its page are one notice, and a bad day loses and closes nothing.

The four sites are harvested together in one process, as an edition does it.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from spiders.formats.bundle import unbundle
from spiders.harvest import harvest as run
from tenderbell.archive import decompress
from tests.spiders import faulty
from tests.spiders.catalogues import SITES, error_page, misnamed
from tests.spiders.faulty import Fault
from tests.spiders.place import Place

WHOLE = {"row", "page"}
ALL = tuple(SITES)
Reports = dict[str, dict[str, Any]]


class World:
    """The four sites, each with two items, and an edition that has them all as sources."""

    def __init__(self, place: Place, names: tuple[str, ...]) -> None:
        self.place = place
        self.servers = {name: site.start(*names) for name, site in SITES.items()}

    def open(self) -> None:
        """Start the servers."""
        for name, server in self.servers.items():
            server.start()
            self.place.source(name, server.url, options=SITES[name].options)

    def harvest(self) -> Reports:
        """Return the report of each source."""
        return {report["source"]: report for report in self.place.harvest().reports}

    def fault_lists(self, fault: Fault) -> None:
        """Let every list go wrong from now on."""
        for name, server in self.servers.items():
            server.faults[SITES[name].listing] = fault

    def fault_pages(self, **faults: Fault) -> None:
        """Let the pages of items go wrong, at every site."""
        for name, server in self.servers.items():
            server.faults |= {SITES[name].page.format(name=item): fault for item, fault in faults.items()}

    def parts(self, name: str) -> dict[str, set[str]]:
        """Return the names of the parts of the newest version of each notice of a source."""
        rows = self.place.archive.execute("select key, body from notice where source = ? order by number", (name,))
        return {row["key"]: set(unbundle(decompress(row["body"]))) for row in rows}

    def asked(self, name: str, item: str) -> int:
        """Return how often the page of an item was asked for."""
        return [asked.path for asked in self.servers[name].requests].count(SITES[name].page.format(name=item))


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    """The four sites, open."""
    made = World(place, ("barn", "ford"))
    made.open()
    yield made
    for server in made.servers.values():
        server.stop()


def test_a_row_and_its_page_are_one_notice_and_the_same_tomorrow(world: World) -> None:
    for name, report in world.harvest().items():
        assert (report["notices"], report["new"], report["unreadable"], report["reason"]) == (2, 2, 0, "Finished."), (
            name
        )
        assert world.parts(name) == {SITES[name].key("barn"): WHOLE, SITES[name].key("ford"): WHOLE}
    for name, report in world.harvest().items():
        assert (report["notices"], report["changed"], report["reason"]) == (0, 0, "Finished."), name
        # UKRI's feed does not tell when a page changes, so its pages are read in every run.
        assert world.asked(name, "barn") == (2 if name == "ukri" else 1)


@pytest.mark.parametrize(
    ("fault", "words"), [(faulty.server_error, "answered 500"), (faulty.break_off, "broke off|dropped")]
)
def test_a_list_that_does_not_come_fails_the_run_and_loses_nothing(world: World, fault: Fault, words: str) -> None:
    world.harvest()
    before = world.place.contents("notice")
    world.fault_lists(fault)
    for name, report in world.harvest().items():
        assert (report["finished"], report["notices"]) == (False, 0), name
        assert any(word in report["reason"] for word in words.split("|")), (name, report["reason"])
    assert world.place.contents("notice") == before


def test_a_list_that_is_suddenly_empty_is_an_alarm_and_closes_nothing(world: World) -> None:
    world.harvest()
    before = world.place.contents("notice")
    for name, server in world.servers.items():
        getattr(server, SITES[name].shelf).clear()
    for name, report in world.harvest().items():
        assert report["finished"], name
        # A week without announcements is no alarm by itself.
        if SITES[name].is_a_whole_list:
            assert "The list is empty. Nothing was closed." in report["reason"], name
    assert world.place.contents("notice") == before


def test_a_row_whose_page_does_not_come_is_kept_and_its_page_is_asked_for_again(world: World) -> None:
    bad = {"barn": error_page, "mill": faulty.login_form, "weir": faulty.server_error}
    for name, server in world.servers.items():
        getattr(server, SITES[name].shelf).extend(SITES[name].make(item) for item in ("mill", "weir"))
    world.fault_pages(**bad)
    for name, report in world.harvest().items():
        assert not report["finished"], name
        key = SITES[name].key
        assert world.parts(name) == {key(item): {"row"} for item in bad} | {key("ford"): WHOLE}
    for server in world.servers.values():
        server.faults.clear()
    for name, report in world.harvest().items():
        assert report["finished"], name
        assert all(found == WHOLE for found in world.parts(name).values())


def test_a_page_that_is_gone_is_an_alarm(world: World) -> None:
    world.fault_pages(barn=lambda answer: faulty.Answer(404, b"Not found"))
    for name, report in world.harvest().items():
        assert report["finished"], name
        assert "1 page that the list leads to could not be found." in report["reason"]
        assert world.parts(name) == {SITES[name].key("barn"): {"row"}, SITES[name].key("ford"): WHOLE}


def test_pages_that_robots_txt_forbids_are_not_fetched_and_the_rows_are_kept(world: World) -> None:
    for name, server in world.servers.items():
        folder = SITES[name].page.partition("{name}")[0]
        server.robots = f"User-agent: *\nDisallow: {folder}\nAllow: {SITES[name].listing}\n"
    for name, report in world.harvest().items():
        assert "robots.txt" in report["reason"], name
        assert world.parts(name) == {SITES[name].key("barn"): {"row"}, SITES[name].key("ford"): {"row"}}
        assert [asked.path for asked in world.servers[name].requests] == [SITES[name].listing]


def test_a_list_that_robots_txt_forbids_is_not_fetched(world: World) -> None:
    for server in world.servers.values():
        server.robots = "User-agent: *\nDisallow: /\n"
    for name, report in world.harvest().items():
        assert not report["finished"], name
        assert "robots.txt" in report["reason"]
        assert world.servers[name].requests == []


def test_an_encoding_that_is_named_wrongly_is_seen_through(world: World) -> None:
    for name, server in world.servers.items():
        site = SITES[name]
        item = site.make("cafe")
        field = next(field for field in ("name", "title") if hasattr(item, field))
        object.__setattr__(item, field, "Café grants: apply")
        setattr(server, site.shelf, [item])
        server.faults = {1: misnamed, 2: misnamed}
    world.harvest()
    rows = world.place.archive.execute("select source, json_extract(reading, '$.title') from notice")
    titles = {row[0]: row[1] for row in rows}
    assert titles == dict.fromkeys(("find-a-grant", "govuk", "national-lottery", "ukri"), "Café grants: apply")


def test_one_broken_site_does_not_hold_up_the_others(world: World) -> None:
    world.servers["find-a-grant"].faults[SITES["find-a-grant"].listing] = error_page
    finished = {name: report["finished"] for name, report in world.harvest().items()}
    assert finished == {name: name != "find-a-grant" for name in ALL}


def test_pages_that_fail_one_after_the_other_are_given_up_and_the_rows_kept(place: Place) -> None:
    site = SITES["national-lottery"]
    names = [f"p{n}" for n in range(9)]
    faults: dict[int | str, Fault] = {site.page.format(name=name): faulty.login_form for name in names}
    with site.start(*names, faults=faults) as server:
        report = place.source(site.spider, server.url).harvest().report
    assert not report["finished"]
    assert len(place.keys()) == 9
    assert len({asked.path for asked in server.requests}) == 1 + 5


def test_an_unknown_option_is_named(place: Place) -> None:
    place.source("national-lottery", "http://127.0.0.1:1", options={"places": ["England"]})
    (report,) = run(place.settings, ["national-lottery"])
    assert (report.run, report.finished) == (0, False)
    assert "places" in report.reason
