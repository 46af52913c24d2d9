"""A search as one says it aloud: "open grants about “young carers” in Stroud"."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from tenderbell.area import Area
from tenderbell.criteria import Criteria
from tenderbell.phrases import money_words, plural
from tenderbell.themes import theme_names
from tenderbell.words import split_exclusions

_KINDS = {
    "contract": "contracts",
    "grant": "grants",
    "loan": "loans",
    "framework": "frameworks",
    "concession": "concessions",
    "dynamic-market": "dynamic markets",
    "unclear": "opportunities not clear to be grant or contract",
}
_STAGES = {
    "planned": "planned",
    "engagement": "in early talks",
    "open": "open",
    "closed": "closed",
    "awarded": "awarded",
    "cancelled": "cancelled",
}
_REACHES = {
    "local": "in {area}",
    "regional": "across the region",
    "national": "across the whole country",
    "unstated": "where no place is stated",
}


def describe(criteria: Criteria, area: Area) -> str:
    """Return a search in words, without a full stop and beginning in lower case; "everything" when it asks nothing."""
    if not criteria.canonical(profile=True):
        return "everything"
    return " ".join(part for part in (_noun(criteria), *_details(criteria, area)) if part)


def _noun(criteria: Criteria) -> str:
    kinds = _some(criteria.kind, lambda kind: _KINDS.get(kind, f"“{kind}”")) or "opportunities"
    if not criteria.stage:
        return kinds
    stages = _some(criteria.stage, lambda stage: _STAGES.get(stage, f"“{stage}”"))
    return f"open {kinds}" if criteria.stage == ("open",) else f"{kinds} that are {stages}"


def _reach(reach: str, area: Area) -> str:
    return _REACHES[reach].format(area=area.name) if reach in _REACHES else f"“{reach}”"


def _details(criteria: Criteria, area: Area) -> Iterator[str]:
    yield _about(criteria)
    if criteria.buyer:
        yield "from " + _some(criteria.buyer, lambda slug: _buyer_name(area, slug))
    if criteria.district:
        yield "in " + _some(criteria.district, lambda name: _district_name(area, name))
    if criteria.reach:
        yield _some(criteria.reach, lambda reach: _reach(reach, area))
    yield _worth(criteria)
    yield _closing(criteria)
    if criteria.notice_days_min:
        yield f"with at least {criteria.notice_days_min} days’ notice"
    if criteria.vcse:
        yield "suitable for voluntary and community organisations"
    yield from _last_details(criteria)


def _last_details(criteria: Criteria) -> Iterator[str]:
    if criteria.cpv:
        yield f"under {plural(len(criteria.cpv), 'CPV code')[2:]} " + _some(criteria.cpv, str)
    if criteria.source:
        yield "published at " + _some(criteria.source, str)
    if unwanted := split_exclusions(criteria.q)[1]:
        yield "but not " + _some(unwanted, lambda word: f"“{word}”")


def _about(criteria: Criteria) -> str:
    wanted, _ = split_exclusions(criteria.q)
    subjects = [_quoted(wanted)] if wanted else []
    subjects += [_theme_name(theme) for theme in criteria.theme]
    if wanted and criteria.theme:
        return f"about {subjects[0]} and {_some(criteria.theme, _theme_name)}"
    return f"about {_some(subjects, str)}" if subjects else ""


def _quoted(words: str) -> str:
    """Return typed words in curly quotes; a phrase that is quoted already keeps one pair only."""
    plain = words.strip('"') if words.count('"') <= 2 and words.startswith('"') and words.endswith('"') else words
    return f"“{plain}”"


def _theme_name(theme: str) -> str:
    name = theme_names().get(theme)
    return name[:1].lower() + name[1:] if name else f"“{theme}”"


def _buyer_name(area: Area, id: str) -> str:
    body = area.body_by_slug.get(id)
    return body.name if body else f"“{id}”"


def _district_name(area: Area, name: str) -> str:
    district = area.district(name)
    return district.name if district else f"“{name}”"


def _worth(criteria: Criteria) -> str:
    least, most = _money(criteria.value_min), _money(criteria.value_max)
    if criteria.value:
        return "with no value stated"
    if least and most:
        return f"worth {least} to {most}"
    if least:
        return f"worth {least} or more"
    return f"worth up to {most}" if most else ""


def _money(text: str) -> str:
    try:
        return money_words(float(text)) if text else ""
    except ValueError:
        return f"“{text}”"


def _closing(criteria: Criteria) -> str:
    after, before = _day(criteria.closes_after), _day(criteria.closes_before)
    if after and before:
        return f"closing between {after} and {before}"
    if after:
        return f"closing on or after {after}"
    return f"closing by {before}" if before else ""


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return f"“{text}”"
    return f"{day.day} {day:%B %Y}" if day else ""


def _some(values: Iterable[str], words: Callable[[str], str]) -> str:
    """Return "a", "a or b", "a, b or c"."""
    listed = [words(value) for value in values]
    return " or ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
