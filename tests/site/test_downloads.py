"""What other programs fetch whole: OCDS packages that the standard's own schema accepts, the site map, the snapshot."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tenderbell.ocds import package, release_of
from tenderbell.opportunity import Opportunity
from tenderbell.pages import sitemap
from tenderbell.public import open_public, read_public
from tenderbell.settings import Settings
from tenderbell.snapshot import snapshot_of, take_snapshot
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, days, everything, fill, many, opportunity, settings_in
from tests.strategies import opportunities

SITE = "http://tenderbell.test"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def standard(corpus: Path) -> Draft4Validator:
    """The schema of a release package, as its keepers publish it."""
    folder = corpus / "reference" / "ocds"
    schemas = [json.loads((folder / f"{name}-schema.json").read_text()) for name in ("release", "release-package")]
    registry: Registry[Any] = Registry().with_resources(
        [(schema["id"], DRAFT4.create_resource(schema)) for schema in schemas]
    )
    return Draft4Validator(schemas[1], registry=registry, format_checker=FormatChecker())


def faults(standard: Draft4Validator, found: Any) -> list[str]:
    return [f"{list(fault.absolute_path)}: {fault.message[:200]}" for fault in standard.iter_errors(found)]


def locations(document: str) -> list[str]:
    return [loc.text or "" for loc in ElementTree.fromstring(document).iter(f"{SPACE}loc")]


@pytest.mark.corpus
def test_the_standards_schema_refuses_what_is_no_package(standard: Draft4Validator) -> None:
    assert faults(standard, package([], SITE, "Us", SITE, NOW))
    assert faults(standard, package([{"ocid": "x"}], SITE, "Us", SITE, NOW))


@pytest.mark.corpus
def test_everything_that_the_site_holds_is_a_valid_release_package(visitor: Visitor, standard: Draft4Validator) -> None:
    found = visitor.get("/ocds.json")
    assert found.headers["content-type"].startswith("application/json")
    assert faults(standard, found.json()) == []
    assert len(found.json()["releases"]) == len(everything())
    assert HOSTILE in [release["tender"]["title"] for release in found.json()["releases"]]


@pytest.mark.corpus
@given(found=opportunities("tb-1", 1))
@hypothesis_settings(max_examples=60)
def test_any_opportunity_makes_a_valid_release(standard: Draft4Validator, found: Opportunity) -> None:
    shape = json.loads(json.dumps(package([release_of(found, SITE, NOW)], SITE, "Us", SITE, NOW)))
    assert faults(standard, shape) == []


def test_a_release_says_what_the_page_says_and_names_no_officer(visitor: Visitor) -> None:
    release = visitor.get("/ocds/tb-1.json").json()["releases"][0]
    assert release["ocid"] == "ocds-test-000001"
    assert release["tag"] == ["compiled"]
    assert release["buyer"]["name"] == "Gloucestershire County Council"
    assert release["tender"]["status"] == "active"
    assert release["tender"]["value"] == {"amount": 3_116_008.0, "currency": "GBP"}
    assert release["tender"]["tenderPeriod"]["endDate"] == "2026-12-15T17:00:00Z"
    assert release["tenderbell"]["kind"] == "contract"
    assert "@" not in json.dumps(release)


def test_an_award_names_the_supplier_once_among_the_parties(visitor: Visitor) -> None:
    release = visitor.get("/ocds/tb-7.json").json()["releases"][0]
    supplier = next(party for party in release["parties"] if party["roles"] == ["supplier"])
    assert release["awards"][0]["suppliers"] == [{"id": supplier["id"], "name": "Wallbrook Advice Ltd"}]


def test_packages_follow_one_another_until_everything_was_shown_once(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path, many(230))
    visitor, path, seen = Visitor(settings), "/ocds.json", list[str]()
    while path:
        found = visitor.get(path).json()
        seen += [release["tenderbell"]["id"] for release in found["releases"]]
        path = found.get("links", {}).get("next", "").removeprefix(settings.url)
    assert sorted(seen) == sorted(one.id for one in many(230))


@pytest.mark.parametrize("query", ["before=0", "before=1"])
def test_below_the_oldest_there_is_nothing(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/ocds.json?{query}").status_code == 404


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=" + "9" * 40, "before=%00", "other=1", "before=١"])
def test_a_query_that_means_nothing_gets_the_newest(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/ocds.json?{query}").json()["uri"].endswith("/ocds.json")


def test_a_merged_address_leads_to_the_package_that_stays(visitor: Visitor) -> None:
    assert visitor.get("/ocds/tb-99.json").headers["location"] == "/ocds/tb-1.json"
    assert visitor.get("/ocds/nothing.json").status_code == 404
    assert visitor.get("/ocds/%00.json").status_code == 404


def test_the_site_map_lists_every_page_that_there_is_and_each_answers(visitor: Visitor) -> None:
    files = locations(visitor.get("/sitemap.xml").text)
    found = [page for file in files for page in locations(visitor.get(file.removeprefix(visitor.settings.url)).text)]
    assert len(found) == len(set(found))
    assert {f"{visitor.settings.url}/opportunities/{one.id}" for one in everything()} <= set(found)
    for address in found:
        assert visitor.get(address.removeprefix(visitor.settings.url)).status_code == 200, address


def test_a_month_holds_what_was_published_in_it(tmp_path: Path) -> None:
    with closing(open_public(tmp_path / "public.db")) as db:
        for month, stamped in (("2026-11", "2026-11-30T23:59:59+00:00"), ("2026-12", "2026-12-01T00:00:00+00:00")):
            number = int(days(0).fromisoformat(stamped).timestamp() * 1000)
            one = opportunity(number, "A hall")
            fill(tmp_path / "public.db", [one])
            assert locations(sitemap.month_of(db, month, SITE) or "") == [f"{SITE}/opportunities/{one.id}"]
        assert sitemap.months(db) == ["2026-12", "2026-11"]


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "9999-12", "1969-12", "2026-00"])
def test_a_month_that_is_none_or_empty_is_not_found(visitor: Visitor, month: str) -> None:
    assert visitor.get(f"/sitemap-{month}.xml").status_code == 404


def test_robots_may_read_what_is_for_everybody_and_find_the_map(visitor: Visitor) -> None:
    lines = visitor.get("/robots.txt").text.splitlines()
    assert f"Sitemap: {visitor.settings.url}/sitemap.xml" in lines
    closed = [line.partition(": ")[2] for line in lines if line.startswith("Disallow")]
    assert not [page for page in sitemap.OWN[:9] for rule in closed if page.startswith(rule)]


def test_the_snapshot_is_the_whole_record_as_one_file(settings: Settings, visitor: Visitor, tmp_path: Path) -> None:
    assert visitor.get("/public.db").status_code == 404
    taken = take_snapshot(settings)
    found = visitor.get("/public.db")
    assert found.status_code == 200
    assert found.headers["content-length"] == str(taken.size)
    assert found.headers["content-type"] == "application/vnd.sqlite3"
    copy = tmp_path / "copy.db"
    copy.write_bytes(found.content)
    with closing(read_public(copy)) as db, closing(read_public(settings.public_path)) as original:
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        count = "select count(*) from opportunity"
        assert tuple(db.execute(count).fetchone()) == tuple(original.execute(count).fetchone())


def test_who_has_the_snapshot_already_is_not_sent_it_again(settings: Settings, visitor: Visitor) -> None:
    take_snapshot(settings)
    etag = visitor.get("/public.db").headers["etag"]
    again = visitor.get("/public.db", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    head = visitor.ask("HEAD", "/public.db")
    assert (head.status_code, head.content) == (200, b"")
    assert visitor.post("/public.db").status_code == 405


def test_a_snapshot_that_cannot_be_made_leaves_the_one_before(settings: Settings) -> None:
    before = take_snapshot(settings)
    settings.public_path.rename(settings.public_path.with_suffix(".away"))
    with pytest.raises(sqlite3.OperationalError):
        take_snapshot(settings)
    assert snapshot_of(settings) == before
    assert [path.name for path in before.path.parent.iterdir()] == ["public.db"]
