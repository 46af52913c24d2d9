"""The page on which somebody manages their alerts: what it says, and the search that they copy into it."""

from urllib.parse import urlsplit

from tenderbell.criteria import Criteria

SAID = {
    "frequency": "Done: you will be written to as you chose.",
    "name": "Done: the search has its new name.",
    "paused": "Done: no e-mails about this until then.",
    "resumed": "Done: e-mails about this have started again.",
    "ended": "Done: this has ended. There will be no more e-mails about it.",
    "all-ended": "Done: all your alerts have ended. There will be no more e-mails.",
    "changed": "Done: from now on this search looks for what its heading says. “See what fits today” has what is open.",
    "unclear": "That is not the address of a search here, so nothing was changed. Copy it from the page of results.",
    "same": "Nothing was changed: you have that search already, or this one has ended.",
    "renewed": "Done: the earlier links to this page are useless now. Keep the address that you see now.",
    "added": "Done: the search has been added.",
    "full": "That is as many searches as one address can have. End one first.",
    "date": "Please give a day in the future to pause until.",
    "gone": "That had ended already.",
}
"""What the manage page may say after a change, by the word in its address."""


def search_at(address: str) -> Criteria | None:
    """Return the search that a results page has in its address (or in the part after the question mark alone); None
    for any other text, so that words typed by mistake never become a search for everything."""
    try:
        parts = urlsplit(address.strip() if "?" in address or "/" in address else f"?{address.strip()}")
    except ValueError:
        return None
    criteria = Criteria.parse(parts.query)
    is_results = parts.path in ("", "/opportunities") and (parts.path or parts.query)
    if not is_results or criteria.problems() or (parts.query and not criteria.canonical()):
        return None
    return criteria
