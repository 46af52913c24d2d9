"""Pages made by Next.js: the data that such a page was made from stands in it as JSON."""

from typing import Any

from spiders.formats import fragments
from spiders.formats.lenient import decode
from spiders.formats.sections import web_page
from tenderbell.errors import BrokenResponse, ChangedMarkup

DATA = "script#__NEXT_DATA__"


def page_props(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the properties that a page was made from. Raises BrokenResponse when it is another page (an error, a login
    form, half a page), ChangedMarkup when its data has another shape."""
    root = web_page(body, content_type)
    script = fragments.required(root, DATA)
    try:
        data = decode((script.text or "").encode("utf-8", "replace"))
    except ValueError as error:
        raise BrokenResponse(f"The data in the page is not whole: {str(error)[:120]}.") from None
    props = data.get("props") if isinstance(data, dict) else None
    page = props.get("pageProps") if isinstance(props, dict) else None
    if not isinstance(page, dict):
        raise ChangedMarkup("The data in the page has no props.pageProps any more: the service has been rebuilt.")
    return page
