"""Checking an advert, reporting one that is missing or wrong, and the page with the doors for commissioners."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tenderbell.archive import open_archive
from tenderbell.clock import stamp
from tenderbell.compiling import compile_archive
from tenderbell.database import connect, transaction
from tenderbell.notice import Notice, Organisation
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect
from tests.site.conftest import Visitor, serving
from tests.site.test_forms import fill_in, token_in
from tests.site.world import HOSTILE, NOW, STROUD, settings_in
from tests.tenderbell.notices import keep

LEEDS = Organisation("Leeds Example Council", ids=("GB-PPON-AAAA-1111-BBBB",), region="UKE42", postcode="LS1 1UR")
PORTAL = "https://grants.example/apply/carers-fund"


def advert(number: int, title: str, **facts: Any) -> Notice:
    """Return a notice of an open tender of Stroud's, published 90 minutes before now."""
    given: dict[str, Any] = {
        "source": "find-a-tender",
        "key": f"{number:06}-2026",
        "process": f"ocds-h6vhtk-{number:06x}",
        "ocid": f"ocds-h6vhtk-{number:06x}",
        "title": title,
        "effect": Effect.OPEN,
        "buyers": (STROUD,),
        "published_at": NOW - timedelta(minutes=90),
        "closes_at": NOW + timedelta(days=40),
        "link": f"https://www.find-tender.service.gov.uk/Notice/{number:06}-2026",
    }
    return Notice(**{**given, **facts})


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A site whose few adverts were archived and compiled as harvested ones are; nothing here writes to it."""
    settings = settings_in(tmp_path_factory.mktemp("county"))
    open_private(settings.private_path).close()
    keep(
        settings,
        advert(1, "Respite breaks for young carers", references=("DN805831",), description="Breaks for young carers."),
        advert(2, "Repairs to the river path", link=PORTAL),
        advert(3, "Repairs to the mill path"),
        advert(4, "Repairs in Leeds", buyers=(LEEDS,), delivery_regions=("UKE42",)),
        advert(5, HOSTILE, description=HOSTILE),
        advert(6, "Debt advice in Leeds", buyers=(LEEDS,), effect=Effect.AWARD, closes_at=None, delivery_regions=()),
    )
    compile_archive(settings)
    keep(settings, advert(7, "Just come"))
    return Visitor(settings)


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    """A site of this test's own with one advert."""
    settings = settings_in(tmp_path)
    open_private(settings.private_path).close()
    keep(settings, advert(1, "Respite breaks for young carers"))
    compile_archive(settings)
    return Visitor(settings)


def ask(visitor: Visitor, typed: str) -> str:
    answer = visitor.get("/check?" + urlencode({"q": typed}))
    assert answer.status_code == 200, answer.text
    return answer.text


def reports(settings: Settings) -> list[sqlite3.Row]:
    with closing(connect(settings.private_path, read_only=True)) as db:
        return db.execute("select * from report order by id").fetchall()


@pytest.mark.parametrize(
    "typed",
    [
        "000001-2026",
        "2026/S 000-000001",
        "https://www.find-tender.service.gov.uk/Notice/000001-2026?origin=SearchResults",
        "ocds-h6vhtk-000001",
        "dn805831",
        "respite breaks FOR young carers",
        "Respite breaks",
    ],
)
def test_an_advert_is_found_by_what_a_commissioner_has_at_hand(county: Visitor, typed: str) -> None:
    page = ask(county, typed)
    assert "<h1>It is here</h1>" in page
    assert "Respite breaks for young carers" in page


