"""The undertakings about advertising any funding: the Code, 3.1 and 3.2."""

from datetime import date

from tenderbell.code.calendar import NOTICE_MONTHS, advertised_on, date_words, day_of, deadline_day, months_later
from tenderbell.code.telling import told
from tenderbell.opportunity import Finding, Opportunity
from tenderbell.phrases import deadline_words, kind_words, plural
from tenderbell.vocabulary import Kind, Result

NOT_STATED = "Not stated in the notice."
_GRANTS = frozenset({Kind.GRANT, Kind.LOAN})
_DATES = {
    "closes_at": "the deadline",
    "enquiries_close_at": "the last day for questions",
    "decision_expected_at": "the day of the decision",
    "starts_at": "the start",
}
"""The dates without which nobody can plan. A grant's start is often the applicant's own choice."""


def funding_type(opportunity: Opportunity) -> Finding:
    """3.1.1: the type of funding."""
    kind, evidence = opportunity.kind, opportunity.kind_evidence
    if kind is Kind.UNCLEAR:
        words = "It is not clear from the notice whether this is a grant or a contract."
        return Finding("3.1.1", Result.NOT_STATED, words, "kind", evidence)
    return Finding("3.1.1", Result.MET, f"{kind_words(kind)}.", "kind", evidence)


def key_dates(opportunity: Opportunity) -> Finding:
    """3.1.2: the dates of the process, mapped out."""
    wanted = ("closes_at", "decision_expected_at") if opportunity.kind in _GRANTS else tuple(_DATES)
    if opportunity.rolling:
        wanted = wanted[1:]
    given = [name for name in wanted if getattr(opportunity, name) is not None]
    missing = [_DATES[name] for name in wanted if name not in given]
    rolling = ["that it is open all the time"] if opportunity.rolling else []
    words = f"It gives {listed(rolling + [_DATES[name] for name in given])}." if given or rolling else ""
    if not missing:
        return Finding("3.1.2", Result.MET, words, given[-1], _dates_relied_on(opportunity, given))
    lacking = f"Not stated in the notice: {listed(missing)}." if words else NOT_STATED
    relied_on = _dates_relied_on(opportunity, given)
    return Finding("3.1.2", Result.NOT_STATED, f"{words} {lacking}".strip(), "closes_at", relied_on)


def _dates_relied_on(opportunity: Opportunity, names: list[str]) -> str | None:
    days = {name: day_of(name, getattr(opportunity, name)) for name in names}
    return "; ".join(f"{_DATES[name]}: {date_words(day)}" for name, day in days.items()) or None


def voluntary_groups(opportunity: Opportunity) -> Finding:
    """3.1.3: whether voluntary groups are welcome. What is said of it counts; silence is no refusal."""
    if opportunity.reserved_vcse:
        words = "It is reserved to voluntary groups, social enterprises or the like."
        return Finding("3.1.3", Result.MET, words, "reserved_vcse", "reserved participation")
    if opportunity.vcse_suitable:
        words = "The notice says that it suits voluntary groups."
        return Finding("3.1.3", Result.MET, words, "vcse_suitable", "suitable for VCSE: yes")
    if opportunity.vcse_suitable is False:
        words = "The notice says no to “suitable for voluntary groups”. That alone does not keep them out."
        return Finding("3.1.3", Result.NOT_MET, words, "vcse_suitable", "suitable for VCSE: no")
    return Finding("3.1.3", Result.NOT_STATED, NOT_STATED, "vcse_suitable")


def three_months(opportunity: Opportunity) -> Finding | None:
    """3.2.2: three calendar months between the advert and the deadline. What is open all the time has none."""
    if opportunity.rolling:
        return None
    if opportunity.closes_at is None:
        return Finding("3.2.2", Result.NOT_STATED, "No deadline is stated in the notice.", "closes_at")
    closes, opened = opportunity.closes_at, advertised_on(opportunity)
    if opened is None:
        words = "We have not seen the first advert, so its days cannot be counted."
        return Finding("3.2.2", Result.NOT_STATED, _with_warning(words, opportunity), "notice_days")
    is_enough = deadline_day(closes) >= months_later(opened, NOTICE_MONTHS)
    days = plural(opportunity.notice_days or 0, "day")
    words = f"{days} from advert to deadline{'' if is_enough else ', which is less than three months'}."
    return Finding(
        "3.2.2",
        Result.MET if is_enough else Result.NOT_MET,
        _with_warning(words, opportunity),
        "notice_days",
        f"{_advertised(opportunity, opened)}, to be answered by {deadline_words(closes)}",
    )


def _advertised(opportunity: Opportunity, opened: date) -> str:
    """Return when it was advertised; without a day to answer it may have come after its own deadline."""
    return f"Advertised on {date_words(opened)}" if opportunity.notice_days else "Advertised that day or later"


def _with_warning(words: str, opportunity: Opportunity) -> str:
    """Return words with the total warning, from the first early notice to the deadline, where there was one."""
    warning = opportunity.warning_days
    return words if warning is None else f"{words} {plural(warning, 'day')} from the first early notice."


def who_may_apply(opportunity: Opportunity) -> Finding:
    """3.2.3: rules on who may apply."""
    if rules := told(opportunity.eligibility):
        return Finding("3.2.3", Result.MET, "The notice says who may apply.", "eligibility", rules)
    if opportunity.reserved_vcse or opportunity.reserved_places:
        name = "reserved_vcse" if opportunity.reserved_vcse else "reserved_places"
        return Finding("3.2.3", Result.MET, "The notice says to whom it is reserved.", name, "reserved participation")
    return Finding(
        "3.2.3", Result.NOT_STATED, NOT_STATED, "eligibility", opportunity.eligibility and _brief(opportunity)
    )


def _brief(opportunity: Opportunity) -> str:
    return " ".join((opportunity.eligibility or "").split())[:200]


def decision_date(opportunity: Opportunity) -> Finding:
    """3.2.4: the day of the decision. One that lies before the deadline cannot be meant."""
    decision, closes = opportunity.decision_expected_at, opportunity.closes_at
    if decision is None:
        return Finding("3.2.4", Result.NOT_STATED, NOT_STATED, "decision_expected_at")
    day = day_of("decision_expected_at", decision)
    if closes is not None and day < deadline_day(closes):
        words = f"The day that is given, {date_words(day)}, lies before the deadline, so it cannot be meant."
        return Finding("3.2.4", Result.NOT_STATED, words, "decision_expected_at", date_words(day))
    return Finding("3.2.4", Result.MET, f"By {_day(day)}.", "decision_expected_at", date_words(day))


def _day(day: date) -> str:
    return f"{day:%A} {date_words(day)}"


def listed(names: list[str]) -> str:
    """Return "the deadline, the start and the decision"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
