"""A small local server that behaves like Atamis' public list: ten rows a page, “Page 1 of N”."""

from html import escape

from spiders.rehearsal.portal import Listed, PortalServer, day, minute, numbered, page, portion
from spiders.rehearsal.server import Answer, Asked, plain

PAGE_SIZE = 10


class AtamisServer(PortalServer):
    """Serves one customer's list. With `refuses` it answers as it does to addresses of data centres."""

    refuses = False

    def product(self, asked: Asked) -> Answer:
        """Return a page of the list."""
        if self.refuses:
            return Answer(403, b"<h1>Forbidden</h1>", {"Content-Type": "text/html"})
        if asked.path != "/" or asked.query.get("searchtype") != "Projects":
            return plain(404, "Not found")
        number = numbered(asked, "page")
        shown, pages = portion(self.items, number, PAGE_SIZE)
        rows = "".join(_row(item, number) for item in shown)
        state = f'<input type="hidden" name="com.salesforce.visualforce.ViewState" value="v{self.count}">'
        table = f'<table class="results"><thead><tr><th>Ref</th></tr></thead><tbody>{rows}</tbody></table>'
        menu = "<table><tbody><tr><td>Home</td><td>Help</td></tr></tbody></table>"
        return page("Contracts", f"{menu}<form>{state}<p>Page <b>{number}</b> of {pages}</p>{table}</form>")


def _row(item: Listed, number: int) -> str:
    link = (
        f"/ProSpend__CS_ContractPage?SearchType=Projects&amp;uid=a07{item.number:015d}&amp;searchStr=&amp;"
        f"sortStr=Recently+Published&amp;page={number}&amp;filters=&amp;County="
    )
    said = (
        ("Contracting Authority", item.buyer),
        ("Opens", day(item.opens)),
        ("Response Deadline", minute(item.closes)),
        ("Procurement Route", item.sort),
    )
    spans = "".join(f'<td><span class="js-dyn" data-label="{label}">{escape(text)}</span></td>' for label, text in said)
    title = f'<a class="result-title" href="{link}">{escape(item.title)}</a>'
    return f'<tr><td class="col-ref">{escape(item.reference)}</td><td class="col-title">{title}</td>{spans}</tr>'
