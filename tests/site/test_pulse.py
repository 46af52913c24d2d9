"""/health: what container engines and load balancers ask."""

import sqlite3
from contextlib import closing

import httpx

from tenderbell.settings import Settings
from tests.site.conftest import Visitor, serving


def test_a_site_that_can_show_pages_says_so_and_nothing_more(visitor: Visitor) -> None:
    answer = visitor.get("/health")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        200,
        "ok\n",
        "text/plain; charset=utf-8",
    )
    assert answer.headers["cache-control"] == "private, no-store"
    assert visitor.post("/health", data={}).status_code == 405


def test_a_site_without_its_record_is_not_healthy_until_it_is_back(settings: Settings) -> None:
    with serving(settings) as address, httpx.Client(base_url=address) as browser:
        assert browser.get("/health").status_code == 200
        away = settings.public_path.with_suffix(".away")
        settings.public_path.rename(away)
        assert (browser.get("/health").status_code, browser.get("/health").text) == (503, "public.db cannot be read\n")
        away.rename(settings.public_path)
        assert browser.get("/health").status_code == 200
        with closing(sqlite3.connect(settings.public_path)) as db:
            assert db.execute("pragma quick_check").fetchone()[0] == "ok"
