"""The pages that show everybody the same, by address (ruling 31).

They are answered at the front door: going through Datasette's router would take as long again as making the page.
Each module holds the views of one subject and their routes.
"""

from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.views import commissioners, downloads, finding, opportunities, planning, record, texts
from tenderbell.pages.views.route import Route, kind_of
from tenderbell.pages.website import Page, Website

ROUTES: tuple[Route, ...] = (
    *opportunities.ROUTES,
    *finding.ROUTES,
    *planning.ROUTES,
    *record.ROUTES,
    *downloads.ROUTES,
    *commissioners.ROUTES,
    *texts.ROUTES,
)
"""Tried in this order: the first whose pattern is the whole path."""


def route_of(path: str) -> Route | None:
    """Return the route of an address, None when it is no page of these."""
    return next((route for route in ROUTES if route.pattern.fullmatch(path)), None)


def answer(site: Website, path: str, query: str) -> StoredPage:
    """Return the whole response for one of these addresses; a page that says so for any other."""
    route = route_of(path)
    found = route.pattern.fullmatch(path) if route else None
    if route is None or found is None:
        return rendered(site, site.error(404))
    caught = found[1] if route.pattern.groups else ""
    return rendered(site, route.view(site, site.readers.connection(), caught or "", query))


def rendered(site: Website, page: Page | StoredPage) -> StoredPage:
    """Return a page as a whole response."""
    if isinstance(page, StoredPage):
        return page
    extra: list[Header] = [(name.encode(), value.encode()) for name, value in page.headers.items()]
    return StoredPage(page.status, [kind_of("text/html"), *extra], site.render(page).encode())
