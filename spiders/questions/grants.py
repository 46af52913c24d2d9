"""What the spiders of funders take for granted (sources.md section 5), to be asked of the live sites."""

from typing import Any

from scrapy.http import Request

from spiders.questions.lists import every, first_page, is_understood, known_page, robots_say, robots_txt
from spiders.questions.probe import Probe, contains, status

FIND_A_GRANT = (
    Probe("robots.txt allows the list of grants.", robots_txt, robots_say(allowed=("/grants",))),
    Probe(
        "The list stands in the page's __NEXT_DATA__, with the field names that are read.",
        first_page,
        every(is_understood, contains('"grantName"', '"label"', '"grantApplicationCloseDate"', '"totalGrants"')),
    ),
    Probe("A grant's own page holds the fields that are read.", known_page("/grants/{key}"), is_understood),
)

UKRI = (
    Probe("robots.txt allows the feed of calls.", robots_txt, robots_say(allowed=("/opportunity/feed/",))),
    Probe("The feed lists calls.", first_page, is_understood),
    Probe("A call's own page states its facts in a table.", known_page("/opportunity/{key}/"), is_understood),
)

GOVUK = (
    Probe(
        "robots.txt forbids /search/all, and not the interfaces that are asked.",
        robots_txt,
        robots_say(allowed=("/api/search.json", "/api/content/government/news"), forbidden=("/search/all",)),
    ),
    Probe("The search answers with results.", first_page, is_understood),
    Probe("An unknown parameter is refused with 422.", "/api/search.json?unheard=1", status(422)),
    Probe("A content item holds what is read of it.", known_page("/api/content{key}"), is_understood),
)

NATIONAL_LOTTERY = (
    Probe("robots.txt allows the programme finder.", robots_txt, robots_say(allowed=("/funding/funding-programmes",))),
    Probe(
        "The programme finder shows cards with their status.",
        first_page,
        every(is_understood, contains("Programme status")),
    ),
    Probe(
        "A programme's own page holds what is read of it.",
        known_page("/funding/funding-programmes/{key}"),
        is_understood,
    ),
)


def _posts(spider: Any) -> Request:
    """Ask for the first page of a site's posts, as a harvest does."""
    request: Request = spider.page_request(1)
    return request


WORDPRESS = (Probe("The site answers with posts.", _posts, is_understood),)
