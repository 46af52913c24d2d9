"""A small local server that behaves like a Jaggaer portal: guests see a list and its adverts in a session."""

from html import escape
from urllib.parse import parse_qsl

from spiders.rehearsal.portal import Listed, PortalServer, day, login, minute, page, portion
from spiders.rehearsal.server import Answer, Asked, plain

LIST = "/esop/toolkit/opportunity/current/list.si"
PAGER = "opportunityListManager.pagerComponent.page"
HEADINGS = ("Procurement Route", "Buyer Organisation", "Project Title", "Work Category", "Listing Deadline")


class JaggaerServer(PortalServer):
    """Serves one portal; `size` rows a page."""

    size = 10

    def product(self, asked: Asked) -> Answer:
        """Return the way in, the list, or an advert."""
        if asked.path == "/esop/guest/go/public/opportunity/current":
            return Answer(302, b"", {"Location": f"{LIST}?_ncp={self.count}.1", **self.open_session()})
        if self.session(asked) is None:
            return login()
        if asked.path == LIST:
            form = dict(parse_qsl(asked.body.decode()))
            turned = asked.method == "POST" and form.get("userAct") == "changePage" and form.get("listState") == "kept"
            return self._list(int(form.get(PAGER, "1")) if turned else 1)
        number = asked.path.removeprefix("/esop/toolkit/opportunity/current/").removesuffix("/detail.si")
        found = [item for item in self.items if str(item.number) == number]
        return page(f"Project: {found[0].title}", self._advert(found[0])) if found else plain(404, "Not found")

    def _list(self, number: int) -> Answer:
        shown, _ = portion(self.items, number, self.size)
        start = (number - 1) * self.size
        counter = f"Showing Result {start + bool(shown)} - {start + len(shown)} of {len(self.items)}"
        heads = "".join(f"<th>{name}</th>" for name in HEADINGS)
        rows = "".join(_row(item, "ab"[index % 2]) for index, item in enumerate(shown))
        return page(
            "Current Opportunities",
            f'<form><input type="hidden" name="listState" value="kept"><table class="list-table">'
            f"<caption>Current Opportunities</caption><thead><tr>{heads}</tr></thead>"
            f'<tbody class="list-tbody">{rows}</tbody></table><div class="pagination-counter">{counter}</div></form>',
        )

    def _advert(self, item: Listed) -> str:
        fields = (
            ("Project Code", item.reference),
            ("Project Title", item.title),
            ("Project Description", item.description),
            ("Work Category", item.category),
            ("Procurement Route", item.sort),
            ("Listing Deadline", minute(item.closes)),
            ("Buyer Organisation", item.buyer),
            ("Publication Date", day(item.opens)),
            ("Estimated Value of Contract", item.value),
        )
        answers = "".join(
            f'<li class="FormField"><div class="form_question_label">{label}</div>'
            f'<div class="form_answer">{escape(text)}</div></li>'
            for label, text in fields
        )
        hidden = f'<input type="hidden" name="opportunityId" value="{item.number}">'
        return f'<form>{hidden}<input type="hidden" name="_ncp" value="{self.count}"><ul>{answers}</ul></form>'


def _row(item: Listed, stripe: str) -> str:
    link = f'<a class="detailLink" href="#fh" onclick="javascript:goToDetail(\'{item.number}\', \'1\');">'
    cells = (item.sort, item.buyer, None, item.category, minute(item.closes))
    title = f"{link}{escape(item.title)}</a>"
    return (
        f'<tr class="table_cnt_body_{stripe}">'
        + "".join(f"<td>{title if text is None else escape(text)}</td>" for text in cells)
        + "</tr>"
    )
