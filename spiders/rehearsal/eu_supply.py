"""A small local server that behaves like an EU-Supply portal: a table of tenders in pages of 20."""

from html import escape

from spiders.rehearsal.portal import Listed, PortalServer, minute, numbered, page, portion
from spiders.rehearsal.server import Answer, Asked, plain

PAGE_SIZE = 20


class EuSupplyServer(PortalServer):
    """Serves the lists of brands; `portal` of an item is its brand."""

    def product(self, asked: Asked) -> Answer:
        """Return a page of a brand's list."""
        if asked.path != "/ctm/supplier/publictenders":
            return plain(404, "Not found")
        brand = asked.query.get("B", "")
        number = numbered(asked, "page")
        shown, pages = portion([item for item in self.items if item.portal == brand], number, PAGE_SIZE)
        rows = "".join(_row(item) for item in shown) or '<tr><td colspan="7">No tenders found</td></tr>'
        links = "".join(
            f'<a href="?B={brand}&amp;page={each}">{each}</a>' for each in range(1, pages + 1) if each != number
        )
        heads = "".join(
            f"<th>{name}</th>" for name in ("ID", "Type", "Name", "Published", "Deadline", "Country", "Buyer")
        )
        return page(
            "Public tenders",
            f'<table class="table ctm-table-fixed-layout"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            f'<div class="pager">{links}</div><input type="hidden" name="token" value="{self.count}">',
        )


def _row(item: Listed) -> str:
    link = f'<a href="/app/rfq/publicpurchase.asp?PID={item.number}&amp;AllowPrint=1">{_tooltip(item.title)}</a>'
    texts = (item.reference, item.sort, None, minute(item.opens), minute(item.closes), "GB", item.buyer)
    return "<tr>" + "".join(f"<td>{link if text is None else _tooltip(text)}</td>" for text in texts) + "</tr>"


def _tooltip(text: str) -> str:
    return f'<div class="js-tooltip-content">{escape(text)}</div>'
