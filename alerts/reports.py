"""Reports: an advert that is missing here, and a mistake on a page. Each is looked into, and whoever left an address
learns the outcome by e-mail, once.

```
waiting --sought--> settled ---------> told
   |                   ^
   '--unknown source, or a mistake--> queued --the operator decides--'
```

What a reporter writes goes to the operator only. The e-mail holds none of it: the address may be somebody else's.
"""

import sqlite3
from datetime import datetime
from enum import StrEnum

import msgspec
from limits import RateLimitItemPerDay

from alerts import desk, kept, limits, links, messages, outbox, suppression
from alerts.addresses import Address, mailbox, parse_address
from alerts.desk import Matter
from alerts.errors import ReportRefused
from alerts.outbox import Sort
from tenderbell.clock import instant, stamp, uk
from tenderbell.database import transaction
from tenderbell.phrases import day_words
from tenderbell.references import notice_number
from tenderbell.settings import Settings
from tenderbell.text import safe_link

OUTCOMES_A_DAY = RateLimitItemPerDay(3, namespace="outcome")
"""Outcomes that one address is sent, over any 24 hours."""

LONGEST_LINK, LONGEST_WORDS = 2_000, 2_000
WAITING, QUEUED, SETTLED, TOLD = "waiting", "queued", "settled", "told"


class Outcome(StrEnum):
    """What became of a report. ACCEPT and REJECT are what the operator decided; the others were found out."""

    FOUND = "found"
    ELSEWHERE = "elsewhere"
    OVER = "over"
    ABSENT = "absent"
    ACCEPT = "accept"
    REJECT = "reject"


class Field(StrEnum):
    """What a mistake is about: the choices of the form."""

    TITLE = "title"
    BUYER = "buyer"
    DATES = "dates"
    VALUE = "value"
    KIND = "kind"
    PLACE = "place"
    WHO = "who"
    FINDINGS = "findings"
    OTHER = "other"


FIELD_WORDS = {
    Field.TITLE: "the title or the description",
    Field.BUYER: "who is offering it",
    Field.DATES: "a date",
    Field.VALUE: "the amount",
    Field.KIND: "what it is called (grant, contract and so on)",
    Field.PLACE: "the place",
    Field.WHO: "who may apply, or how",
    Field.FINDINGS: "what it says about the Code",
    Field.OTHER: "something else",
}


class Report(msgspec.Struct, frozen=True):
    """One report, without the address. `sort` is *missing* or *mistake*; instants are stored stamps."""

    id: int
    sort: str
    link: str | None
    words: str
    opportunity: str | None
    state: str
    outcome: str | None
    asked_at: str


def report_missing(db: sqlite3.Connection, link: str, words: str, email: str, *, network: str, now: datetime) -> int:
    """Keep a report that an advert is missing and return its number. `link` is an http(s) address, or a notice number
    of Find a Tender. Raises ReportRefused, AddressRefused and TooManyRequests, with messages for the person."""
    limits.count_post(db, network, now)
    name = _name_of(link)
    said = _words(words)
    return _keep(db, "missing", WAITING, _address(email), now, link=name, words=said)


def report_mistake(
    db: sqlite3.Connection,
    opportunity: str,
    title: str,
    field: str,
    words: str,
    email: str,
    *,
    network: str,
    now: datetime,
) -> int:
    """Keep a report of a mistake on the page `opportunity`, put it to the operator, and return its number. Raises as
    `report_missing` does."""
    limits.count_post(db, network, now)
    said = _words(words)
    if not said:
        raise ReportRefused("words", "Please say what is wrong, in a few words.")
    about = FIELD_WORDS[Field(field)] if field in set(Field) else FIELD_WORDS[Field.OTHER]
    address = _address(email)
    question = f"Somebody says that {about} is wrong on the page “{title[:200]}”:\n\n{said}"
    return _keep(
        db, "mistake", QUEUED, address, now, words=f"{about}: {said}", opportunity=opportunity, question=question
    )


