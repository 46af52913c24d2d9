"""Debian's Chromium: accessibility of every page, and the two journeys that matter most, at phone width."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from alerts import contacts, desk, written
from alerts.sending import send
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, apart, serving
from tests.site.test_adverts import FORM, contact_of, desk_page, only_matter, published, write
from tests.site.test_adverts import send as send_form
from tests.site.test_forms import leaving, links_to, living, subscribed
from tests.site.test_public_pages import PAGES
from tests.site.world import settings_in

pytestmark = pytest.mark.browser

WIDE = [
    "/", "/opportunities?q=young+carers", "/opportunities?q=zzz&kind=loan", "/opportunities/tb-1",
    "/opportunities/tb-3", "/calendar", "/early", "/buyers/gloucestershire-county-council", "/report/2026",
    "/check?q=000001-2026", "/status", "/preflight", "/public/opportunity",
]  # fmt: skip
"""Pages that are laid out differently where there is room."""

DARK = [*WIDE, "/ending", "/glossary", "/privacy", "/alerts/new?q=carers", "/adverts/new", "/receipts", "/follow/tb-1"]
"""Pages that between them have every colour."""

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1100, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.fixture
def phone(chromium: Browser, served: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at phone width, under the site's own security policy, scripts switched off as some people have them."""
    context = chromium.new_context(viewport=PHONE, base_url=served, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    yield page
    keep_picture(page, request.node.name.removeprefix("test_"), PHONE["width"])
    context.close()


def keep_picture(page: Page, name: str, width: int) -> None:
    """Write what the page looks like into the folder that TEST_ARTEFACTS names, if it names one."""
    if folder := os.environ.get("TEST_ARTEFACTS"):
        plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:80] or "home"
        page.screenshot(path=Path(folder) / f"{plain}-{width}.png", full_page=True)


