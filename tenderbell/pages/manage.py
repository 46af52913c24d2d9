"""The pages on which somebody manages their alerts: what they say, and the search that is changed on one of them."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.pages.facets import Choice, Facet
from tenderbell.phrases import kind_words, reach_words, stage_words
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind, Reach, Stage

SAID = {
    "frequency": "Done: you will be written to as you chose.",
    "name": "Done: the search has its new name.",
    "wishes": "Done: your wishes are kept.",
    "paused": "Done: no e-mails about this until then.",
    "resumed": "Done: e-mails about this have started again.",
    "ended": "Done: this has ended. There will be no more e-mails about it.",
    "all-ended": "Done: all your alerts have ended. There will be no more e-mails.",
    "changed": "Done: from now on this search looks for what its heading says. “See what fits today” has what is open.",
    "same": "Nothing was changed: you have that search already, or this one has ended.",
    "renewed": "Done: the earlier links to this page are useless now. Keep the address that you see now.",
    "added": "Done: the search has been added.",
    "followed": "Done: you follow it now.",
    "unknown": "No opportunity here has that address, so nothing was changed. Copy it from the opportunity’s page.",
    "shown": "Done: we write about it again, from what happens next.",
    "asked": "We have sent you an e-mail. Press the button on the page that its link opens, and we write to you again.",
    "full": "That is as many searches as one address can have. End one first.",
    "date": "Please give a day in the future to pause until.",
    "gone": "That had ended already.",
}
"""What the manage page may say after a change, by the word in its address."""

UNCLEAR = "That is not the address of a search here. Copy it from the page of results."

_OTHERS = ("cpv", "buyer", "source", "value", "closes_after", "closes_before")
"""The fields that the form of a search keeps as they are, or drops."""

_WORKED_FOR = (Stage.PLANNED, Stage.ENGAGEMENT, Stage.OPEN)


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


def opportunity_at(address: str) -> str:
    """Return the id that the address of an opportunity's page ends with; for any other text its last part."""
    try:
        path = urlsplit(address.strip()).path
    except ValueError:
        return ""
    return unquote(path.rstrip("/").rpartition("/")[2])


def search_facets(criteria: Criteria, area: Area) -> tuple[Facet, ...]:
    """Return the choices of the form that changes a search, without counts."""
    stages = [*_WORKED_FOR, *(stage for stage in Stage if stage in criteria.stage and stage not in _WORKED_FOR)]
    return (
        _facet("stage", "Stage", {stage: stage_words(stage).capitalize() for stage in stages}, criteria.stage),
        _facet("kind", "What kind", {kind: kind_words(kind) for kind in Kind}, criteria.kind),
        _facet("reach", "How far it reaches", {reach: reach_words(reach) for reach in Reach}, criteria.reach),
        _facet("district", "District", {one.slug: one.name for one in area.districts}, _slugs(criteria, area)),
        _facet("theme", "Theme", theme_names(), criteria.theme),
    )


def other_choices(criteria: Criteria, area: Area) -> tuple[tuple[str, Choice], ...]:
    """Return, for each thing that a search asks for and the form has no field for, a tick that keeps it."""
    return tuple(_others(criteria, area))


def _facet(name: str, legend: str, words: Mapping[str, str], asked: Iterable[str]) -> Facet:
    chosen = set(asked)
    choices = tuple(Choice(str(value), text, value in chosen) for value, text in words.items())
    return Facet(name, legend, choices, shown=bool(chosen) or name in ("stage", "kind"))


def _slugs(criteria: Criteria, area: Area) -> set[str]:
    return {found.slug for name in criteria.district if (found := area.district(name))}


def _others(criteria: Criteria, area: Area) -> Iterator[tuple[str, Choice]]:
    for name, value in criteria.pairs(profile=True):
        if name in _OTHERS:
            words = describe(Criteria.parse([(name, value)]), area).removeprefix("opportunities ")
            yield name, Choice(value, words[:1].upper() + words[1:], chosen=True)
