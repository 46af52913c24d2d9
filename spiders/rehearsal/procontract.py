"""A small local server that behaves like ProContract: a grid whose filter and page live in the session."""

from html import escape

from spiders.rehearsal.portal import Listed, PortalServer, day, login, minute, numbered, page, portion
from spiders.rehearsal.server import Answer, Asked, plain

PAGE_SIZE = 10


class ProContractServer(PortalServer):
    """Serves the adverts of many portals; `applyFilter` narrows a session's grid to the portal `p`."""

    filters: dict[str, str]
    region = "Gloucestershire"
    """Where each advert says that it is delivered."""

    def product(self, asked: Asked) -> Answer:
        """Return the grid or an advert."""
        if asked.path == "/Opportunities/Index":
            return self._index(asked)
        if asked.path == "/Advert":
            found = [item for item in self.items if item.guid == asked.query.get("advertId")]
            return page("Advert", self._advert(found[0])) if found else plain(404, "Not found")
        return plain(404, "Not found")

    def _index(self, asked: Asked) -> Answer:
        self.filters = getattr(self, "filters", {})
        if "resetFilter" in asked.query:
            headers = self.open_session()
            return page("Opportunities", self._grid(self.items, 1), headers)
        session = self.session(asked)
        if session is None:
            return login()
        if "applyFilter" in asked.query:
            self.filters[session] = asked.query.get("p", "")
        chosen = self.filters.get(session)
        items = [item for item in self.items if chosen is None or item.portal == chosen]
        return page("Opportunities", self._grid(items, numbered(asked, "Page")))

    def _grid(self, items: list[Listed], number: int) -> str:
        shown, pages = portion(items, number, PAGE_SIZE)
        rows = "".join(_row(item, stripe) for stripe, item in enumerate(shown))
        if not shown:
            rows = '<tr><td colspan="5">There are no opportunities to show.</td></tr>'
        links = "".join(
            f'<a href="/Opportunities/Index?Page={each}&amp;PageSize={PAGE_SIZE}">{each}</a>'
            for each in range(1, pages + 1)
            if each != number
        )
        names = ('<a href="?SortColumn=Title&amp;Page=1">Title</a>', "Buyer", "Start", "End", "£")
        head = "".join(f"<th>{name}</th>" for name in names)
        token = f'<input type="hidden" name="__RequestVerificationToken" value="t{self.count}">'
        return (
            f'<form>{token}</form><table id="opportunitiesGrid"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table><div class='pager'>{links}</div>"
        )

    def _advert(self, item: Listed) -> str:
        fields = [
            ("Title", item.title),
            ("Opportunity Id", item.reference),
            ("Categories", "85000000-9 - Health and social work services"),
            ("Description", item.description),
            ("Region(s) of supply", self.region),
            ("Estimated value", item.value),
            ("Buyer", item.buyer),
            ("Email", item.email),
            ("Telephone", "01632 960 000"),
        ]
        rows = "".join(
            f'<div class="row"><div class="cell120"><label>{label}</label></div>'
            f'<div class="cell400">{escape(value)}</div></div>'
            for label, value in fields
        )
        window = "".join(
            f"<div><div>{label}</div><div>{minute(at)}</div></div>"
            for label, at in (("From", item.opens), ("To", item.closes))
        )
        return (
            f'<div id="sticky-footer-helper"><header>Visitor {self.count}</header><main><!-- {self.count} -->'
            f'<form><input type="hidden" name="t" value="{self.count}">'
            f'<div class="main-section">{rows}<h3>Expression of interest window</h3>{window}</div></form></main></div>'
        )


def _row(item: Listed, stripe: int) -> str:
    link = f'<a href="/Advert?advertId={item.guid}" title="{item.reference}">{escape(item.title)}</a>'
    cells = (link, escape(item.buyer), day(item.opens), day(item.closes), escape(item.value))
    return f'<tr class="{"odd" if stripe % 2 else "even"}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
