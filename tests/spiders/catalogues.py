"""The four sites of funding as the tests of all of them need them: a rehearsal on a bad day, and where things are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spiders.rehearsal.find_a_grant import Grant, GrantSite
from spiders.rehearsal.govuk import Announcement, GovukApi
from spiders.rehearsal.national_lottery import Programme, ProgrammeSite
from spiders.rehearsal.server import Answer
from spiders.rehearsal.ukri import Call, CallSite
from tests.spiders.faulty import Fault, WithFaults


class FaultyGrants(WithFaults, GrantSite):
    """Find a Grant on a bad day."""


class FaultyCalls(WithFaults, CallSite):
    """UKRI on a bad day."""


class FaultyGovuk(WithFaults, GovukApi):
    """GOV.UK on a bad day."""


class FaultyProgrammes(WithFaults, ProgrammeSite):
    """The National Lottery Community Fund on a bad day."""


def announcement(name: str, **more: Any) -> Announcement:
    """Return an announcement of a grant that one can apply for."""
    body = "<p>Groups can apply for a grant of up to £5,000.</p><p>Closing date: 1 October 2026 at noon.</p>"
    given = {"description": "Small groups can apply for a grant.", "body": body} | more
    return Announcement(f"/government/news/{name}", f"{name.replace('-', ' ').title()} grants open", **given)


@dataclass(frozen=True)
class Site:
    """One of the sites: `make` returns an item by a name, `shelf` is the server's list of items."""

    spider: str
    server: Callable[..., Any]
    make: Callable[..., Any]
    shelf: str
    listing: str
    page: str
    options: dict[str, Any] = field(default_factory=dict)
    is_a_whole_list: bool = True

    def start(self, *names: str, faults: dict[int | str, Fault] | None = None) -> Any:
        """Return a server that has not been started, with an item for each name."""
        return self.server([self.make(name) for name in names], faults=faults)

    def key(self, name: str) -> str:
        """Return the key of the item with that name."""
        return self.page.removeprefix("/api/content").format(name=name) if self.spider == "govuk" else name


SITES = {
    site.spider: site
    for site in (
        Site(
            "find-a-grant", FaultyGrants, lambda name: Grant(name, f"{name.title()} fund"), "grants", "/grants",
            "/grants/{name}",
        ),
        Site(
            "ukri", FaultyCalls, lambda name: Call(name, f"{name.title()} call"), "calls", "/opportunity/feed/",
            "/opportunity/{name}/",
        ),
        Site(
            "govuk", FaultyGovuk, announcement, "announcements", "/api/search.json",
            "/api/content/government/news/{name}", {"organisations": ["sample-office"]}, False,
        ),
        Site(
            "national-lottery", FaultyProgrammes, lambda name: Programme(name, f"{name.title()} programme"),
            "programmes", "/funding/funding-programmes", "/funding/funding-programmes/{name}",
        ),
    )
}  # fmt: skip


def error_page(answer: Answer) -> Answer:
    """Send an error page with status 200."""
    page = b"<!DOCTYPE html><html><head><title>Service unavailable</title></head><body><h1>Service unavailable</h1>"
    return Answer(200, page + b"<p>Try again later.</p></body></html>", {"Content-Type": "text/html"})


def rebuilt(answer: Answer) -> Answer:
    """Send the page of a site that has been made anew: its words are there, its markup and its JSON are others."""
    page = b'<!DOCTYPE html><html><head><title>Funding</title></head><body><section class="tile">Barn</section></body>'
    if b"json" in answer.headers.get("Content-Type", "").encode():
        return Answer(200, b'{"items": [], "meta": {}}', answer.headers)
    return Answer(200, page + b"</html>", {"Content-Type": "text/html"})


def nothing(answer: Answer) -> Answer:
    """Send an empty answer."""
    return Answer(200, b"", answer.headers)


def misnamed(answer: Answer) -> Answer:
    """Call the encoding something that it is not."""
    kind = answer.headers["Content-Type"].partition(";")[0]
    return Answer(200, answer.body, {**answer.headers, "Content-Type": f"{kind}; charset=iso-8859-1"})
