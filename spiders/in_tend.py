"""In-Tend: the portal of one organisation, such as `publicagroup` (Cheltenham, Cotswold, Forest of Dean).

Publisher: the organisation whose portal it is; the software is In-Tend's
Area: the organisation's customers
Licence: none stated; facts are taken, and every notice links to its project
Access: the JSON behind the list of projects, in a session that the list's page opens; url is the organisation's address
Limits: none known; one request in 10 seconds, 50 projects in each
Quirks: no deadline but “documents available until”; option `lists` says which lists; from others' code, unverified
Last checked live: never
"""

import json
import re
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from scrapy.http import Request

from spiders.formats import lenient
from spiders.formats.fragments import document, instead_of
from spiders.lists.adverts import Advert
from spiders.lists.portal import Portal, PortalOptions
from spiders.lists.rows import Listing, Place, Row, listing_of
from spiders.questions.portals import IN_TEND
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.text import clean_line, clean_text
from tenderbell.vocabulary import Effect
from tenderbell.wording import dates

PAGE_SIZE = 50
UNTIL = "time until which documents are available (no deadline is stated)"
_EFFECTS = {"Current": Effect.OPEN, "Forthcoming": Effect.PLAN, "Awarded": Effect.AWARD}
_VOLATILE = re.compile(r"(?i)remaining|countdown|daysleft|optin|token|session|views")
_NO_DATE = re.compile(r"/Date\(-\d+\)/")
"""How .NET writes the year 1, which stands for no date."""


class Options(PortalOptions, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`lists` are those to walk, in this order."""

    lists: tuple[Literal["Current", "Forthcoming", "Awarded"], ...] = ("Current", "Forthcoming")


class InTend(Portal):
    """Walks an organisation's lists of projects."""

    name = "in-tend"
    probes = IN_TEND
    options_type = Options
    lists: ClassVar[tuple[str, ...]] = ("Current", "Forthcoming")

    @classmethod
    def lists_of(cls, source: Source) -> tuple[str, ...]:
        """Return the lists that the edition names."""
        return tuple(cls.options_of(source).lists)

    def doors(self) -> list[str]:
        """Return the page that sets the cookie."""
        return [f"{self.base}/aspx/Tenders/Current"]

    def page_request(self, place: Place) -> Request:
        """Return the request of a page, as the page's own script asks for it."""
        query = {
            "strMode": place.list,
            "searchvalue": "",
            "bUseSearch": "false",
            "OrderBy": "Title",
            "OrderDirection": "ASC",
            "iPage": place.number,
            "iPageSize": PAGE_SIZE,
            "bOnlyWithCorrespondenceAllowed": "false",
            "iCustomerFilter": 0,
            "iOptInStatus": -1,
        }
        headers = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{self.base}/aspx/Tenders/{place.list}"}
        return Request(f"{self.base}/aspx/Services/Projects.svc/GetProjects?{urlencode(query)}", headers=headers)

    @classmethod
    def listing(cls, source: Source, body: bytes, content_type: str) -> Listing:
        """Return the projects of a page."""
        del source
        answer = _json(body, content_type)
        projects, pages = answer.get("Data"), answer.get("PageCount")
        if not isinstance(projects, list):
            raise ChangedMarkup("The answer has no list “Data” any more: the spider needs to change.")
        count = pages if isinstance(pages, int) and not isinstance(pages, bool) else None
        return listing_of([_row(project) for project in projects], count)

    @classmethod
    def advert(cls, parts: dict[str, str], source: Source) -> Advert:
        """Return what a project says."""
        project = _project(parts.get("row", ""))
        description = clean_text(project.get("Description"))
        labelled = dates.labelled_deadline(description)
        until = _date(project, "DateDocsAvailableUntil")
        return Advert(
            title=clean_line(project.get("Title")),
            reference=_text(project, "Reference"),
            buyer=clean_line(project.get("Customer")),
            link=_link(source, _text(project, "ProjectID")),
            description=description,
            effect=_EFFECTS.get(parts.get("list", ""), Effect.OPEN),
            closes=None if labelled else until,
            closes_at=labelled[0] if labelled else None,
            closes_from="deadline in the text" if labelled else UNTIL,
            closes_words=labelled[1] if labelled else _words(until),
            sort=clean_line(project.get("Type")),
            category=clean_line(project.get("Category")),
        )


def _json(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the object of an answer. Raises BrokenResponse, saying what came instead."""
    if body.lstrip()[:1] == b"<":
        raise instead_of(document(body, content_type), "JSON of the projects")
    try:
        answer = lenient.decode(body)
    except ValueError:
        raise BrokenResponse("The answer is not JSON." if body.strip() else "The answer is empty.") from None
    if not isinstance(answer, dict):
        raise BrokenResponse("The answer is JSON, but no list of projects.")
    return answer


def _row(project: Any) -> Row | None:
    if not isinstance(project, dict):
        return None
    reference, unique = _text(project, "Reference"), _text(project, "UniqueID") or _text(project, "ProjectID")
    key = reference if reference and re.search(r"\d", reference) and len(reference) <= 80 else unique
    kept = {name: value for name, value in project.items() if not _VOLATILE.search(name)}
    return Row(key, json.dumps(kept, ensure_ascii=False, sort_keys=True), spare=unique) if key else None


def _project(row: str) -> dict[str, Any]:
    try:
        project = json.loads(row)
    except (ValueError, RecursionError) as error:
        raise UnreadableNotice(f"The project is no JSON: {error}.") from None
    if not isinstance(project, dict):
        raise UnreadableNotice("The project is no JSON object.")
    return project


def _text(project: dict[str, Any], name: str) -> str | None:
    value = project.get(name)
    return clean_line(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _date(project: dict[str, Any], name: str) -> str | None:
    written = _text(project, name)
    return None if written is None or _NO_DATE.fullmatch(written) else written


def _words(written: str | None) -> str | None:
    """Return the deadline that In-Tend counts in milliseconds as people write it."""
    instant = dates.deadline(written)
    return uk(instant).strftime("%d/%m/%Y %H:%M") if instant else None


def _link(source: Source, project: str | None) -> str | None:
    return f"{(source.url or '').rstrip('/')}/aspx/ProjectManage/{quote(project, safe='')}" if project else None
