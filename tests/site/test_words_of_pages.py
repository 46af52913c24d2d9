"""The pure parts behind the pages: who visits, what a card says, whether silence can be believed."""

from datetime import timedelta
from typing import Any

import pytest

from tenderbell.criteria import Criteria
from tenderbell.facts import deadline, where_words, worth
from tenderbell.pages.alike import others_like
from tenderbell.pages.cards import card, notice_clock
from tenderbell.pages.course import moved_words, steps_of
from tenderbell.pages.outbox import framed, linked
from tenderbell.pages.reasons import why_here
from tenderbell.pages.results import heading
from tenderbell.pages.sources import SourceHealth, honest_words
from tenderbell.pages.visitors import is_foreign, is_on_this_machine, token_cookie, visitor_address
from tenderbell.vocabulary import Kind, Stage
from tests.site.world import NOW, days, everything, opportunity, settings_in


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("192.0.2.1", "203.0.113.5", (), "192.0.2.1"),
        ("192.0.2.1", "203.0.113.5", ("192.0.2.1",), "203.0.113.5"),
        ("192.0.2.1", "6.6.6.6, 203.0.113.5", ("192.0.2.1",), "203.0.113.5"),
        ("192.0.2.1", "203.0.113.5, 192.0.2.2", ("192.0.2.1", "192.0.2.2"), "203.0.113.5"),
        ("192.0.2.1", "", ("192.0.2.1",), "192.0.2.1"),
        (None, "203.0.113.5", (), "unknown"),
    ],
)
def test_only_what_trusted_proxies_say_counts(peer: str, forwarded: str, proxies: Any, expected: str) -> None:
    assert visitor_address(peer, {"x-forwarded-for": forwarded}, proxies) == expected


@pytest.mark.parametrize(("peer", "expected"), [("127.0.0.1", True), ("::1", True), ("127.9.9.9", True),
                                                ("10.0.0.1", False), ("localhost", False), (None, False)])  # fmt: skip
def test_this_machine_is_a_loopback_address(peer: str | None, expected: bool) -> None:
    assert is_on_this_machine(peer, {}) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8001", True),
        ("127.0.0.1:8001", True),
        ("[::1]:8001", True),
        ("evil.example", False),
        ("site.example:8001", False),
    ],
)
def test_a_name_of_elsewhere_that_leads_here_is_not_this_machine(host: str, expected: bool) -> None:
    assert is_on_this_machine("127.0.0.1", {"host": host}) is expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [(None, False), ("http://here:8001", False), ("https://site.example", False), ("https://evil.example", True),
     ("null", True), ("", True), ("http://here:8002", True), ("http://[", True)],
)  # fmt: skip
def test_an_origin_is_ours_when_it_is_the_host_asked_or_the_public_address(origin: str | None, expected: bool) -> None:
    assert is_foreign(origin, "here:8001", "https://site.example") is expected


@pytest.mark.parametrize(("cookie", "expected"), [("ds_csrftoken=a.b-c", "a.b-c"), ("x=1; ds_csrftoken=ab; y=2", "ab"),
                                                  ("xds_csrftoken=a", None), ("ds_csrftoken=a b", None), ("", None),
                                                  ("ds_csrftoken=" + "a" * 400, None)])  # fmt: skip
def test_only_the_form_token_is_read_of_all_cookies(cookie: str, expected: str | None) -> None:
    assert token_cookie(cookie) == expected


@pytest.mark.parametrize(
    ("facts", "label", "left", "when"),
    [
        ({"closes_at": days(0, hour=17)}, "Closes", "today", "5pm, Sat 21 November"),
        ({"closes_at": days(1)}, "Closes", "tomorrow", "12 noon, Sun 22 November"),
        ({"closes_at": days(-3)}, "Closed", "3 days ago", "12 noon, Wed 18 November"),
        ({"closes_at": None}, "Closes", "", "not stated"),
        ({"stage": Stage.CANCELLED, "closes_at": None}, "Stage", "cancelled", ""),
        ({"stage": Stage.CLOSED, "closes_at": days(5)}, "Closes", "closed early", "was due 12 noon, Thu 26 November"),
        ({"stage": Stage.PLANNED, "closes_at": None}, "Opens", "", "date not stated"),
        ({"stage": Stage.ENGAGEMENT, "engagement_closes_at": days(-2)}, "Talks until", "2 days ago",
         "12 noon, Thu 19 November"),
    ],
)  # fmt: skip
def test_the_date_that_matters_is_said_as_one_says_it(facts: dict[str, Any], label: str, left: str, when: str) -> None:
    shown = deadline(opportunity(1, "A thing", **facts), NOW)
    assert (shown.label, shown.left, shown.when) == (label, left, when)


@pytest.mark.parametrize(("days_ahead", "tone"), [(6, "soon"), (7, ""), (-1, "over")])
def test_red_is_under_a_week(days_ahead: int, tone: str) -> None:
    assert deadline(opportunity(1, "A thing", closes_at=days(days_ahead)), NOW).tone == tone


