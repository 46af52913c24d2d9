"""The content security policy blocks nothing of ours: Chromium reports no violation on any page."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import Browser

from alerts import contacts
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, serving
from tests.site.test_adverts import contact_of, published
from tests.site.test_forms import leaving, links_to, subscribed
from tests.site.test_public_pages import PAGES

pytestmark = pytest.mark.browser

PRINTED = ("/opportunities/tb-1", "/report/2026", "/calendar")
"""Pages that people print."""

LISTEN = """() => {
  window.__blocked = [];
  document.addEventListener('securitypolicyviolation', event => window.__blocked.push(
    `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile || ''}`));
}"""


def violations(chromium: Browser, address: str, paths: list[str]) -> list[str]:
    """Return what Chromium says was blocked on these pages, on the screen and as they would be printed."""
    context = chromium.new_context(base_url=address, viewport={"width": 390, "height": 844})
    context.add_init_script(f"({LISTEN})()")
    page, found = context.new_page(), list[str]()
    page.on(
        "console", lambda said: found.append(f"{page.url}: {said.text}") if "Content Security" in said.text else None
    )
    for path in paths:
        page.goto(path)
        if path in PRINTED:
            page.emulate_media(media="print")
        found += [f"{path}: {one}" for frame in page.frames for one in frame.evaluate("window.__blocked || []")]
        page.emulate_media(media="screen")
    context.close()
    return found


def test_nothing_on_any_page_is_blocked_by_our_own_policy(chromium: Browser, settings: Settings) -> None:
    visitor = Visitor(settings)
    manage = subscribed(visitor)
    visitor.post("/alerts/new", {"email": "bob@example.org", "search": "q=hall"}, headers={"cookie": ""})
    confirm, letters = links_to(settings, "confirm"), re.findall(r'href="(/outbox/[^"]+)"', visitor.get("/outbox").text)
    with closing(open_private(settings.private_path)) as db:
        advert, _ = published(visitor, db, settings)
        contact, _ = contact_of(db, settings, "ana@stroud.gov.uk")
        reply = f"/buyers/stroud-district-council/reply/{contacts.token_of(db, contact.id)}"
    paths = [
        *PAGES, manage, f"{manage}/sent", f"{manage}/erase", f"{manage}?said=paused", *confirm, leaving(visitor),
        *letters[:2], *(f"{letter}.html" for letter in letters[:2]), advert, reply,
        "/alerts/new?email=x&capacity=x", "/metrics", "/healthz",
    ]  # fmt: skip
    with serving(settings) as address:
        assert violations(chromium, address, paths) == []


def test_what_the_policy_blocks_is_seen_here(chromium: Browser, served: str) -> None:
    context = chromium.new_context(base_url=served)
    context.add_init_script(f"({LISTEN})()")
    page = context.new_page()
    page.goto("/")
    page.evaluate(
        "() => { const i = new Image(); i.src = 'https://elsewhere.invalid/x.png'; document.body.append(i); }"
    )
    page.wait_for_function("window.__blocked.length > 0")
    assert page.evaluate("window.__blocked")[0].startswith("img-src")
    context.close()
