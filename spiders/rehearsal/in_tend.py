"""A small local server that behaves like In-Tend: a page that sets a cookie, and the JSON behind it."""

import json
from datetime import datetime
from typing import Any

from spiders.rehearsal.portal import Listed, PortalServer, login, numbered, page, portion
from spiders.rehearsal.server import Answer, Asked, plain

NO_DATE = "/Date(-62135596800000)/"


class InTendServer(PortalServer):
    """Serves one organisation's lists; `organisation` is the first part of every path."""

    organisation = "org"

    @property
    def address(self) -> str:
        """The address of the organisation."""
        return f"{self.url}/{self.organisation}"

    def product(self, asked: Asked) -> Answer:
        """Return a list's page, its JSON, or a project's page."""
        path = asked.path.removeprefix(f"/{self.organisation}/aspx/")
        if path.startswith("Tenders/"):
            return page("Tenders", "<div id='tenders'></div>", self.open_session())
        if path == "Services/Projects.svc/GetProjects":
            return self._projects(asked)
        return plain(404, "Not found")

    def _projects(self, asked: Asked) -> Answer:
        if self.session(asked) is None or asked.headers.get("x-requested-with") != "XMLHttpRequest":
            return login()
        wanted = [item for item in self.items if item.list == asked.query.get("strMode")]
        size = int(asked.query.get("iPageSize", "10"))
        shown, pages = portion(sorted(wanted, key=lambda item: item.title), numbered(asked, "iPage"), size)
        body = {"PageCount": pages, "TotalRecords": len(wanted), "Data": [self._project(item) for item in shown]}
        return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})

    def _project(self, item: Listed) -> dict[str, Any]:
        return {
            "ProjectID": item.number,
            "UniqueID": item.guid,
            "Reference": item.reference,
            "Title": item.title,
            "Customer": item.buyer,
            "Description": item.description,
            "DateDocsAvailableUntil": _date(item.closes),
            "Type": item.sort,
            "Category": item.category,
            "UTCTimeZoneName": "GMT Standard Time",
            "SecondsRemaining": self.count,
        }


def _date(moment: datetime | None) -> str:
    return NO_DATE if moment is None else f"/Date({int(moment.timestamp() * 1000)})/"