def test_the_answer_says_when_it_was_seen_what_was_understood_and_how_far_it_has_gone(county: Visitor) -> None:
    page = ask(county, "000001-2026")
    assert "2 hours after it was published" in page
    assert "published 7:30am, Saturday 21 November 2026; first seen 9am, Saturday 21 November 2026" in page
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", page, re.DOTALL))
    assert facts["Saved searches that it matched"] == facts["E-mails sent"] == facts["Written to the folder"] == "0"
    assert facts["Title"] == "Respite breaks for young carers"
    assert "Stroud District Council" in facts["Commissioner or funder"]
    assert "notice 000001-2026" in facts["Closes"], "the words relied on stand beside the date"
    assert "not stated" in facts["Value"]
    assert facts.keys() >= {"What everybody must show", "Reporting afterwards", "Telling bidders how they did",
                            "Staff transfer (TUPE)", "Whom to ask", "Glossary"}  # fmt: skip
    assert "Why it is listed" in facts
    assert "Read against" in page, "the findings stand there"
    assert 'href="/mistake/h6vhtk-000001"' in page
    assert 'href="/receipts"' in page


def test_several_with_the_words_are_offered_and_each_leads_to_its_own_answer(county: Visitor) -> None:
    page = ask(county, "path repairs")
    assert "Which of these do you mean?" in page
    links = re.findall(r'href="(/check\?q=[^"]+)"', page)
    assert len(links) == 2
    assert {"Repairs to the river path" in county.get(link).text for link in links} == {True, False}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("000004-2026", "It is not for Gloucestershire."),
        ("ocds-h6vhtk-000004", "It is not for Gloucestershire."),
        ("000006-2026", "before we first saw it"),
        ("000007-2026", "Look again in a minute"),
    ],
)
def test_what_is_archived_and_not_listed_says_which_it_is(county: Visitor, typed: str, said: str) -> None:
    page = ask(county, typed)
    assert "We know of it, but do not list it" in page
    assert said in page


def test_what_is_not_here_says_where_was_looked_and_leads_to_a_report_with_the_link(county: Visitor) -> None:
    link = "https://elsewhere.example/advert?id=7&x=1"
    page = ask(county, link)
    assert "We do not have it" in page
    assert "Find a Tender</th>" in page
    assert "Searched next" in page
    assert "Places that nobody watches here" in page
    report = re.search(r'href="(/missing\?link=[^"]+)"', page)
    assert report
    assert f'value="{link.replace("&", "&amp;")}"' in county.get(report[1].replace("&amp;", "&")).text


@pytest.mark.parametrize(
    "typed",
    [
        "x" * 5_000, "\0", "a\0b", "'; drop table notice; --", '"', "title : x AND", "NEAR(", "%", "_", "*", "-" * 500,
        "javascript:alert(1)", "http://[", "https://user:pw@127.0.0.1/", "http://169.254.169.254/latest", HOSTILE,
        "﷽" * 200, "‮evil", "/opportunities/" * 300, "a." * 900, "\ud7ff", "2026/S 000-", "ocds-", "🦊" * 99,
    ],
)  # fmt: skip
def test_anything_typed_gets_a_useful_page(county: Visitor, typed: str) -> None:
    began = time.perf_counter()
    page = ask(county, typed)
    assert time.perf_counter() - began < 2
    assert "<script>" not in page
    assert 'href="javascript' not in page
    assert 'action="/check"' in page


def test_ten_thousand_characters_are_refused_with_what_to_do(county: Visitor) -> None:
    answer = county.get("/check?q=" + "x" * 10_000)
    assert answer.status_code == 414
    assert "Please shorten it" in answer.text


@pytest.mark.parametrize("raw", ["%ff%fe", "%00", "%", "a&q=b", "q", ""])
def test_odd_query_strings_get_a_page(county: Visitor, raw: str) -> None:
    assert county.get(f"/check?q={raw}").status_code == 200


def test_a_check_is_not_kept_and_sets_no_cookie(county: Visitor) -> None:
    answer = county.get("/check?q=000001-2026")
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


