"""Debian's Chromium on the pages behind the links of e-mails: accessible at phone width, and usable without a mouse."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tenderbell.settings import Settings
from tests.site.conftest import Visitor, serving
from tests.site.test_forms import managed, profile_number, rows
from tests.site.test_in_a_browser import COLOURS, PHONE, check_all, complaints
from tests.site.test_manage import item_page, pressed, suppress, told, told_page, write

pytestmark = pytest.mark.browser


@pytest.fixture
def known(settings: Settings) -> dict[str, str]:
    """The addresses of one person's pages: a search with wishes, a follow, something hidden, e-mails that came back."""
    visitor = Visitor(settings)
    manage = told(visitor)
    item, number = item_page(visitor), profile_number(settings)
    managed(visitor, manage, do="wishes", profile=number, capacity="25000", reminder="14", awards="1")
    managed(visitor, manage, do="follow", address="tb-2", reminder="3", frequency="daily")
    write(settings, "update match set section = 'new', shown = opportunity <> 'tb-1'")
    pressed(visitor, item, do="hide")
    suppress(settings, "hard")
    edit = f"{manage}/edit?profile={number}"
    return {
        "manage": manage,
        "said": f"{manage}?said=wishes",
        "edit": edit,
        "changed": f"{edit}&look=1&q=carers&kind=grant&stage=open&buyer=stroud-district-council&value_min=500",
        "unclear": f"{edit}&address=foo",
        "item": item,
        "kind": f"{item}?search={number}&without=kind",
        "words": f"{item}?search={number}&without=words&words=zebra",
        "told": told_page(visitor),
        "everything": f"{told_page(visitor)}?all=1",
        "sent": f"{manage}/sent",
        "erase": f"{manage}/erase",
    }


@pytest.fixture
def phone(chromium: Browser, settings: Settings) -> Iterator[Page]:
    with serving(settings) as address:
        context = chromium.new_context(viewport=PHONE, base_url=address, java_script_enabled=False)  # type: ignore[arg-type]
        yield context.new_page()
        context.close()


def test_axe_finds_nothing_on_the_pages_of_a_subscriber_at_phone_width(
    chromium: Browser, settings: Settings, known: dict[str, str]
) -> None:
    with serving(settings) as address:
        assert check_all(chromium, address, list(known.values()), viewport=PHONE) == []
        context = chromium.new_context(base_url=address, bypass_csp=True, color_scheme="dark")
        page = context.new_page()
        for name, path in known.items():
            page.goto(path)
            assert (name, complaints(page, COLOURS)) == (name, [])
        context.close()


def test_every_button_of_the_manage_page_can_be_reached_when_all_is_unfolded(
    phone: Page, known: dict[str, str]
) -> None:
    phone.goto(known["manage"])
    for summary in phone.locator(".profile summary").all():
        summary.focus()
        phone.keyboard.press("Enter")
    for name in (
        "Keep these wishes",
        "Remind me like this",
        "Rename",
        "End this search",
        "Stop following",
        "Show again",
    ):
        expect(phone.get_by_role("button", name=name).first).to_be_visible()


def test_a_person_reads_what_a_search_would_have_sent_and_then_saves_it(
    phone: Page, settings: Settings, known: dict[str, str]
) -> None:
    phone.goto(known["manage"])
    phone.get_by_role("link", name="Change what it looks for").click()
    phone.get_by_label("Words").fill("village hall")
    phone.get_by_role("button", name="See what it would send").click()
    expect(phone.locator("p.asked")).to_have_text("Open opportunities about “village hall”")
    expect(phone.locator(".trial")).to_contain_text("In the last 90 days this would have sent")
    assert rows(settings, "select criteria from profile where follows is null") == [("q=carers&stage=open",)]
    phone.get_by_role("button", name="Save this search").click()
    expect(phone.get_by_role("status")).to_contain_text("Done")
    assert rows(settings, "select criteria from profile where follows is null") == [("q=village+hall&stage=open",)]
