"""What the status page says about sources: which can be trusted, which are not watched, who is silent."""

import re
from contextlib import closing
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.site.conftest import Visitor
from tests.site.world import HOSTILE, NOW, fill, settings_in, write_source

EDITION = """
id = "t"
title = "T"
strapline = "S"
area = "gloucestershire"
url = "http://t.example"
[mail]
name = "T"
address = "t@t.example"
[[source]]
id = "find-a-tender"
title = "Find a Tender"
[[source]]
id = "grants"
title = "Find a Grant"
spider = "feed"
url = "https://g.example/feed"
[[source]]
id = "portal"
title = "Stroud’s portal"
spider = "feed"
url = "https://p.example/feed"
home = "https://p.example"
enabled = false
"""


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A site with two sources that answered and one that is switched off."""
    (tmp_path / "edition.toml").write_text(EDITION, "utf-8")
    settings = settings_in(tmp_path, edition=str(tmp_path / "edition.toml"))
    fill(settings.public_path, [], settings)
    with closing(open_public(settings.public_path)) as db, transaction(db):
        write_source(db, "grants", "Find a Grant", last_success=NOW - timedelta(hours=1))
    return settings


def change(settings: Settings, sql: str, *values: object) -> None:
    with closing(open_public(settings.public_path)) as db, transaction(db):
        db.execute(sql, values)


def words(settings: Settings, path: str = "/status") -> str:
    """Return the text of a page."""
    text = re.sub(r"<[^>]+>", " ", Visitor(settings).get(path).text)
    return " ".join(unescape(text).split())


def test_when_every_source_answered_it_says_so_in_one_sentence(site: Settings) -> None:
    page = words(site)
    assert "Both sources answered in the last day: if nothing is listed here, nothing was published there." in page
    assert "nothing was published there. 1 more place is not watched." in page
    text = Visitor(site).get("/status").text
    assert 'class="good"' in text
    assert '<a href="#unwatched">1 more place is not watched.</a>' in text


def test_a_degraded_source_says_since_when_and_why(site: Settings) -> None:
    change(
        site, "update source set state = 'degraded', since = ?, message = ? where id = 'grants'",
        stamp(NOW - timedelta(days=1)), "Only 3 listed, where about 40 are usual.",
    )  # fmt: skip
    page = words(site)
    assert "Find a Grant may be missing some: look there yourself." in page
    assert "Degraded since 9am, Friday 20 November 2026. Only 3 listed, where about 40 are usual." in page
    assert 'class="problem"' in Visitor(site).get("/status").text


def test_the_front_page_has_the_same_sentence(site: Settings) -> None:
    from tests.site.world import everything

    with closing(open_public(site.public_path)) as db, transaction(db):
        db.execute("delete from source")
    fill(site.public_path, everything()[:2], site)
    page = words(site, "/")
    assert "Find a Grant has not been checked yet: look there yourself. 1 more place is not watched." in page


def test_a_source_that_is_switched_off_is_listed_as_not_watched_with_its_home(site: Settings) -> None:
    text = Visitor(site).get("/status").text
    assert "Not watched" in text
    assert (
        '<a href="https://p.example" rel="noopener noreferrer">Stroud’s portal</a>' in text.partition("Not watched")[2]
    )
    assert "All 3 sources" not in text


def test_a_source_that_never_ran_is_said_to_have_never_run_live(site: Settings) -> None:
    change(site, "delete from source where id = 'grants'")
    assert "Find a Grant Never run live" in words(site)


def test_what_the_last_run_and_the_last_comparison_did_is_shown(site: Settings) -> None:
    change(
        site,
        "update source set last_run_requests = 6, last_run_bytes = 1234567, last_run_listed = 1459, last_run_new = 3, "
        "last_run_changed = 1, last_run_unreadable = 0, reconciled_at = ?, reconciled_compared = 500, "
        "reconciled_missing = 4, reconciled_fetched = 2, reconciled_absent = 1 where id = 'grants'",
        stamp(NOW),
    )
    page = words(site)
    assert "1,459 listed, 3 new, 1 changed, in 6 requests and 1.2 MB" in page
    assert "500 notices compared, 4 missing: 2 fetched, 1 withdrawn or never published, 1 still missing" in page


def test_silent_buyers_are_named_with_where_they_advertise(site: Settings) -> None:
    change(
        site, "insert into buyer_silence values ('stroud', ?, ?, 30, 9, 30, 'ProContract')",
        HOSTILE, stamp(NOW - timedelta(days=82)),
    )  # fmt: skip
    text = Visitor(site).get("/status").text
    assert "<script>alert" not in text
    page = words(site)
    assert "nothing for 82 days Advertises on ProContract" in page
    assert 'href="/opportunities?buyer=stroud"' in text


def test_without_silent_buyers_or_unwatched_sources_the_page_has_no_empty_section(visitor: Visitor) -> None:
    text = visitor.get("/status").text
    assert "Quieter than usual" not in text


def test_how_the_alerts_go_out_is_shown_in_numbers_only(site: Settings) -> None:
    with closing(open_private(site.private_path)) as db, transaction(db):
        for number, state in enumerate(("sent", "sent", "failed", "pending")):
            done = None if state == "pending" else stamp(NOW - timedelta(hours=1))
            db.execute(
                "insert into outbox (sort, email, address, subject, message_id, state, not_before, created_at, done_at)"
                " values ('link', 'ann@w.example', 'ann@w.example', 'Secret', ?, ?, ?, ?, ?)",
                (f"<{number}@x>", state, stamp(NOW), stamp(NOW - timedelta(hours=4)), done),
            )
    page = Visitor(site).get("/status").text
    assert "Are the alerts going out?" in page
    assert re.search(r"Sent in 24 hours</dt><dd>2 ", page)
    assert "1 thing waits for the people who run this site" in page
    assert "w.example" not in page
    assert "Secret" not in page