def test_looking_costs_no_more_in_a_large_table(county: Visitor) -> None:
    """Every statement of a look-up goes by an index: none reads a table from end to end."""
    import tenderbell.lookup as lookup

    with closing(connect(county.settings.public_path, read_only=True)) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        for typed in ("999999-2026", "https://nowhere.example/a/b", "DN999999", "ocds-h6vhtk-ffffff", "no such title"):
            assert lookup.look_for(db, typed) == lookup.Looked()
        db.set_trace_callback(None)
        read = ("select", "with")
        statements = {one for one in asked if one.lower().startswith(read) and "_fts_" not in one and "()" not in one}
        assert len(statements) > 10
        plans = [row["detail"] for one in statements for row in db.execute(f"explain query plan {one}")]
    scans = [plan for plan in plans if plan.startswith("SCAN") and "known" not in plan and "CONSTANT" not in plan]
    assert [plan for plan in scans if "VIRTUAL TABLE INDEX" not in plan] == []


def test_the_counts_are_of_searches_and_e_mails_and_tell_sent_from_accepted(visitor: Visitor) -> None:
    with closing(open_private(visitor.settings.private_path)) as db, transaction(db):
        now = stamp(NOW)
        for number, state in enumerate(("sent", "failed", "pending"), start=1):
            db.execute("insert into subscriber values (?, ?, ?, 1, ?)", (number, f"p{number}", f"p{number}", now))
            db.execute(
                "insert into profile (id, subscriber, name, criteria, frequency, watermark, created_at) "
                "values (?1, ?1, 'n', 'q=a', 'daily', 0, ?2)",
                (number, now),
            )
            db.execute(
                "insert into outbox (id, sort, subscriber, email, address, subject, message_id, state, not_before, "
                "created_at) values (?1, 'digest', ?1, 'p', 'p', 's', ?1, ?2, ?3, ?3)",
                (number, state, now),
            )
            db.execute(
                "insert into match (subscriber, profile, opportunity, event, type, matched_at, state, outbox) "
                "values (?1, ?1, 'h6vhtk-000001', 1, 'new', ?2, 'claimed', ?1)",
                (number, now),
            )
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", ask(visitor, "000001-2026")))
    assert facts == {"Saved searches that it matched": "3", "E-mails sent": "2", "Written to the folder": "1"}


# Reports


def test_a_missing_advert_is_kept_and_the_answer_says_what_happens_next(visitor: Visitor) -> None:
    answer = fill_in(visitor, "/missing", link=PORTAL, words="It closes soon.", email="Officer@Stroud.example")
    assert answer.status_code == 200
    assert "Thank you, we are looking" in answer.text
    (report,) = reports(visitor.settings)
    assert (report["sort"], report["state"], report["link"]) == ("missing", "waiting", PORTAL)
    assert (report["words"], report["address"]) == ("It closes soon.", "officer@stroud.example")


@pytest.mark.parametrize(
    "link", ["", "javascript:alert(1)", "file:///etc/passwd", "ftp://x.example/a", "hello", "http://", "https://a b"]
)
def test_a_link_that_is_none_is_refused_beside_its_field_and_what_was_typed_stays(visitor: Visitor, link: str) -> None:
    answer = fill_in(visitor, "/missing", link=link, words="Keep <these> words", email="ann@example.org")
    assert answer.status_code == 400
    assert 'id="link-problem"' in answer.text
    assert 'aria-describedby="link-problem"' in answer.text
    assert "Keep &lt;these&gt; words" in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert reports(visitor.settings) == []


def test_an_address_that_is_none_and_words_without_end_are_refused_beside_their_fields(visitor: Visitor) -> None:
    assert 'id="email-problem"' in fill_in(visitor, "/missing", link=PORTAL, email="nobody").text
    assert 'id="words-problem"' in fill_in(visitor, "/missing", link=PORTAL, words="x" * 2_001).text
    assert reports(visitor.settings) == []


def test_a_robot_gets_the_same_answer_and_nothing_is_kept(visitor: Visitor) -> None:
    human = fill_in(visitor, "/missing", link=PORTAL)
    robot = fill_in(visitor, "/missing", link=PORTAL, website="x")
    assert robot.text == human.text
    assert len(reports(visitor.settings)) == 1


