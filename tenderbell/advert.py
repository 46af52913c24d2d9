"""An advert written here: what the short form holds, what is wrong with it, and the notice that it becomes.

Everything is kept as typed. Dates carry their year, so that they can be read again at any time without a clock.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from tenderbell.notice import Money, Notice, Organisation, Record
from tenderbell.text import clean_line, clean_text, impersonal_link, is_role_mailbox, mask_personal, safe_link
from tenderbell.vocabulary import Effect, Kind, Reach
from tenderbell.wording import amounts, dates, statements
from tenderbell.wording.weightings import shares_in

SOURCE = "direct"
"""The id of the source under which adverts written here are kept."""

KINDS = (Kind.GRANT, Kind.CONTRACT, Kind.LOAN, Kind.FRAMEWORK, Kind.CONCESSION, Kind.DYNAMIC_MARKET)
"""The kinds that a writer can choose from."""

DATES = ("opens", "closes", "questions", "decision", "starts", "ends")
LONGEST = {
    "title": 200,
    "kind": 20,
    "who": 2_000,
    "worth": 200,
    "purpose": 6_000,
    **dict.fromkeys(DATES, 100),
    "how": 2_000,
    "link": 1_000,
    "scoring": 2_000,
    "place": 100,
    "mailbox": 200,
}
"""How many characters each field may have."""

_LINES = frozenset({"who", "purpose", "how", "scoring"})
_PUBLISHED = ("title", "who", "worth", "purpose", "how", "scoring", "place")
_VAGUE = re.compile(
    r"\b(?:not before|no earlier than|(?:on or )?after|from|onwards?|around|about|approx(?:imately)?|circa|roughly|"
    r"(?:week|month) (?:beginning|commencing|starting|ending|of)|w/[bce]|early|mid|late|provisional(?:ly)?|"
    r"(?:expected|estimated|likely|subject) (?:to|on|by|in)?|t\.?b\.?[cd]|to be confirmed|at the earliest|or later)\b",
    re.IGNORECASE,
)
_EXACT = frozenset({"closes", "questions", "decision"})
"""The dates that people have to rely on: one day each, nothing around it."""

_NO_ONE_DAY = "This leaves open which day it is. Give the one day on which people can rely."
_EXAMPLE = "Write it like “12 noon, 30 April 2027”, with the year."


class Advert(Record, frozen=True, omit_defaults=True):
    """What the form holds, as typed. `who` may apply, `worth` how much, `purpose` what it is for; `opens` to `ends` are
    dates in UK time, `questions` the last day for them; `place` a district's name, empty for the whole area; `mailbox`
    a shared one. `rolling` when it is open all the time, `vcse` when voluntary groups are said to be welcome."""

    title: str = ""
    kind: str = ""
    who: str = ""
    vcse: bool = False
    worth: str = ""
    purpose: str = ""
    opens: str = ""
    closes: str = ""
    rolling: bool = False
    questions: str = ""
    decision: str = ""
    starts: str = ""
    ends: str = ""
    how: str = ""
    link: str = ""
    scoring: str = ""
    place: str = ""
    mailbox: str = ""


Problems = dict[str, str]
"""What is wrong, in a sentence that says what to do, by the name of the field."""


def parse(
    form: Mapping[str, str], *, now: datetime | None = None, before: Advert | None = None
) -> tuple[Advert, Problems]:
    """Return what a posted form holds, and what is wrong with it: nothing, when it can be published.

    With `now` the closing date has to lie ahead, unless it is the one that the advert had `before`.
    """
    advert, problems = _typed(form)
    for check in (_lacking, _personal, _unreadable, _disordered):
        problems = check(advert) | problems
    closes = moment(advert, "closes")
    if now and closes and closes <= now and not (before and before.closes == advert.closes):
        problems.setdefault("closes", "This day has passed. Give the day on which it closes.")
    return advert, {name: problems[name] for name in Advert.__struct_fields__ if name in problems}


def _typed(form: Mapping[str, str]) -> tuple[Advert, Problems]:
    """Return the fields as typed, without what cannot be seen, and a problem for each that is too long."""
    fields: dict[str, Any] = {"vcse": bool(form.get("vcse")), "rolling": bool(form.get("rolling"))}
    problems: Problems = {}
    for name, most in LONGEST.items():
        given = form.get(name) or ""
        text = (clean_text(given) if name in _LINES else clean_line(given)) or ""
        if len(text) > most:
            problems[name] = f"This has {len(text):,} characters. Shorten it to at most {most:,}."
        fields[name] = text
    return Advert(**fields), problems


def cleaned(advert: Advert) -> Advert:
    """Return an advert that a file brought as it would have been kept had it been typed."""
    texts = {name: getattr(advert, name) for name in LONGEST}
    return msgspec.structs.replace(
        advert, **{name: (clean_text(one) if name in _LINES else clean_line(one)) or "" for name, one in texts.items()}
    )


def _lacking(advert: Advert) -> Problems:
    found: Problems = {}
    if not advert.title:
        found["title"] = "Give it a title, such as “Warm rooms fund 2027”."
    if advert.kind not in set(KINDS):
        found["kind"] = "Choose what the applicant gets: a grant, a contract or something else."
    if not advert.purpose:
        found["purpose"] = "Say in a few sentences what it is for."
    if not advert.closes and not advert.rolling:
        found["closes"] = "Give the day and time at which it closes, or tick “open all the time”."
    if not advert.how and not advert.link:
        found["how"] = "Say how to apply, or give a link to a page that does."
    return found


def _personal(advert: Advert) -> Problems:
    """Return a problem for each text that would be published with somebody's address or telephone number."""
    words = (
        "This has a person's e-mail address or a telephone number, and we publish neither. Take it out; give a shared "
        "mailbox below."
    )
    found = {name: words for name in _PUBLISHED if mask_personal(getattr(advert, name)) != getattr(advert, name)}
    if advert.mailbox and not is_role_mailbox(advert.mailbox):
        found["mailbox"] = "Give a shared mailbox, such as grants@example.org, not one person's address."
    return found


