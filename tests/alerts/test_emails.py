"""The e-mails themselves: as a mail program understands them, whatever the notices say."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from alerts import mime
from alerts.digests import build
from alerts.matching import match
from tenderbell.opportunity import Opportunity, find
from tenderbell.pages.cards import card
from tenderbell.vocabulary import Frequency, Kind, Reach, Stage
from tests.alerts.world import Mail, World, london

HOSTILE = [
    "Evil\r\nBcc: everybody@example.org",
    "Evil\nBcc: everybody@example.org\n\nbody",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=?utf-8?q?encoded?= word \u2028 \x00 \x85 \u202e",
    "é" * 400,
    "x" * 5000,
    ".\r\n.\r\n--=_boundary",
    "{{ 7 * 7 }} {% for x in y %}",
    "📯 Grants for “halls” & <b>roofs</b>",
]


def digest_of(world: World, **facts: Any) -> Mail:
    world.subscribe("")
    world.publish("a", **facts)
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    [mail] = world.outbox()
    return mail


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_text(world: World, title: str) -> None:
    mail = digest_of(world, title=title, buyer=title, cancel_reason=title)
    assert [name.lower() for name in mail.message] == [
        "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "list-id",
        "list-unsubscribe", "list-unsubscribe-post", "precedence", "mime-version", "content-type",
    ]  # fmt: skip
    assert mail.message["to"] == "ann@example.org"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]
    assert "<script>" not in mail.html
    assert "<img" not in mail.html
    assert "49" not in mail.subject
    assert mail.text_links == mail.html_links


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "https://a b", 'https://x"onclick=y', "ftp://x"]
)
def test_a_link_that_is_no_web_address_is_left_out(world: World, link: str) -> None:
    mail = digest_of(world, link=link)
    assert all(found.startswith("https://bell.example") for found in mail.html_links)


def test_the_bytes_hold_to_the_rules_of_mail(world: World) -> None:
    content = digest_of(world, title="é" * 400, description="x" * 3000).content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert content.isascii()
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 78


def test_a_header_with_a_line_break_is_refused_at_the_last_door() -> None:
    with pytest.raises(ValueError, match="line break"):
        mime.build({"Subject": "a\r\nBcc: b"}, "", "")


def test_mail_programs_can_offer_to_leave_with_one_click(world: World) -> None:
    mail = digest_of(world)
    found = re.fullmatch(
        r"<(https://bell\.example/unsubscribe/a1-[a-z2-7]{26})>, <mailto:unsubscribe\+a1-[a-z2-7]{26}@bell\.example>",
        mail.message["list-unsubscribe"],
    )
    assert found is not None
    assert found[1] in mail.text_links
    assert mail.message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail.message["list-id"] == '"Test Opportunities alerts" <alerts.bell.example>'
    assert mail.message["auto-submitted"] == "auto-generated"
    assert str(mail.message["from"]) == "Test Opportunities <alerts@bell.example>"
    assert re.fullmatch(r"<[0-9a-f]{24}@bell\.example>", mail.message["message-id"])


def test_text_and_html_say_the_same_with_the_same_links(world: World) -> None:
    world.subscribe("q=carers&theme=children-and-young-people")
    world.subscribe("kind=grant")
    for number in range(30):
        world.publish(f"a{number}", title=f"Young carers {number}", themes=("children-and-young-people",))
    world.publish("b", kind=Kind.UNCLEAR, stage=Stage.ENGAGEMENT, closes_at=None, link=None, title="Carers, perhaps")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    [mail] = world.outbox()
    assert mail.text_links == mail.html_links
    for kind in (
        "opportunities/a0",
        "manage/m1-",
        "unsubscribe/a1-",
        "unsubscribe/e1-",
        "unsubscribe/e2-",
        "status",
        "privacy",
    ):
        assert any(f"https://bell.example/{kind}" in link for link in mail.text_links), kind
    assert any("/told/t" in link and link.endswith("#new") for link in mail.html_links)
    assert len([link for link in mail.html_links if "/item/i" in link]) == 20


def test_an_item_answers_what_one_asks_first(world: World) -> None:
    mail = digest_of(
        world,
        title="Hall roofs",
        buyer="Stroud District Council",
        value=15_000.0,
        closes_at=london(date(2026, 11, 13), 12),
        notice_days=9,
        reach=Reach.LOCAL,
    )
    for words in (
        "Closes:   12 noon, Friday 13 November 2026 (in 9 days)",
        "Worth:    £15,000",
        "What:     Grant",
        "From:     Stroud District Council",
        "Notice:   9 days",
        "The notice at Find a Tender: https://notices.example/a",
    ):
        assert words in mail.text
    assert mail.subject == "New: Hall roofs"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"value": None, "value_gross": 1000.0, "currency": "EUR"}, "Worth:    €1,000"),
        ({"value": 15_000.0, "value_basis": "most for one applicant"}, "Up to:    £15,000"),
        ({"value": 80_000.0, "value_basis": "whole fund"}, "Worth:    £80,000 in all"),
        ({"value": 90_000.0, "value_basis": "with VAT", "kind": Kind.CONTRACT}, "Worth:    £90,000 with VAT"),
        ({"stage": Stage.ENGAGEMENT, "engagement_closes_at": london(date(2026, 11, 5), 12)},
         "Talks until: 12 noon, Thursday 5 November 2026 (tomorrow)"),
        ({"stage": Stage.PLANNED, "closes_at": None}, "Opens:    date not stated"),
        ({"stage": Stage.PLANNED, "expected_open_at": london(date(2026, 12, 1), 9)},
         "Expected to open: about Tue 1 December"),
        ({"unconfirmed": True}, "Where:    Gloucestershire (unconfirmed)"),
    ],
)  # fmt: skip
def test_an_e_mail_says_what_the_site_s_card_says(world: World, facts: dict[str, Any], line: str) -> None:
    mail = digest_of(world, **facts)
    assert f"  {line}\n" in mail.text
    shown = card(published(world), world.settings.area, world.now)
    for words in (shown.deadline.label, shown.deadline.full, shown.worth.label, shown.worth.words, shown.where):
        assert words in mail.html


def published(world: World) -> Opportunity:
    with world.public() as db:
        found = find(db, "a")
    assert found is not None
    return found


def test_a_cancelled_thing_says_when_it_was_due(world: World) -> None:
    world.subscribe("", Frequency.DAILY)
    world.publish("a", closes_at=london(date(2026, 12, 1), 12))
    match(world.settings)
    world.publish("a", stage=Stage.CANCELLED)
    match(world.settings)
    build(world.settings, frequency=Frequency.DAILY)
    [mail] = world.outbox()
    assert "  Stage:    cancelled, was due 12 noon, Tuesday 1 December 2026\n" in mail.text


def test_a_value_that_turns_out_to_be_in_another_currency_is_not_called_unstated(world: World) -> None:
    digest_of(world, value=1000.0)
    world.publish("a", value=None, value_gross=1000.0, currency="EUR")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    assert "* Value changed from £1,000 to €1,000." in world.outbox()[1].text


def test_what_is_not_known_is_not_stated(world: World) -> None:
    mail = digest_of(world, buyer=None, value=None, closes_at=None, notice_days=None)
    assert mail.text.count(" not stated\n") == 4 + mail.text.count("minimum requirements not stated")
    assert "None" not in mail.text + mail.html


def test_it_says_which_words_and_places_matched(world: World) -> None:
    world.subscribe('q=carers+-salt+"village+halls"&district=stroud')
    world.publish("a", title="Village hall for all", description="Caring for the carer", districts=("stroud",))
    world.publish("b", title="Carers’ village halls", districts=())
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    flowed = " ".join(world.outbox()[0].text.split())
    assert "“village halls” in the title; “carers” in the description; in Stroud" in flowed or (
        "“carers” in the description and “village halls” in the title; in Stroud" in flowed
        or "“carers” in the description; “village halls” in the title; in Stroud" in flowed
    )
    assert "“carers” and “village halls” in the title; covers the whole of Gloucestershire" in flowed


def test_it_says_what_was_checked_and_what_failed_since_when(world: World) -> None:
    world.source("find-a-tender", "Find a Tender", "working", world.now, world.now)
    yesterday = world.now - timedelta(days=1)
    world.source("portal", "Stroud’s portal", "failing", yesterday, world.now - timedelta(days=2))
    mail = digest_of(world)
    assert "Checked: Find a Tender." in mail.text
    assert "We have not been able to check Stroud’s portal since Mon 2 November." in " ".join(mail.text.split())


@pytest.mark.parametrize(("state", "hours", "words"), [
    ("working", 35, "Checked: A portal."),
    ("failing", 35, "We have not been able to check A portal since Mon 2 November."),
    ("degraded", 1, "A portal answered, but we may be missing some of its notices: look there yourself."),
    ("working", 37, "We have not been able to check A portal since Mon 2 November."),
    ("first run", None, "We have not been able to check A portal yet; we have tried since Wed 4 November."),
])  # fmt: skip
def test_a_source_counts_as_checked_when_the_site_believes_it(
    world: World, state: str, hours: int | None, words: str
) -> None:
    success = None if hours is None else world.now - timedelta(hours=hours)
    world.source("portal", "A portal", state, world.now, success)
    assert words in " ".join(digest_of(world).text.split())


def test_a_sample_edition_says_so_everywhere(world: World) -> None:
    sample = World(world.folder, sample=True)
    mail = digest_of(sample)
    assert mail.subject.startswith("[Sample] ")
    assert "This is a sample" in mail.text
    assert "This is a sample" in mail.html


def test_no_image_script_or_tracker_is_in_the_html(world: World) -> None:
    html = digest_of(world).html
    assert not re.search(r"<(img|script|link|iframe|form)\b", html)
    assert 'lang="en-GB"' in html
