"""What the spiders of portals take for granted (sources.md section 4): all of it comes from others' code, so that each
probe of a portal is a first look. A portal's terms are read before anything else is asked."""

from collections.abc import Callable
from typing import Any

from scrapy.http import Request

from spiders.questions.lists import first_page, is_understood, known_link, opens_a_session, robots_say, robots_txt
from spiders.questions.probe import Probe, has


def _door(number: int) -> Callable[[Any], Request]:
    """Return a question for one of the addresses that open a session."""
    return lambda spider: Request(spider.doors()[number])


def _robots(path: str) -> Probe:
    return Probe("robots.txt allows the list.", robots_txt, robots_say(allowed=(path,)))


LISTED = Probe("The list is where it is looked for, and its rows are understood.", first_page, is_understood)

OPENED = Probe("An advert's own page holds the fields that are read.", known_link, is_understood)

PROCONTRACT = (
    _robots("/Opportunities/Index"),
    Probe("The list opens a session.", _door(0), opens_a_session),
    Probe("The portal's GUID chooses its list.", _door(1), has("#opportunitiesGrid")),
    LISTED,
    OPENED,
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
    OPENED,
)
