"""Every e-mail as a reader sees it: drawn by Chromium on a phone and in a window, by day and in the dark."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from alerts import letters, messages, rendering, subscribers
from alerts.addresses import Address
from alerts.digests import build
from alerts.matching import match
from tenderbell.vocabulary import Frequency, Kind, Stage
from tests.alerts.world import Mail, World, london
from tests.site.conftest import chromium
from tests.site.test_in_a_browser import COLOURS, RULES, complaints

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

PIECES = {"base", "checked", "facts", "foot", "ways"}
"""Templates that are parts of others."""

SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of what is looked at, when somebody wants to look too."""

PHONE, WINDOW = 390, 700
LONG = "Supported-accommodation-and-wellbeing/" * 4


def digest(world: World) -> str:
    """A digest with every section, long words and many doubts."""
    world.subscribe("q=young+carers&district=stroud", Frequency.DAILY)
    with world.private() as db:
        db.execute("update profile set capacity = 50000, awards = 1")
    for id in ("moved", "cancelled", "awarded"):
        world.publish(id, title=f"Young carers: {id}")
    match(world.settings)
    build(world.settings, frequency=Frequency.DAILY)
    world.source("find-a-tender", "Find a Tender", "working", world.now, world.now)
    world.source("portal", "Stroud’s portal", "failing", world.now, world.now)
    world.publish("moved", closes_at=london(date(2026, 12, 18), 12), value=12_000.0)
    world.publish("cancelled", stage=Stage.CANCELLED, cancel_reason="The money went elsewhere")
    world.publish("awarded", stage=Stage.AWARDED)
    world.publish("long", title=f"Young carers {LONG}", buyer=LONG, closes_at=london(date(2026, 11, 13), 12))
    world.publish("large", title="Young carers of the county", kind=Kind.CONTRACT, value=2_100_000.0, tupe=True)
    world.publish("early", title="Young carers: talks", stage=Stage.ENGAGEMENT, unconfirmed=True)
    for number in range(22):
        world.publish(
            f"n{number}", title=f"Young carers’ breaks, lot {number}", minimum_requirements="Two years of accounts"
        )
    match(world.settings)
    world.wait(days=1)
    build(world.settings)
    return world.outbox()[-1].html


def confirmation(world: World) -> str:
    to = Address("ann@example.org", "ann@example.org")
    found = messages.confirmation(world.settings, to, "grants in Stroud", Frequency.WEEKLY, "c1-token", world.now)
    return Mail(found.content).html


def link(world: World) -> str:
    profile = world.subscribe("")
    with world.private() as db:
        owner = subscribers.find(db, profile.subscriber)
        assert owner is not None
        return Mail(messages.link(db, world.settings, owner, world.now).content).html


def still_here(world: World) -> str:
    world.subscribe("q=roof", Frequency.DAILY)
    world.publish("a", title="Carers", silent=True)
    world.source("find-a-tender", "Find a Tender", "working", world.now, world.now)
    with world.private() as db:
        db.execute("update profile set still_here = 1")
    world.now = london(date(2027, 1, 1), 9)
    letters.write(world.settings)
    [row] = world.rows("select content from body join outbox on id = outbox where sort = 'still-here'")
    return Mail(row["content"]).html


_SITE = "https://bell.example"


def with_model(name: str) -> Any:
    """Return the drawing of a letter whose writers have tests of their own, from a model that has all it may have."""
    one = SimpleNamespace(
        url="https://bell.example/x", title=f"Hall roofs {LONG}", seen="First seen at 9am.", facts=[("Closes", "soon")],
        findings="3 met", not_met=["3.2.2: No date."], words="The sender is stuck.", since="Monday", name="A body",
        question="Is this its domain?", link="https://bell.example/decide/d1", icon="",
    )  # fmt: skip
    model: dict[str, object] = {
        "subject": "What has happened", "heading": "What has happened", "paragraphs": ["We looked.", LONG],
        "link": ("Look", "https://bell.example/x"), "page": "https://bell.example/x", "page_words": "Look",
        "alarms": [one], "matters": [one], "adverts": [one], "more": 3, "faults": ["A portal is silent."], "last": one,
        "last_day": "Monday", "days": "7 days", "day": "9am", "body": "Example Council", "address": "o@council.example",
        "against": "What it shows of the Code",
        **dict.fromkeys(("check", "status", "manage", "end", "missing", "buyer", "site", "privacy"), _SITE),
    }  # fmt: skip
    return lambda world: rendering.render(name, model | {"edition": world.settings.edition})[1]


LETTERS = {"digest": digest, "confirmation": confirmation, "link": link, "still-here": still_here} | {
    name: with_model(name) for name in ("alarm", "canary", "note", "outcome", "question", "receipt", "warning")
}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


def test_every_template_is_looked_at() -> None:
    names = {path.stem for path in (Path(rendering.__file__).parent / "templates").glob("*.html")}
    assert names - PIECES == set(LETTERS)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_reads_well_on_a_phone_in_a_window_and_in_the_dark(world: World, page: Page, name: str) -> None:
    html = LETTERS[name](world)
    found = []
    for width in (PHONE, WINDOW):
        page.set_viewport_size({"width": width, "height": 844})
        page.set_content(html)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{wide} px wide on {width}")
        found += complaints(page, {"runOnly": [rule for rule in RULES["runOnly"] if rule != "best-practice"]})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    assert found + complaints(page, COLOURS) == []