def _name_of(link: str) -> str:
    typed = " ".join(link.split())
    if not typed:
        raise ReportRefused("link", "Please give the link of the advert: copy it from the top of your browser.")
    found = safe_link(typed) if len(typed) <= LONGEST_LINK and typed.isprintable() else None
    if found:
        return found
    if len(typed) < 100 and (number := notice_number(typed)):
        return number
    raise ReportRefused(
        "link", "That is not a link. It begins with http:// or https://, like https://example.org/advert."
    )


def _words(words: str) -> str:
    said = "".join(char if char.isprintable() or char == "\n" else " " for char in words.replace("\r\n", "\n")).strip()
    if len(said) > LONGEST_WORDS:
        raise ReportRefused("words", f"Please say it in at most {LONGEST_WORDS:,} characters; these are {len(said):,}.")
    return said


def _address(email: str) -> Address | None:
    return parse_address(email) if email.strip() else None


def _keep(
    db: sqlite3.Connection,
    sort: str,
    state: str,
    address: Address | None,
    now: datetime,
    *,
    link: str | None = None,
    words: str = "",
    opportunity: str | None = None,
    question: str | None = None,
) -> int:
    email, key = (address.email, address.key) if address else (None, None)
    with transaction(db):
        row = db.execute(
            "insert into report (sort, email, address, link, words, opportunity, state, asked_at) "
            "values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
            (sort, email, key, link, words, opportunity, state, stamp(now)),
        ).fetchone()
        if question:
            desk.raise_matter(db, Matter(sort), str(row[0]), question, now)
    return int(row[0])


def due(db: sqlite3.Connection) -> list[Report]:
    """Return the reports of missing adverts that nobody has looked for yet, oldest first."""
    rows = db.execute(f"select {_COLUMNS} from report where state = ? order by id", (WAITING,))
    return [_report(row) for row in rows]


def find(db: sqlite3.Connection, id: int) -> Report | None:
    """Return the report with this number."""
    row = db.execute(f"select {_COLUMNS} from report where id = ?", (id,)).fetchone()
    return _report(row) if row else None


def queue(db: sqlite3.Connection, id: int, why: str, now: datetime) -> None:
    """Put a missing advert to the operator, because it cannot be looked for here: `why` is a sentence."""
    with transaction(db):
        row = db.execute(
            "update report set state = ? where id = ? and state = ? returning link, words", (QUEUED, id, WAITING)
        ).fetchone()
        if row:
            said = f"\n\nWhat was said of it:\n{row['words']}" if row["words"] else ""
            question = f"Somebody misses this advert:\n{row['link']}\n\n{why}{said}"
            desk.raise_matter(db, Matter.MISSING, str(id), question, now)


def settle(
    db: sqlite3.Connection, id: int, outcome: Outcome | str, now: datetime, *, opportunity: str | None = None
) -> bool:
    """Note what became of a report, found out or decided by the operator, and return whether it was still undecided.
    `opportunity` is the page where a missing advert stands. The outcome is told by the next `write_outcomes`."""
    with transaction(db):
        return settle_within(db, id, outcome, now, opportunity=opportunity)


def settle_within(
    db: sqlite3.Connection, id: int, outcome: Outcome | str, now: datetime, *, opportunity: str | None = None
) -> bool:
    """Do what `settle` does inside the caller's transaction."""
    return bool(
        db.execute(
            "update report set state = ?, outcome = ?, settled_at = ?, opportunity = coalesce(?, opportunity) "
            "where id = ? and state in (?, ?)",
            (SETTLED, Outcome(outcome), stamp(now), opportunity, id, WAITING, QUEUED),
        ).rowcount
    )


