"""The verdict: what the oracle expected, beside what the mail server saw and what the product itself calls unknown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.soak.deliveries import KEPT, Attempt, Digest
from tests.soak.mail_server import DEAD
from tests.soak.oracle import Oracle, Telling

COPIES = 2
"""The most often that one message may arrive: once, and once more when nobody knew that it had (ruling 26)."""


@dataclass
class Verdict:
    """The numbers. `sent` counts messages that lie in mailboxes, `resent` second copies under the same Message-ID;
    `told`, `refused`, `unknown` and `lost` count expected (subscriber, opportunity, event). From `lost` on all are
    mistakes, with a few examples in `words`."""

    sent: int = 0
    resent: int = 0
    told: int = 0
    refused: int = 0
    unknown: int = 0
    lost: int = 0
    repeated: int = 0
    unexpected: int = 0
    stale: int = 0
    after_leaving: int = 0
    words: list[str] = field(default_factory=list)

    @property
    def expected(self) -> int:
        """How many (subscriber, opportunity, event) had to be told."""
        return self.told + self.refused + self.unknown + self.lost

    @property
    def mistakes(self) -> int:
        """How much is wrong."""
        return self.lost + self.repeated + self.unexpected + self.stale + self.after_leaving

    def blame(self, count: str, words: str) -> None:
        """Count a mistake."""
        setattr(self, count, getattr(self, count) + 1)
        if len(self.words) < 40:
            self.words.append(f"{count}: {words}")


class Judge:
    """Goes through what was seen, once."""

    def __init__(self, oracle: Oracle, versions: Mapping[int, list[datetime]], left_at: Mapping[str, int]) -> None:
        self._oracle = oracle
        self._versions = versions
        self._left_at = left_at
        self._expected: dict[tuple[str, datetime], set[int]] = defaultdict(set)
        for name, opportunity, now in oracle.tellings:
            self._expected[name, now].add(opportunity)
        self._settled: dict[Telling, str] = {}
        self.verdict = Verdict()

    def judge(self, attempts: Iterable[Attempt], unknown: Iterable[Digest]) -> Verdict:
        """Return the numbers. `unknown` are the e-mails of which the product says that it does not know."""
        copies: Counter[str] = Counter()
        for place, attempt in enumerate(attempts):
            if attempt.digest is None:
                continue
            if attempt.fault in KEPT:
                copies[attempt.digest.message_id] += 1
                if copies[attempt.digest.message_id] == 1:
                    self._arrived(place, attempt.digest)
            elif attempt.fault == "554 after DATA":
                self._settle(attempt.digest, "refused")
        self.verdict.sent = len(copies)
        self._count_copies(copies)
        for digest in unknown:
            self._settle(digest, "unknown")
        self._count_events()
        return self.verdict

    def _arrived(self, place: int, digest: Digest) -> None:
        if place >= self._left_at.get(digest.to, place + 1):
            self.verdict.blame("after_leaving", f"{digest.to} of {digest.written_at}")
        for opportunity, version in digest.told:
            if (digest.to, opportunity, digest.written_at) in self._settled:
                self.verdict.blame("repeated", f"{digest.to} o{opportunity} twice at {digest.written_at}")
            elif opportunity not in self._expected.get((digest.to, digest.written_at), ()):
                self._blame_unexpected(digest, opportunity)
            published = sum(at <= digest.written_at for at in self._versions.get(opportunity, ()))
            if version != published:
                self.verdict.blame("stale", f"{digest.to} o{opportunity}v{version}, not v{published}")
        self._settle(digest, "told")

    def _blame_unexpected(self, digest: Digest, opportunity: int) -> None:
        before = any(
            (name, id) == (digest.to, opportunity) and now < digest.written_at for name, id, now in self._settled
        )
        self.verdict.blame("repeated" if before else "unexpected", f"{digest.to} o{opportunity} at {digest.written_at}")

    def _settle(self, digest: Digest, how: str) -> None:
        """Note what an e-mail tells, with what it only counts ("and 17 more") if their number is right."""
        expected = self._expected.get((digest.to, digest.written_at), set())
        listed = {opportunity for opportunity, _ in digest.told}
        counted = expected - listed if digest.more and digest.more == len(expected - listed) else set()
        for opportunity in (expected & listed) | counted:
            self._settled.setdefault((digest.to, opportunity, digest.written_at), how)

    def _count_copies(self, copies: Counter[str]) -> None:
        for message_id, count in copies.items():
            self.verdict.resent += count - 1
            if count > COPIES:
                self.verdict.blame("repeated", f"{message_id} arrived {count} times")

    def _count_events(self) -> None:
        seen: set[tuple[str, int, int]] = set()
        for telling, events in self._oracle.tellings.items():
            name, opportunity, now = telling
            how = self._settled.get(telling)
            gone = self._oracle.people[name].gone_at
            if name.startswith(DEAD):
                how = "refused"
            elif how is None and gone is not None:
                continue  # withdrawn, because nobody wanted it any more
            for event in events:
                if how is None:
                    self.verdict.blame("lost", f"{name} o{opportunity} event {event} of {now}")
                else:
                    setattr(self.verdict, how, getattr(self.verdict, how) + 1)
                if event and (name, opportunity, event) in seen:
                    self.verdict.blame("repeated", f"the oracle expects {name} o{opportunity} event {event} twice")
                seen.add((name, opportunity, event))
