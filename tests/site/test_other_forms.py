"""The other forms of a search, read by libraries that did not write them."""

import csv
import io
import json
from typing import Any

import feedparser
import icalendar
import pytest

from tenderbell.pages.cells import Defuser
from tenderbell.pages.feeds import COLUMNS, cell
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, days, everything, fill, many, settings_in

SUMMARY = {"id", "url", "title", "buyer", "kind", "stage", "reach", "reach_rule", "closes_at", "published_at", "value",
           "notices", "ocids", "sources"}  # fmt: skip
FULL = {"stage_evidence", "kind_evidence", "description", "themes", "cpv", "districts", "lots", "engagement_closes_at",
        "enquiries_close_at", "decision_expected_at", "value_net", "value_gross", "currency", "vcse_suitable",
        "sme_suitable", "reserved_vcse", "reserved_places", "notice_days", "quality_percent", "cost_percent", "tupe",
        "portal_references", "findings", "changes", "seen"}  # fmt: skip


def rows_of(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    answer = visitor.get(f"/opportunities.csv{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_json_has_the_shape_that_other_programs_rely_on(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities.json?q=carers&kind=contract")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    found = answer.json()
    assert found["total"] == 1
    one = found["opportunities"][0]
    assert set(one) >= SUMMARY
    assert one["id"] == "tb-1"
    assert one["url"] == "http://tenderbell.test/opportunities/tb-1"
    assert one["closes_at"] == "2026-12-15T17:00:00Z"
    assert one["value"] == 3116008.0
    assert one["notices"] == ["000001-2026"]


def test_full_json_adds_everything_that_is_known(visitor: Visitor) -> None:
    one = visitor.get("/opportunities.json?q=carers&kind=contract&full=1").json()["opportunities"][0]
    assert set(one) >= SUMMARY | FULL
    assert one["lots"] == 2
    assert one["cpv"] == ["85312000"]
    assert one["tupe"] is None
    assert [change["field"] for change in one["changes"]] == ["closes_at", "closes_at", "value"]
    assert one["seen"] == [{"source": "find-a-tender", "first": "2026-11-03T12:40:00Z", "last": "2026-11-21T09:00:00Z"}]


def test_an_open_opportunity_whose_time_has_passed_is_closed_in_json(visitor: Visitor) -> None:
    found = visitor.get("/opportunities.json?q=grass").json()["opportunities"]
    assert [one["stage"] for one in found] == ["closed"]


def test_json_pages_lead_from_one_to_the_next(tmp_path: Any) -> None:
    settings = settings_in(tmp_path)
    fill(settings.public_path, many(45), settings)
    visitor, path, found = Visitor(settings), "/opportunities.json?sort=newest", []
    while path:
        page = visitor.get(path).json()
        found += [one["id"] for one in page["opportunities"]]
        path = (page["next"] or "").removeprefix("http://tenderbell.test")
    assert len(found) == len(set(found)) == page["total"] == 45


def test_csv_holds_every_match_and_no_formula(visitor: Visitor) -> None:
    rows = {row["id"]: row for row in rows_of(visitor)}
    assert len(rows) == len(everything())
    assert tuple(rows["tb-1"]) == COLUMNS
    assert rows["tb-13"]["title"].startswith("'=cmd")
    assert rows["tb-13"]["buyer"] == "'@SUM(1+1)"
    assert rows["tb-3"]["title"] == HOSTILE
    assert rows["tb-9"]["value"] == ""
    assert rows["tb-1"]["value"] == "3116008"
    starts = {value[:1] for row in rows.values() for value in row.values()}
    assert not starts & {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_absent_is_empty_and_never_nought() -> None:
    assert [cell(value) for value in (None, 0.0, False, (), "a")] == ["", "0", "no", "", "a"]


def test_atom_is_a_feed_of_the_same_matches(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert {entry.id for entry in feed.entries} == {
        f"http://tenderbell.test/opportunities/{o.id}" for o in everything()
    }
    assert all(entry.link.startswith("http://tenderbell.test/") and entry.updated for entry in feed.entries)
    summaries = {entry.id.rpartition("/")[2]: entry.summary for entry in feed.entries}
    assert "Closes: 5pm, Tuesday 15 December 2026." in summaries["tb-1"]
    assert b"<script>" not in answer.content


def test_atom_says_what_was_searched(visitor: Visitor) -> None:
    feed = feedparser.parse(visitor.get("/opportunities.atom?q=carers&kind=grant").content)
    assert "grants" in feed.feed.title
    assert "carers" in feed.feed.title
    assert [entry.title for entry in feed.entries] == ["Young Carers Respite Fund 2027"]


def test_an_empty_feed_is_still_a_feed(visitor: Visitor) -> None:
    feed = feedparser.parse(visitor.get("/opportunities.atom?q=zzzz").content)
    assert (feed.bozo, feed.entries, feed.version) == (False, [], "atom10")


def test_the_calendar_holds_the_deadlines_that_lie_ahead(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities.ics?q=carers")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    ends = {str(event["summary"]): event["dtend"].dt for event in events}
    assert ends["Closes: Support service for young carers and young adult carers"] == days(24, hour=17)
    everything_ahead = icalendar.Calendar.from_ical(visitor.get("/opportunities.ics").content).walk("VEVENT")
    assert "Closes: Grass cutting in Tewkesbury" not in {str(event["summary"]) for event in everything_ahead}


@pytest.mark.parametrize("query", ["", "?q=young+carers", "?stage=open&sort=closing", "?kind=grant", "?value_min=1000",
                                   "?vcse=1", "?q=-carers", "?district=stroud", "?q=zzzz"])  # fmt: skip
def test_every_form_finds_the_same(visitor: Visitor, query: str) -> None:
    as_json = {one["id"] for one in visitor.get(f"/opportunities.json{query}").json()["opportunities"]}
    as_csv = {row["id"] for row in rows_of(visitor, query)}
    feed = feedparser.parse(visitor.get(f"/opportunities.atom{query}").content)
    page = visitor.get(f"/opportunities{query}").text
    on_page = {part.partition('"')[0] for part in page.split('<h2><a href="/opportunities/')[1:]}
    assert as_json == as_csv == {entry.id.rpartition("/")[2] for entry in feed.entries} == on_page


def test_analysts_get_json_and_csv_of_the_tables(visitor: Visitor) -> None:
    table = visitor.get("/public/opportunity.json?_shape=array&kind=grant").json()
    assert {row["id"] for row in table} == {"tb-2", "tb-10"}
    query = list(csv.DictReader(io.StringIO(visitor.get("/public/by_kind_and_stage.csv").text)))
    assert sum(int(row["opportunities"]) for row in query) == len(everything())
    assert json.loads(visitor.get("/public/opportunity_text.json").text)["ok"] is False


@pytest.mark.parametrize("path", ["/public/opportunity.csv", "/public/opportunity.csv?_stream=on&_size=max"])
def test_the_tables_as_csv_hold_no_formula_either(visitor: Visitor, path: str) -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(visitor.get(path).content.decode(), newline=""))}
    assert len(rows) == len(everything())
    assert rows["tb-13"]["title"] == "'=cmd|' /C calc'!A0"
    assert rows["tb-13"]["buyer"] == "'@SUM(1+1)"
    assert not {value[:1] for row in rows.values() for value in row.values()} & {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_csv_is_made_harmless_wherever_its_pieces_end(size: int) -> None:
    whole, defuser = b'a,"=1,\r\n=2","say ""=x"""\r\n-5,,+b\r\n', Defuser()
    pieces = [defuser.take(whole[at : at + size], is_last=False) for at in range(0, len(whole), size)]
    assert b"".join([*pieces, defuser.take(b"", is_last=True)]) == b'a,"\'=1,\r\n=2","say ""=x"""\r\n\'-5,,\'+b\r\n'


@pytest.mark.parametrize("form", ["json", "csv", "atom", "ics"])
def test_a_page_past_the_end_is_404_in_every_form(visitor: Visitor, form: str) -> None:
    assert visitor.get(f"/opportunities.{form}?stage=open&page=9").status_code == 404
    assert visitor.get(f"/opportunities.{form}?q=zzzz").status_code == 200