def write_outcomes(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write to those who left an address what became of their report, one e-mail for each, and return how many that
    made. An address that must not be written to, or was told three outcomes today, is left alone for good."""
    with transaction(db):
        rows = db.execute("select * from report where state = ? order by id", (SETTLED,)).fetchall()
        return sum(_tell(db, settings, row, now) for row in rows)


def _tell(db: sqlite3.Connection, settings: Settings, row: sqlite3.Row, now: datetime) -> bool:
    written = _letter(db, settings, row, now) if _may_write(db, row, now) else None
    db.execute("update report set state = ?, outbox = ? where id = ?", (TOLD, written, row["id"]))
    return written is not None


def _may_write(db: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> bool:
    address = row["address"]
    if address is None or suppression.reason(db, address) is not None:
        return False
    return limits.allows(db, OUTCOMES_A_DAY, mailbox(address), now)


def _letter(db: sqlite3.Connection, settings: Settings, row: sqlite3.Row, now: datetime) -> int:
    """Queue the e-mail about one report. Of the report it names the day only, and a page of ours."""
    asked, outcome = instant(row["asked_at"]), Outcome(row["outcome"])
    day = day_words(uk(asked).date()) if asked else "an earlier day"
    about = "a mistake on one of our pages" if row["sort"] == "mistake" else "an advert that was missing here"
    page = row["opportunity"] if outcome is not Outcome.ABSENT else None
    model: dict[str, object] = {
        "edition": settings.edition,
        "paragraphs": (
            f"On {day} somebody reported {about} and left this address to be told what came of it.",
            _OUTCOME_WORDS.get((row["sort"], outcome), _LOOKED_INTO).format(area=settings.area.name),
            "This is the only e-mail about it. If it was not you, you need do nothing.",
        ),
        "page": links.opportunity(settings, page) if page else links.status(settings),
        "page_words": "The page" if page else "Which places we look at, and when",
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    subject = "What became of the mistake you reported" if row["sort"] == "mistake" else "The advert you reported"
    to = Address(row["email"], row["address"])
    return outbox.put(db, messages.compose(settings, Sort.OUTCOME, to, subject, model, now), now)


_LOOKED_INTO = "A person has looked into it. Thank you for the report."
_OUTCOME_WORDS = {
    ("missing", Outcome.FOUND): "It is here now. Thank you: without the report others might not have seen it.",
    ("missing", Outcome.ELSEWHERE): "We have found it, but it is not for {area}, so this site does not list it.",
    ("missing", Outcome.OVER): "We have found it, but it is already over, so this site does not list it.",
    ("missing", Outcome.ABSENT): (
        "We looked at once where it should be, and that place does not show it, or not to us. It may be too new, or it "
        "may have been taken down. If it is still there tomorrow, please report it again."
    ),
    ("missing", Outcome.ACCEPT): "A person has looked into it and has seen to it. Thank you for the report.",
    ("missing", Outcome.REJECT): "A person has looked into it. We cannot list it: it is not ours, or not there.",
    ("mistake", Outcome.ACCEPT): "A person has looked into it and agrees. The page is put right. Thank you.",
    ("mistake", Outcome.REJECT): "A person has looked into it. The page says what the advert says, so it stays.",
}
"""What is said for each outcome that a report of its sort can have."""


def prune(db: sqlite3.Connection, now: datetime) -> int:
    """Forget addresses and in the end reports, when `kept` says, inside the caller's transaction. Return how many
    reports were changed or deleted. What the operator was asked about a deleted report goes with it."""
    forgotten = db.execute(
        "update report set email = null, address = null where address is not null and settled_at <= ?",
        (stamp(now - kept.after(kept.REPORTERS)),),
    ).rowcount
    old = stamp(now - kept.after(kept.REPORTS))
    db.execute(
        "delete from matter where sort in ('missing', 'mistake') and cast(subject as integer) in "
        "(select id from report where asked_at <= ? and report.sort = matter.sort)",
        (old,),
    )
    return forgotten + db.execute("delete from report where asked_at <= ?", (old,)).rowcount


def forget(db: sqlite3.Connection, address: str) -> int:
    """Take a normalised address out of every report, inside the caller's transaction, before its e-mails are deleted;
    return how many reports held it. The reports themselves name nobody."""
    return db.execute(
        "update report set email = null, address = null, outbox = null where address = ?", (address,)
    ).rowcount


_COLUMNS = "id, sort, link, words, opportunity, state, outcome, asked_at"


def _report(row: sqlite3.Row) -> Report:
    return msgspec.convert(dict(row), Report)
