"""The process map and the page on paper as Chromium shows them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tenderbell.opportunity import Change, Opportunity
from tenderbell.settings import Settings
from tenderbell.vocabulary import Stage
from tests.site.conftest import serving
from tests.site.test_in_a_browser import DESK, PHONE, RULES
from tests.site.world import days, fill, opportunity

pytestmark = pytest.mark.browser


def with_every_date() -> Opportunity:
    """Return one with as many dates as any can have, and long words for them."""
    return opportunity(
        700, "A home visiting service", first_early_at=days(-200), engagement_closes_at=days(-150),
        expected_open_at=days(-20), enquiries_close_at=days(20, hour=0), closes_at=days(31, hour=0),
        decision_expected_at=days(60), starts_at=days(99), ends_at=days(2000), extends_to=days(3000),
        quality_percent=60.0, cost_percent=30.0, tupe=True, vcse_suitable=True, description=f"{'Words. ' * 900}\n" * 2,
    )  # fmt: skip


def colliding(page: Page) -> list[str]:
    """Return pairs of words of the drawing on show that stand on each other, and words that stick out of it."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
          const map = [...document.querySelectorAll('svg.map')].find(one => one.getBoundingClientRect().width > 0);
          const edge = map.getBoundingClientRect(), found = [];
          const all = [...map.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
          all.forEach(([said, a], index) => {
            if (a.left < edge.left - 1 || a.right > edge.right + 1 || a.bottom > edge.bottom + 1) found.push(said);
            all.slice(index + 1).forEach(([other, b]) => {
              if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
                found.push(said + ' / ' + other);
            });
          });
          return found;
        }"""
    )


@pytest.mark.parametrize(("size", "shown", "scheme"), [(PHONE, "narrow", "dark"), (DESK, "wide", "light")])
def test_the_map_fits_its_screen_is_read_out_once_and_nothing_is_blocked(
    chromium: Browser, settings: Settings, size: dict[str, int], shown: str, scheme: str
) -> None:
    gone = (Change("stage", "open", "cancelled", days(-2), "1-2026"),)
    fill(settings.public_path, [with_every_date(), opportunity(701, "Gone", stage=Stage.CANCELLED, changes=gone)])
    with serving(settings) as address:
        context = chromium.new_context(viewport=size, base_url=address, color_scheme=scheme)  # type: ignore[arg-type]
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        for id in ("tb-700", "tb-701", "tb-1", "tb-3", "tb-9"):
            page.goto(f"/opportunities/{id}")
            drawings = page.get_by_role("img", name="The dates on a line")
            assert drawings.count() == 1
            assert shown in (drawings.get_attribute("class") or "")
            assert colliding(page) == [], id
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert said == []
        context.close()


def test_axe_finds_nothing_and_paper_shows_all_but_the_buttons(chromium: Browser, settings: Settings) -> None:
    fill(settings.public_path, [with_every_date()])
    with serving(settings) as address:
        context = chromium.new_context(viewport=DESK, base_url=address, bypass_csp=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/opportunities/tb-700")
        found = Axe().run(page, options=RULES).response["violations"]
        assert [one["id"] for one in found] == []
        page.emulate_media(media="print")
        assert not page.get_by_text("Follow this one").is_visible()
        assert not page.get_by_role("navigation").first.is_visible()
        assert page.get_by_text("This page: http://tenderbell.test/opportunities/tb-700").is_visible()
        assert page.locator(".opportunity details .text").last.is_visible()
        context.close()
