"""Long pages: their text between headings, found by what the heading says."""

import re

from spiders.formats import fragments
from spiders.formats.fragments import Element
from tenderbell.text import clean_line, clean_text

_HEADING = re.compile(r"<h[2-4]\b[^>]*>(.*?)</h[2-4]>", re.IGNORECASE | re.DOTALL)


def web_page(body: bytes, content_type: str, *, whole: bool = False) -> Element:
    """Return the root of a web page. Bytes that are UTF-8 are read as UTF-8, whatever the server calls them: nothing
    else looks like it by chance. Raises BrokenResponse when there is no page, or with `whole` when it lacks its end."""
    try:
        body.decode("utf-8")
        content_type = "text/html; charset=utf-8"
    except UnicodeDecodeError:
        pass
    return (fragments.whole_document if whole else fragments.document)(body, content_type)


def sections(html: str) -> list[tuple[str, str]]:
    """Return (heading, text) of each section in order; what stands before the first heading has the heading ""."""
    pieces = ["", *_HEADING.split(html)]
    found = [(clean_line(pieces[at]) or "", clean_text(pieces[at + 1]) or "") for at in range(0, len(pieces), 2)]
    return [(heading, text) for heading, text in found if heading or text]


def about(found: list[tuple[str, str]], headings: re.Pattern[str]) -> str | None:
    """Return the text of the sections whose heading matches, None when there is none."""
    return "\n\n".join(text for heading, text in found if text and headings.search(heading)) or None


def besides(found: list[tuple[str, str]], *headings: re.Pattern[str]) -> str | None:
    """Return the text of all sections whose heading matches none of these, each under its heading."""
    kept = [
        f"{heading}\n{text}".strip()
        for heading, text in found
        if not any(pattern.search(heading) for pattern in headings)
    ]
    return "\n\n".join(kept) or None
