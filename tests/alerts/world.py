"""A small world for the tests of alerts: an edition, a clock that can be moved, a real `public.db` and `private.db`."""

import email
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec

from alerts import signup, subscribers, tokens
from alerts.profiles import Profile
from tenderbell.clock import UK, stamp
from tenderbell.compiling.events import Happening, happenings
from tenderbell.compiling.writing import store, write_events
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity, find
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency, Kind, Reach, Stage

EDITION = """
id = "testing"
title = "Test Opportunities"
strapline = "every tender and grant, one place"
area = "gloucestershire"
url = "https://bell.example"
sample = {sample}

[mail]
name = "Test Opportunities"
address = "alerts@bell.example"

[[source]]
id = "find-a-tender"
title = "Find a Tender"
"""
START = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
"""A Wednesday in winter."""


@dataclass
class World:
    """Settings on a folder of its own, and verbs for what happens in it."""

    folder: Path
    mail: str = ""
    sample: bool = False
    now: datetime = START
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        edition = self.folder / "edition.toml"
        edition.write_text(EDITION.format(sample=str(self.sample).lower()), "utf-8")
        self.settings = Settings(
            edition_name=str(edition),
            data=self.folder / "live",
            mail=self.mail or f"folder:{self.folder / 'mail'}",
            host="127.0.0.1",
            port=0,
            proxies=("127.0.0.1",),
            clock=lambda: self.now,
        )

    def wait(self, **duration: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(**duration)

    @contextmanager
    def private(self) -> Iterator[sqlite3.Connection]:
        with closing(open_private(self.settings.private_path)) as db:
            yield db

    @contextmanager
    def public(self) -> Iterator[sqlite3.Connection]:
        with closing(open_public(self.settings.public_path)) as db:
            yield db

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self.private() as db:
            return db.execute(query, values).fetchall()

    def publish(self, id: str, *, silent: bool = False, **facts: Any) -> Opportunity:
        """Put an opportunity into `public.db` with its event, as the compiler does; or change the one that is there."""
        with self.public() as db, transaction(db):
            old = find(db, id)
            made = opportunity(db, id, old, facts, self.now)
            store(db, made, self.settings.area, self.now)
            write_events(db, made, happenings(old, made), self.now, silent=silent)
        return made

    def happen(self, id: str, *found: Happening, silent: bool = False) -> None:
        """Append events without changing the opportunity."""
        with self.public() as db, transaction(db):
            made = find(db, id)
            assert made is not None
            write_events(db, made, found, self.now, silent=silent)

    def source(self, id: str, title: str, state: str, since: datetime, success: datetime | None = None) -> None:
        with self.public() as db:
            db.execute(
                "insert into source (id, title, state, since, last_success) values (?, ?, ?, ?, ?)",
                (id, title, state, stamp(since), stamp(success) if success else None),
            )

    def subscribe(
        self, query: str = "", frequency: Frequency = Frequency.INSTANT, address: str = "ann@example.org"
    ) -> Profile:
        """Sign up and confirm, as a person does with the link in the e-mail, which leaves the outbox with that."""
        with self.private() as db:
            before = db.execute("select coalesce(max(id), 0) from request").fetchone()[0]
            signup.request_alert(
                db,
                self.settings,
                address,
                Criteria.parse(query),
                frequency,
                network=f"network of {address}",
                now=self.now,
            )
            request = db.execute("select id from request where id > ?", (before,)).fetchone()
            assert request is not None, "no confirmation was sent"
            token = tokens.make(db, tokens.Scope.CONFIRM, request[0])
            profile = signup.confirm(db, self.settings, token, self.now)
            assert profile is not None
            with transaction(db):
                db.execute("delete from outbox where sort = 'confirmation'")
                db.execute("delete from form_hit")
        return profile

    def manage_token(self, profile: Profile) -> str:
        with self.private() as db:
            return subscribers.manage_token(db, profile.subscriber)

    def token(self, scope: tokens.Scope, id: int) -> str:
        with self.private() as db:
            return tokens.make(db, scope, id)

    def waiting(self) -> list[tuple[str, str]]:
        """Return (opportunity, type) of the matches that wait, in order."""
        rows = self.rows("select opportunity, type from match where state = 'waiting' order by id")
        return [(row["opportunity"], row["type"]) for row in rows]

    def outbox(self) -> list["Mail"]:
        """Return the digests in the outbox that were not withdrawn, oldest first."""
        rows = self.rows(
            "select content as message from outbox join body on body.outbox = outbox.id "
            "where sort = 'digest' and state <> 'withdrawn' order by id"
        )
        return [Mail(row["message"]) for row in rows]

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows("select state from outbox order by id")]

    def delivered(self) -> list[bytes]:
        """Return the files in the mail folder."""
        return [path.read_bytes() for path in sorted((self.folder / "mail").glob("*.eml"))]


def opportunity(
    db: sqlite3.Connection, id: str, old: Opportunity | None, facts: dict[str, object], now: datetime
) -> Opportunity:
    """Return an opportunity of invented wording: a local open grant that closes in 30 days, unless `facts` say else."""
    if old is not None:
        return msgspec.structs.replace(old, **facts)
    number = db.execute("select coalesce(max(number), 0) + 1 from opportunity").fetchone()[0]
    known: dict[str, object] = {
        "title": f"Grants for {id}",
        "source": "find-a-tender",
        "sources": ("find-a-tender",),
        "kind": Kind.GRANT,
        "stage": Stage.OPEN,
        "reach": Reach.LOCAL,
        "buyer": "Example Council",
        "buyer_id": "example-council",
        "closes_at": now + timedelta(days=30),
        "link": f"https://notices.example/{id}",
    }
    return Opportunity(id=id, number=number, **(known | facts))  # type: ignore[arg-type]


class Mail:
    """An e-mail as its reader's program understands it, by the standard library's parser."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.message = email.message_from_bytes(content, policy=default)
        text = self.message.get_body(("plain",))
        html = self.message.get_body(("html",))
        assert text is not None
        assert html is not None
        self.text = str(text.get_content()).replace("\r\n", "\n")
        self.html = str(html.get_content()).replace("\r\n", "\n")

    @property
    def subject(self) -> str:
        return str(self.message["subject"])

    @property
    def text_links(self) -> set[str]:
        return set(re.findall(r"https?://\S+", self.text))

    @property
    def html_links(self) -> set[str]:
        parser = _Links()
        parser.feed(self.html)
        return parser.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "src") and value}


def london(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an instant by a UK clock."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UK).astimezone(UTC)
