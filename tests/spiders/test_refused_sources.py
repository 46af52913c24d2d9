"""A row of the edition that cannot be used is a refusal of its own source; the others are harvested."""

from spiders.harvest import Wanted, harvest
from spiders.reconciling import reconcile
from spiders.rehearsal.find_a_tender import Feed
from tests.spiders.feed_documents import Serve, item, rss
from tests.spiders.place import Place


def test_a_row_that_is_wrong_refuses_its_source_and_the_others_go_on(place: Place, serve: Serve) -> None:
    server = serve(feeds={"/f.xml": Feed(rss(item(guid="a")))})
    place.feed(f"{server.url}/f.xml", id="first")
    place.source("table", f"{server.url}/table", id="columns")
    place.sources.append({"id": "nowhere", "title": "Nowhere", "spider": "feed"})
    place.source("atamiss", server.url, id="misspelt")
    place.source("jaggaer", server.url, id="strange", options={"buyers": {"Trust": "no-such-body"}})
    place.feed(f"{server.url}/f.xml", id="last")
    reports = {report["source"]: report for report in place.harvest().reports}
    assert [reports[id]["finished"] for id in ("first", "last")] == [True, True]
    for id, said in {
        "columns": "source columns: options: ",
        "nowhere": "source nowhere: the key 'url' is missing",
        "misspelt": "source misspelt: there is no spider 'atamiss'; spiders/ has atamis, contracts-finder, ",
        "strange": "source strange: options: buyers names 'no-such-body'",
    }.items():
        assert (reports[id]["finished"], reports[id]["run"], reports[id]["requests"]) == (False, 0, 0)
        assert reports[id]["reason"].startswith(said)
    rows = place.archive.execute("select source, finished_at is not null from run order by source").fetchall()
    assert [tuple(row) for row in rows] == [("first", 1), ("last", 1)]


def test_a_wrong_row_is_refused_also_when_saved_responses_are_read(place: Place) -> None:
    place.sources.append({"id": "news", "title": "News", "spider": "feed"})
    saved = place.folder / "f.xml"
    saved.write_bytes(rss(item(guid="a")))
    (report,) = harvest(place.settings, ["news"], Wanted(saved=saved))
    assert (report.finished, report.run) == (False, 0)
    assert "url" in report.reason
    assert place.archive.execute("select count(*) from run").fetchone()[0] == 0


def test_a_wrong_row_has_nothing_to_be_compared(place: Place) -> None:
    place.find_a_tender("http://127.0.0.1:9", options={"pace": 1})
    (report,) = reconcile(place.settings)
    assert (report.finished, report.run, report.compared) == (False, 0, 0)
    assert "pace" in report.reason