def _unreadable(advert: Advert) -> Problems:
    found = {
        name: f"{_NO_ONE_DAY if _is_vague(advert, name) else 'We cannot read this date.'} {_EXAMPLE}"
        for name in DATES
        if getattr(advert, name) and moment(advert, name) is None
    }
    if advert.rolling and advert.closes:
        found["closes"] = "It cannot both close and be open all the time. Empty this field or remove the tick."
    if any(char.isdigit() for char in advert.worth) and not money(advert):
        found["worth"] = "We cannot read this amount. Write it like “£500 to £5,000 for each group”."
    if advert.link and (safe_link(advert.link) is None or impersonal_link(advert.link) is None):
        found["link"] = "This is no link to a web page. Copy the whole address, beginning with https://."
    return found


_ORDER = (
    ("opens", "closes", "closes", "It closes before it opens. Change one of the two."),
    (
        "questions",
        "closes",
        "questions",
        "The last day for questions comes after the closing date. Change one of them.",
    ),
    ("closes", "decision", "decision", "The decision comes before the closing date. Change one."),
    ("starts", "ends", "ends", "It ends before it starts. Change one of the two."),
)


def _disordered(advert: Advert) -> Problems:
    found: Problems = {}
    for earlier, later, field, words in _ORDER:
        first, second = moment(advert, earlier), moment(advert, later)
        if first and second and first > second:
            found[field] = words
    return found


def moment(advert: Advert, name: str) -> datetime | None:
    """Return the instant that one of `DATES` names, None when it is empty or cannot be read. A day alone is its last
    second, but for the opening and the start, which are its first."""
    text = getattr(advert, name)
    if _is_vague(advert, name):
        return None
    return dates.published(text) if name in ("opens", "starts") else dates.deadline(text)


def _is_vague(advert: Advert, name: str) -> bool:
    return name in _EXACT and _VAGUE.search(getattr(advert, name)) is not None


def money(advert: Advert) -> Money | None:
    """Return the amounts that the words about money state, None when they state none."""
    typed = advert.worth.strip()
    return amounts.money(f"£{typed}" if typed[:1].isdigit() and typed.replace(",", "").isdigit() else typed)


def notice_of(
    advert: Advert,
    key: str,
    buyer: Organisation | None,
    published_at: datetime,
    *,
    first_published_at: datetime | None = None,
    withdrawn_at: datetime | None = None,
) -> Notice:
    """Return the notice that an advert becomes; also of a draft that has problems, with what could be read of it.

    `published_at` is when this wording was, `first_published_at` when the first one was. With `withdrawn_at` it is the
    notice that withdraws it, of the same process under a key of its own.
    """
    effect = {"effect": Effect.CANCEL, "effect_reason": "Withdrawn by those who advertised it."}
    return Notice(
        source=SOURCE,
        key=f"{key}-withdrawn" if withdrawn_at else key,
        process=f"{SOURCE}:{key}",
        title=advert.title or None,
        form="withdrawal" if withdrawn_at else "advert",
        form_name="Withdrawal of an advert written here" if withdrawn_at else "Advert written here",
        published_at=withdrawn_at or published_at,
        first_published_at=None if withdrawn_at else first_published_at,
        buyers=(_with_mailbox(buyer, advert),) if buyer else (),
        **(effect if withdrawn_at else _facts(advert)),
    )


def _with_mailbox(buyer: Organisation, advert: Advert) -> Organisation:
    mailbox = advert.mailbox if is_role_mailbox(advert.mailbox) else None
    return msgspec.structs.replace(buyer, roles=("buyer",), mailbox=mailbox)


def _facts(advert: Advert) -> dict[str, Any]:
    is_chosen = advert.kind in set(KINDS)
    said = statements.facts_of("\n".join(filter(None, (advert.purpose, advert.who, advert.how, advert.scoring))))
    quality, cost = shares_in(advert.scoring) or (said["quality_percent"], said["cost_percent"])
    return said | {
        "effect": Effect.OPEN,
        "description": _description(advert),
        "link": safe_link(advert.link),
        "kind": Kind(advert.kind) if is_chosen else None,
        "kind_evidence": "Those who advertise it say so." if is_chosen else None,
        "reach": Reach.LOCAL,
        "delivery_text": advert.place or None,
        "value": money(advert),
        **_dates(advert),
        "vcse_suitable": advert.vcse or said["vcse_suitable"],
        "eligibility": advert.who or said["eligibility"],
        "how_to_apply": advert.how or None,
        "scoring": advert.scoring or said["scoring"],
        "quality_percent": quality,
        "cost_percent": cost,
        "contact": True if is_role_mailbox(advert.mailbox) else said["contact"],
    }


def _description(advert: Advert) -> str | None:
    """Return what it is for, with the words about money as they were typed."""
    worth = f"How much: {advert.worth}" if advert.worth else ""
    return "\n".join(filter(None, (advert.purpose, worth))) or None


def _dates(advert: Advert) -> dict[str, Any]:
    closes = moment(advert, "closes")
    rolling = advert.rolling and closes is None
    return {
        "closes_at": closes,
        "closes_evidence": "It is open all the time" if rolling else "The advert gives the closing date",
        "rolling": True if rolling else None,
        "enquiries_close_at": moment(advert, "questions"),
        "decision_expected_at": moment(advert, "decision"),
        "expected_open_at": moment(advert, "opens"),
        "starts_at": moment(advert, "starts"),
        "ends_at": moment(advert, "ends"),
    }