def test_a_network_that_posts_too_much_is_refused(visitor: Visitor) -> None:
    token = token_in(visitor.get("/missing").text)
    codes = [visitor.post("/missing", {"csrftoken": token, "link": PORTAL}).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]


def test_a_mistake_goes_to_the_operator_and_stands_on_no_page(visitor: Visitor) -> None:
    answer = fill_in(visitor, "/mistake/h6vhtk-000001", about="dates", words="It closes in May.\nSee page 2.", email="")
    assert answer.status_code == 200
    (report,) = reports(visitor.settings)
    assert (report["sort"], report["opportunity"], report["address"]) == ("mistake", "h6vhtk-000001", None)
    with closing(connect(visitor.settings.private_path, read_only=True)) as db:
        matter = db.execute("select sort, subject, question from matter").fetchone()
    assert (matter["sort"], matter["subject"]) == ("mistake", str(report["id"]))
    assert "a date is wrong" in matter["question"]
    assert "It closes in May." in matter["question"]
    assert "It closes in May" not in ask(visitor, "000001-2026") + visitor.get("/opportunities/h6vhtk-000001").text


def test_a_mistake_without_words_is_refused_and_one_on_no_page_is_not_found(visitor: Visitor) -> None:
    answer = fill_in(visitor, "/mistake/h6vhtk-000001", about="nonsense", words=" \n")
    assert answer.status_code == 400
    assert 'id="words-problem"' in answer.text
    for id in ("nothing", quote("../etc"), "%00", "x" * 900):
        assert visitor.get(f"/mistake/{id}").status_code == 404
    token = token_in(visitor.get("/missing").text)
    assert visitor.post("/mistake/nothing", {"csrftoken": token, "words": "x"}).status_code == 404
    assert reports(visitor.settings) == []


def test_looking_at_the_forms_writes_nothing(visitor: Visitor) -> None:
    before = visitor.settings.private_path.read_bytes()
    for path in ("/missing", "/missing?link=https://a.example/", "/mistake/h6vhtk-000001", "/check?q=a", "/check"):
        assert visitor.get(path).status_code == 200
    assert visitor.settings.private_path.read_bytes() == before


def test_a_site_without_an_archive_still_answers(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    open_private(settings.private_path).close()
    open_archive(settings.archive_path).close()
    compile_archive(settings)
    settings.archive_path.rename(tmp_path / "away.db")
    assert "We do not have it" in ask(Visitor(settings), "000001-2026")


def test_commissioners_find_their_doors_and_the_page_is_the_same_for_every_query(county: Visitor) -> None:
    page = county.get("/commissioners")
    assert page.status_code == 200
    for door in ("/check", "/preflight", "/receipts", "/adverts/new", "/buyers"):
        assert f'href="{door}"' in page.text
    assert county.get("/commissioners?a=1").text == page.text


@pytest.mark.browser
def test_axe_finds_nothing_and_a_phone_needs_no_sideways_scrolling(county: Visitor, chromium: Browser) -> None:
    paths = ["/check", "/check?q=000001-2026", "/check?q=path+repairs", "/check?q=000004-2026", "/check?q=nothing+here",
             f"/check?q={quote(HOSTILE)}", "/missing", "/mistake/h6vhtk-000001", "/commissioners"]  # fmt: skip
    with serving(county.settings) as address:
        for scheme in ("light", "dark"):
            context = chromium.new_context(
                viewport={"width": 390, "height": 844}, base_url=address, color_scheme=scheme, bypass_csp=True
            )
            page = context.new_page()
            for path in paths:
                page.goto(path)
                found = Axe().run(page).response["violations"]
                assert [f"{one['id']}: {one['nodes'][0]['html'][:150]}" for one in found] == [], (path, scheme)
                assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            context.close()
