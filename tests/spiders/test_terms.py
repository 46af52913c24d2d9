"""The terms of portals: what forbids a visit of a program, and what only sounds like it."""

import time

import pytest

from spiders.fetching.terms import forbidding, text_of_terms
from spiders.rehearsal.portal import FORBIDDING, FRIENDLY
from tenderbell.errors import BrokenResponse


@pytest.mark.parametrize(
    "words",
    [
        "You must not use any robot, spider or scraper to access this website.",
        "You may not use automated means to collect information from the portal.",
        "The use of automated systems or software to extract data from this website is prohibited.",
        "Web scraping of this site is strictly forbidden.",
        "Users agree not to use data mining, robots or similar data gathering tools.",
        "Data-mining is not permitted without our prior written consent.",
        "You shall not crawl the service by means of spiders.",
        "Crawlers, bots and other automated agents are not allowed.",
        "Don't use bots here.",
        "You can’t use automated software to query the portal.",
        "No robots or spiders may visit these pages.",
        "You must not: (a) upload a virus; (b) overload the site; (c) use any deep link, page scrape, robot or spider;",
        "Any unauthorised use of this website, including automated downloading of its content, is a criminal offence.",
        "Without the express written permission of the company there is to be no automated retrieval of content.",
        "You will not\u00a0use\u00a0any\u00a0ro\u00adbot.",
        "SCREEN SCRAPING IS PROHIBITED",
        "Systematically downloading adverts is a breach of these terms.",
    ],
)
def test_terms_that_forbid_automated_access_are_understood_in_either_order(words: str) -> None:
    text = text_of_terms(f"<html><p>{FRIENDLY}</p><p>{words}</p></html>".encode(), "text/html; charset=utf-8")
    assert forbidding(text) is not None


@pytest.mark.parametrize(
    "words",
    [
        FRIENDLY,
        "You may use automated means to read this website.",
        "Search engines send robots and spiders to this site.",
        "You must not upload viruses.",
        "You must not harass other users. Search engines visit us with robots.",
        "We do not use automated decision making. We will not use automated tools to read your tenders.",
        "Prove that you are a human and not a robot.",
        "Our rules for programs are in robots.txt; you must not ignore them.",
        "Spiderman must not be sold here.",
        "Scrap metal must not be sold without a licence.",
        "The contract is for robotics. It may not be assigned.",
    ],
)
def test_terms_that_only_mention_such_things_do_not_forbid_them(words: str) -> None:
    assert forbidding(words) is None


def test_the_words_that_forbid_are_named_and_no_more_than_a_line_of_them() -> None:
    found = forbidding(FORBIDDING)
    assert found is not None
    assert found.startswith("must not")
    assert "robot" in found
    assert len(found) < 200


def test_words_in_scripts_are_no_terms_and_words_far_down_are() -> None:
    script = "<script>var x = 'You must not use robots';</script>"
    filler = "<p>" + "The parties agree on this. " * 3000 + "</p>"
    page = f"<html><title>Terms</title>{script}<p>{FRIENDLY}</p>{filler}%s</html>"
    assert forbidding(text_of_terms((page % "").encode(), "text/html")) is None
    assert forbidding(text_of_terms((page % "<p>You must not use robots.</p>").encode(), "text/html"))


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", "text/html", "empty"),
        (b"<html><title>Sign in</title><form><input type=password></form></html>", "text/html", "states no terms"),
        (b"<html><h1>Terms</h1></html>", "text/html", "states no terms"),
        (b"<html>" + b"Lorem ipsum dolor sit amet. " * 30 + b"</html>", "text/html", "states no terms"),
        (b"%PDF-1.7 ...", "application/pdf", "PDF"),
    ],
)
def test_a_page_that_states_no_terms_gives_no_permission(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(BrokenResponse, match=reason):
        text_of_terms(body, content_type)


def test_a_page_of_nothing_but_such_words_takes_no_time() -> None:
    started = time.perf_counter()
    assert forbidding("robot must not " * 20_000)
    assert forbidding("robot " * 100_000) is None
    assert time.perf_counter() - started < 2


def test_terms_in_plain_text_are_read_as_they_stand() -> None:
    assert text_of_terms(FRIENDLY.encode(), "text/plain; charset=utf-8") == FRIENDLY
