"""Publishers on this machine that go on publishing: a national notice service and a county's fund, over real HTTP."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from spiders.rehearsal.find_a_tender import Feed, Rehearsal
from tenderbell.clock import UK

FEED = "/fund.atom"
ATOM = "application/atom+xml; charset=utf-8"
WORDS = tuple(f"{first}{vowel}{last}ox" for first in "bdgkmnprt" for vowel in "aiu" for last in "bd")
"""Words that mean nothing and that no stemmer shortens: each stands for a subject that somebody waits for."""

PARTY = "GB-PPON-PRHW-3326-HVMG"


@dataclass
class Advert:
    """Something published: its `number`, the word that it is about, and when each of its versions came out. Its title
    says both: `o12v3` is the third version of number 12. `keys` are its notices' numbers; a fund's entry has none."""

    number: int
    word: str
    versions: list[datetime]
    keys: list[str]
    address: str = ""

    @property
    def title(self) -> str:
        """The title of the newest version."""
        return f"Support with {self.word} o{self.number}v{len(self.versions)}"


class Publisher:
    """Publishes what it is asked to, and remembers it: `adverts` by number."""

    def __init__(self, dice: random.Random, words: Sequence[str] = WORDS) -> None:
        self.dice, self.words = dice, words
        self.adverts: dict[int, Advert] = {}
        self.server = Rehearsal(feeds={FEED: Feed(_atom([]), ATOM)})
        self._notices = 0

    def publish(self) -> Advert:
        """Publish a tender, one time in six a grant in the fund's feed."""
        advert = Advert(len(self.adverts) + 1, self.dice.choice(self.words), [datetime.now(UTC)], [])
        self.adverts[advert.number] = advert
        if self.dice.random() < 1 / 6:
            advert.address = f"{self.server.url}/fund/{advert.number}"
            grants = [one for one in self.adverts.values() if one.address]
            self.server.set_feed(FEED, _atom(grants), ATOM)
        else:
            self._notify(advert, "tender")
        return advert

    def change(self, settled: timedelta) -> Advert | None:
        """Move the deadline of a tender whose newest version is `settled`; None when there is none."""
        before = datetime.now(UTC) - settled
        ready = [one for one in self.adverts.values() if one.keys and one.versions[-1] < before]
        if not ready:
            return None
        advert = self.dice.choice(ready)
        advert.versions.append(datetime.now(UTC))
        self._notify(advert, "tenderUpdate")
        return advert

    def _notify(self, advert: Advert, tag: str) -> None:
        self._notices += 1
        now = advert.versions[-1]
        key = f"{self._notices:06}-{now.year}"
        advert.keys.append(key)
        self.server.add_releases([_release(advert, key, tag, now)])


@contextmanager
def publishing(seed: int, words: Sequence[str] = WORDS) -> Iterator[Publisher]:
    """Run the publishers' server for the block."""
    publisher = Publisher(random.Random(seed), words)
    with publisher.server:
        yield publisher


def _release(advert: Advert, key: str, tag: str, now: datetime) -> dict[str, Any]:
    closes = now + timedelta(days=40 + len(advert.versions))
    document = {
        "id": key,
        "documentType": "tenderNotice",
        "noticeType": "UK4",
        "url": f"https://www.find-tender.service.gov.uk/Notice/{key}",
    }
    return {
        "ocid": f"ocds-h6vhtk-0{advert.number:05x}",
        "id": key,
        "tag": [tag],
        "date": now.astimezone(UK).isoformat(timespec="seconds"),
        "initiationType": "tender",
        "language": "en",
        "parties": [
            {
                "id": PARTY,
                "name": "Stroud District Council",
                "identifier": {"scheme": "GB-PPON", "id": "PRHW-3326-HVMG"},
                "roles": ["buyer"],
            }
        ],
        "buyer": {"id": PARTY, "name": "Stroud District Council"},
        "tender": {
            "id": f"REF-{advert.number}",
            "legalBasis": {"id": "2023/54", "scheme": "UKPGA"},
            "title": advert.title,
            "description": "The council wants to hear from local groups.",
            "status": "active",
            "tenderPeriod": {"endDate": closes.astimezone(UK).replace(microsecond=0).isoformat()},
            "documents": [document],
        },
    }


def _atom(adverts: list[Advert]) -> bytes:
    entries = "".join(
        f"<entry><id>{escape(one.address)}</id><title>{escape(one.title)}</title><link href='{escape(one.address)}'/>"
        f"<published>{one.versions[0].isoformat()}</published><updated>{one.versions[-1].isoformat()}</updated>"
        "<summary>A grant for groups of the county. Apply with the form on our page.</summary></entry>"
        for one in reversed(adverts)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:fund</id>'
        f"<title>County fund</title><updated>2026-01-01T00:00:00Z</updated>{entries}</feed>"
    ).encode()