@pytest.mark.parametrize(
    ("facts", "label", "words"),
    [
        ({"value": 15000.0, "value_basis": "most for one applicant", "kind": Kind.GRANT}, "Up to", "£15,000"),
        ({"value": 3_116_008.0, "value_basis": "with VAT"}, "Worth", "£3.1 million"),
        ({"value": None, "value_gross": 90_000.0, "currency": "EUR"}, "Worth", "€90,000"),
        ({"value": None}, "Worth", "not stated"),
    ],
)
def test_money_is_said_as_people_say_it(facts: dict[str, Any], label: str, words: str) -> None:
    shown = worth(opportunity(1, "A thing", **facts))
    assert (shown.label, shown.words) == (label, words)


def test_places_are_named_or_it_is_the_whole_county(tmp_path: Any) -> None:
    area = settings_in(tmp_path).area
    assert where_words(opportunity(1, "A"), area) == "Gloucestershire"
    assert where_words(opportunity(1, "A", districts=("stroud", "cotswold")), area) == "Stroud and Cotswold"
    assert card(opportunity(1, "x" * 400), area, NOW).title.endswith("…")


@pytest.mark.parametrize(("given", "filled"), [(0, 0), (41, 41), (92, 92), (500, 92), (-4, 0), (None, None)])
def test_the_notice_clock_never_overflows(given: int | None, filled: int | None) -> None:
    assert notice_clock(given).filled == filled


def test_the_dates_of_a_process_stand_in_order_with_the_next_one_marked() -> None:
    steps = steps_of(everything()[0], NOW)
    assert [step.label for step in steps] == [
        "Early talks until", "Published", "Questions until", "Closes", "Decision expected", "Starts", "Ends",
    ]  # fmt: skip
    assert [step.state for step in steps] == ["past", "past", "next", "later", "later", "later", "later"]
    unknown = steps_of(opportunity(1, "A thing"), NOW)
    assert [(step.label, step.when) for step in unknown if step.state == "unknown"] == [
        ("Decision expected", "not stated"), ("Starts", "not stated"), ("Ends", "not stated"),
    ]  # fmt: skip


def test_a_deadline_that_never_moved_is_not_spoken_of() -> None:
    assert moved_words([]) == ""


def test_the_honest_line_names_what_cannot_be_believed() -> None:
    good = SourceHealth("a", "Portal A", "working", last_success=NOW - timedelta(hours=1))
    bad = SourceHealth("b", "Portal B", "failing", last_run=NOW, last_success=NOW - timedelta(days=3))
    new = SourceHealth("c", "Portal C", "never run")
    assert honest_words((good,), NOW).startswith("The one source answered")
    assert honest_words((good, bad, new), NOW) == (
        "Portal B has not answered since Wednesday, and Portal C has not been checked yet: look there yourself."
    )
    assert "Portal B and 2 more sources have not answered since Wednesday" in honest_words((bad,) * 5, NOW)


@pytest.mark.parametrize(
    ("query", "total", "words"),
    [("stage=open&q=carers", 7, "7 open for “carers”"), ("", 1, "1 opportunity"), ("", 1200, "1,200 opportunities"),
     ("q=x", 0, "Nothing for “x”"), ("stage=open", 0, "Nothing open found"),
     ("stage=open&stage=planned", 3, "3 open or planned")],
)  # fmt: skip
def test_the_heading_says_how_many_of_what(query: str, total: int, words: str) -> None:
    assert heading(Criteria.parse(query), total) == words


def test_links_in_an_e_mail_are_clickable_and_nothing_else_is() -> None:
    shown = linked("See http://site.test/confirm/x, or <b>http://else.test/a?b=1&c=2</b>.", "http://site.test")
    assert '<a href="/confirm/x">http://site.test/confirm/x</a>,' in shown
    assert '<a href="http://else.test/a?b=1&amp;c=2">' in shown
    assert "&lt;b&gt;" in shown
    assert framed('<head><a href="http://site.test/x">', "http://site.test") == (
        '<head><base target="_blank"><a href="/x">'
    )


def test_dates_that_will_not_come_are_not_marked_as_next() -> None:
    cancelled = steps_of(opportunity(1, "A thing", stage=Stage.CANCELLED, closes_at=days(11)), NOW)
    assert [(step.label, step.state, step.note) for step in cancelled][-1] == ("Was to close", "over", "")


def test_a_deadline_that_has_passed_is_why_it_is_called_closed() -> None:
    why = {fact.label: fact.words for fact in why_here(opportunity(1, "A thing", closes_at=days(-1)), NOW)}
    assert why["Why it is called closed"] == "The deadline has passed; Notice invites tenders."
    assert why["Why it is listed"] == "The buyer is Gloucestershire County Council."
    assert "Why it is called open" not in why


def test_others_like_it_are_of_its_kind_its_subject_and_its_place(tmp_path: Any) -> None:
    area = settings_in(tmp_path).area
    themed = opportunity(1, "A", kind=Kind.GRANT, themes=("carers",), districts=("stroud",))
    assert others_like(themed, area).canonical() == "kind=grant&stage=open&theme=carers&district=stroud"
    plain = others_like(opportunity(2, "Grass cutting services in Tewkesbury"), area)
    assert (plain.q, plain.kind, plain.reach) == ("grass OR cutting", ("contract",), ("local",))
