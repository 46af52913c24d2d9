"""Names of the site's addresses that hold nothing of the visitor's: what a request is counted and logged under."""

import re

from tenderbell.pages.views import ROUTES, route_of
from tenderbell.pages.views.route import Route
from tenderbell.pages.visits import ANALYSTS, FORMS, HEALTH, METRICS, OUTBOX, SNAPSHOT, STATIC

OTHER = "other"
"""Whatever the site has no page for."""

_OPTIONAL = re.compile(r"\(\?:.*\)\?")
_GROUP = re.compile(r"\((?!\?:)[^()]*\)")
_ONES = frozenset({HEALTH, METRICS, SNAPSHOT})


def room_of(path: str) -> str:
    """Return the name of what an address asks for: its route with a star for what differs (`/opportunities/*`)."""
    if path in _ONES:
        return path
    if (route := route_of(path)) is not None:
        return _NAMES[route]
    if STATIC.fullmatch(path):
        return "/static/*"
    if FORMS.fullmatch(path):
        return _room_of_form(path)
    if ANALYSTS.fullmatch(path):
        return "/public"
    return "/outbox" if OUTBOX.fullmatch(path) else OTHER


def _room_of_form(path: str) -> str:
    """Return the first word, which is one of few, and a star for the rest, which may be a secret."""
    words = path.strip("/").split("/")
    if words[0] == "buyers":
        return "/buyers/*/reply"
    if words[0] == "alerts" or words[1:] == ["new"]:
        return path
    return f"/{words[0]}" if len(words) == 1 else f"/{words[0]}/*"


def _name(route: Route) -> str:
    return _GROUP.sub("*", _OPTIONAL.sub("*", route.pattern.pattern)).replace("\\", "")


_NAMES = {route: _name(route) for route in ROUTES}
