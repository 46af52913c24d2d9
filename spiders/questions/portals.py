"""What the spiders of portals take for granted (sources.md section 4): all of it comes from others' code, so that each
probe of a portal is a first look. A portal's terms are read before anything else is asked."""

from collections.abc import Callable
from typing import Any

from scrapy.http import Request

from spiders.questions.lists import is_understood, opens_a_session, robots_say, robots_txt
from spiders.questions.probe import Probe, has


def _door(number: int) -> Callable[[Any], Request]:
    """Return a question for one of the addresses that open a session."""
    return lambda spider: Request(spider.doors()[number])


def _list(spider: Any) -> Request:
    """Ask for the first page of the first list, as a harvest does."""
    request: Request = spider.page_request(spider.places[0], None)
    return request


def _robots(path: str) -> Probe:
    return Probe("robots.txt allows the list.", robots_txt, robots_say(allowed=(path,)))


LISTED = Probe("The list is where it is looked for, and its rows are understood.", _list, is_understood)

PROCONTRACT = (
    _robots("/Opportunities/Index"),
    Probe("The list opens a session.", _door(0), opens_a_session),
    Probe("The portal's GUID chooses its list.", _door(1), has("#opportunitiesGrid")),
    LISTED,
)
IN_TEND = (
    _robots("/aspx/Services/Projects.svc/GetProjects"),
    Probe("The page of the list opens a session.", _door(0), opens_a_session),
    LISTED,
)
ATAMIS = (_robots("/?searchtype=Projects"), LISTED)
EU_SUPPLY = (_robots("/ctm/supplier/publictenders"), LISTED)
JAGGAER = (
    _robots("/esop/toolkit/opportunity/current/list.si"),
    Probe("A guest is let in without an account.", _door(0), has("table.list-table")),
    LISTED,
)