def complaints(page: Page, rules: dict[str, list[str]] = RULES) -> list[str]:
    """Return what axe finds on the page."""
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def check_all(
    chromium: Browser,
    address: str,
    paths: list[str],
    *,
    also_dark: bool = False,
    answers: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> list[str]:
    """Return what axe finds on these pages, and which are wider than the screen. In the dark only colours differ.
    `answers` are pages that a form was answered with, by the paths under which they are to be seen."""
    context = chromium.new_context(base_url=address, bypass_csp=True, **options)
    page, found = context.new_page(), []
    for path, text in answers.items():
        page.route(f"{address}{path}", lambda route, *, body=text: route.fulfill(body=body, content_type="text/html"))
    for path in [*paths, *answers]:
        page.goto(path)
        keep_picture(page, path, options["viewport"]["width"])
        found += [f"{path} {complaint}" for complaint in complaints(page)]
        if also_dark and path in DARK:
            page.emulate_media(color_scheme="dark")
            found += [f"{path} in the dark {complaint}" for complaint in complaints(page, COLOURS)]
            page.emulate_media(color_scheme="light")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > options["viewport"]["width"]:
            found.append(f"{path} is {wide} px wide")
    context.close()
    return found


def test_axe_finds_nothing_on_any_page_at_phone_width(chromium: Browser, settings: Settings) -> None:
    visitor = Visitor(settings)
    manage = subscribed(visitor)
    visitor.post("/alerts/new", {"email": "bob@example.org", "search": "q=hall"}, headers={"cookie": ""})
    confirm = links_to(settings, "confirm")
    letter = re.findall(r'href="(/outbox/[^"]+)"', visitor.get("/outbox").text)[0]
    paths = [*PAGES, manage, f"{manage}?said=paused", *confirm, leaving(visitor), letter]
    with serving(settings) as address:
        assert check_all(chromium, address, paths, viewport=PHONE, also_dark=True) == []


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_the_pages_of_the_operator_and_of_commissioners(
    chromium: Browser, settings: Settings, viewport: dict[str, int]
) -> None:
    visitor = Visitor(settings)
    with closing(open_private(settings.private_path)) as db:
        page, id = published(visitor, db, settings)
        numbers = [row[0] for row in db.execute("select id from matter where decided_at > ''")]
        decided = [desk_page(db, asked) for number in numbers if (asked := desk.find(db, number))]
        _, other = contact_of(db, settings, "bo@cheltenham.gov.uk")
        send_form(visitor, other, do="send", id=str(write(visitor, other)))
        waiting = desk_page(db, only_matter(db, desk.Matter.ADVERT))
        one = written.find(db, id)
        contact, _ = contact_of(db, settings, "ana@stroud.gov.uk")
        reply = f"/buyers/stroud-district-council/reply/{contacts.token_of(db, contact.id)}"
    change = {**FORM, "id": str(id), "seen": one.updated_at if one else "", "closes": "12 noon, 31 May 2027"}
    preview = send_form(visitor, page, **change).text
    assert "not published yet" in preview
    assert decided
    with serving(settings) as address:
        paths = [waiting, *decided, reply, page]
        assert check_all(chromium, address, paths, answers={"/preview": preview}, viewport=viewport) == []


def test_pictures_are_kept_where_they_are_asked_for(
    chromium: Browser, served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_ARTEFACTS", str(tmp_path))
    check_all(chromium, served, ["/", "/early?theme=carers"], viewport=PHONE)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["early-theme-carers-390.png", "home-390.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))


@pytest.mark.slow
def test_axe_finds_nothing_on_a_wide_screen(chromium: Browser, served: str) -> None:
    assert check_all(chromium, served, WIDE, viewport=DESK, color_scheme="light") == []


def test_axe_finds_nothing_on_a_site_that_has_just_been_started(chromium: Browser, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, edition="demo")
    open_public(settings.public_path).close()
    with serving(settings) as address:
        paths = ["/", "/opportunities", "/opportunities?stage=open", "/status", "/public"]
        assert check_all(chromium, address, paths, viewport=PHONE, color_scheme="dark") == []


def test_nothing_is_asked_of_other_sites_and_nothing_is_blocked_by_our_own_policy(
    chromium: Browser, served: str
) -> None:
    context = chromium.new_context(viewport=PHONE, base_url=served)  # type: ignore[arg-type]
    page = context.new_page()
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for path in (
        "/",
        "/opportunities",
        "/opportunities/tb-1",
        "/opportunities/tb-3",
        "/manage",
        "/public/opportunity/1",
    ):
        page.goto(path)
    assert [url for url in asked if not url.startswith(served)] == []
    assert said == []
    context.close()


def test_the_first_screen_of_a_phone_answers_what_by_when_how_much_and_can_we_apply(phone: Page) -> None:
    phone.goto("/opportunities/tb-1")
    for words in (
        "Support service for young carers",
        "in 24 days",
        "£3.1 million",
        "Suitable for charities and community groups",
        "Go to the advert",
    ):
        box = phone.get_by_text(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= PHONE["height"], words


def test_somebody_confirms_from_the_e_mail_and_later_leaves_by_it(phone: Page, settings: Settings) -> None:
    phone.goto("/alerts/new?q=carers&stage=open")
    phone.get_by_label("Your e-mail address").fill("ann@example.org")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Now look in your e-mail")
    phone.goto(links_to(settings, "confirm")[-1])
    assert living(settings) == 0
    phone.get_by_role("button", name="Start these e-mails").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Your alert has begun")
    phone.get_by_role("link", name="See, change or pause my alerts").click()
    expect(phone.get_by_text("a…@example.org")).to_be_visible()
    phone.goto(leaving(Visitor(settings)))
    assert living(settings) == 1
    phone.get_by_role("button", name="End all of them").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You have left")
    assert living(settings) == 0


def test_the_operator_reads_an_e_mail_on_screen_and_follows_its_link(chromium: Browser, settings: Settings) -> None:
    with serving(settings) as address:
        here = settings_in(settings.data, public_url=address)
        Visitor(here).post("/alerts/new", {"email": "ann@example.org", "search": "q=carers"})
        apart(lambda: send(here))
        context = chromium.new_context(viewport=PHONE, base_url=address)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/outbox")
        page.get_by_role("listitem").filter(has_text="ann@example.org").get_by_role("link").click()
        with context.expect_page() as opened:
            page.frame_locator("iframe").get_by_role("link").first.click()
        opened.value.wait_for_load_state()
        assert opened.value.url.startswith(address)
        context.close()
