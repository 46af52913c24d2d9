"""The verdict on mixed load: what the publishers, the visitors and the mail server know, held against one another."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.soak.letterbox import Arrived
from tests.soak.publisher import Advert
from tests.soak.running import Kill
from tests.soak.visitors import Reader, Request

COPIES = 2
"""The most often that one message may arrive: once, and once more when nobody knew that it had (ruling 26)."""

HANDED_OVER = timedelta(seconds=20)
"""An e-mail that was with the mail server when somebody left, and our look at its notes, may take so long."""

CLOSE_SECONDS = 5.0
"""What was being asked when a worker was killed, and is seen to break off within so long, was its own: on a busy
machine the dead process's connections are closed, and their ends seen, some time after the kill."""


@dataclass
class Verdict:
    """The numbers. `own` are requests that broke off with the process that was killed. From `failed` on, those under
    MISTAKES are wrong, with a few examples in `words`."""

    requests: int = 0
    own: int = 0
    failed: int = 0
    errors: int = 0
    notices: int = 0
    lost_notices: int = 0
    repeated_notices: int = 0
    stale_pages: int = 0
    readers: int = 0
    left: int = 0
    emails: int = 0
    resent: int = 0
    expected: int = 0
    told: int = 0
    unknown: int = 0
    lost: int = 0
    repeated: int = 0
    unexpected: int = 0
    after_leaving: int = 0
    words: list[str] = field(default_factory=list)

    MISTAKES = (
        "failed", "errors", "lost_notices", "repeated_notices", "stale_pages", "lost", "repeated", "unexpected",
        "after_leaving",
    )  # fmt: skip

    @property
    def mistakes(self) -> int:
        """How much is wrong."""
        return sum(int(getattr(self, name)) for name in self.MISTAKES)

    def blame(self, count: str, words: str) -> None:
        """Count a mistake."""
        setattr(self, count, getattr(self, count) + 1)
        if len(self.words) < 60:
            self.words.append(f"{count}: {words}")

    def report(self, died: Mapping[str, int]) -> str:
        """Return the numbers in words."""
        kills = ", ".join(f"{name} {count}" for name, count in sorted(died.items())) or "none"
        lines = [
            f"requests  {self.requests:>8,}  of which {self.own} broke off with the process that was killed",
            f"failed    {self.failed + self.errors:>8,}  others ({self.errors} answered 5xx, {self.failed} broke off)",
            f"notices   {self.notices:>8,}  published",
            f"lost      {self.lost_notices:>8,}  have no page, {self.repeated_notices} two, {self.stale_pages} an old",
            f"readers   {self.readers:>8,}  of which {self.left} left",
            f"e-mails   {self.emails:>8,}  of which {self.resent} came once more with the same Message-ID",
            f"expected  {self.expected:>8,}  (reader, advert, version): {self.told} told, {self.unknown} unknown",
            f"lost      {self.lost:>8,}",
            f"repeated  {self.repeated:>8,}",
            f"wrong     {self.unexpected + self.after_leaving:>8,}  of which {self.after_leaving} after leaving",
            f"killed    {sum(died.values()):>8,}  times ({kills})",
        ]
        return "\n".join([*lines, *self.words])


class Judgement:
    """Goes through what was seen, once."""

    def __init__(self, adverts: Mapping[int, Advert], readers: Mapping[str, Reader], kills: Collection[Kill]) -> None:
        self.adverts, self.readers, self.kills = adverts, readers, kills
        self.verdict = Verdict()

    def judge(
        self,
        requests: Iterable[Request],
        pages: Iterable[Mapping[str, Any]],
        arrived: Iterable[Arrived],
        unknown: Collection[tuple[str, int, int]],
    ) -> Verdict:
        """Return the numbers. `pages` are opportunities as `search --json` gives them; `unknown` (address,
        advert, version) in e-mails of which the product says that it does not know whether they arrived."""
        for request in requests:
            self._judge_request(request)
        self._judge_pages(list(pages))
        self._judge_mail(list(arrived), unknown)
        return self.verdict

    def _judge_request(self, request: Request) -> None:
        self.verdict.requests += 1
        if request.status >= 500:
            self.verdict.blame("errors", f"{request.what} answered {request.status}; {self._beside(request)}")
        elif request.fault and self._is_own(request):
            self.verdict.own += 1
        elif request.fault:
            lasted = f"{request.fault} after {request.end - request.start:.1f} s"
            self.verdict.blame("failed", f"{request.what}: {lasted}; {self._beside(request)}")

    def _is_own(self, request: Request) -> bool:
        """Return whether a request broke off because who was answering it was killed, or while nobody listened."""
        return any(
            kill.what in ("worker", "parent")
            and request.start <= kill.until
            and kill.at <= request.end
            and (kill.what == "parent" or request.end <= kill.until + CLOSE_SECONDS)
            for kill in self.kills
        )

    def _beside(self, request: Request) -> str:
        """Return what was killed nearest to a request, in words."""
        if not self.kills:
            return "nothing was killed"
        nearest = min(self.kills, key=lambda kill: abs(kill.at - request.end))
        return (
            f"{nearest.what} killed {nearest.at - request.start:+.2f} s from its start, "
            f"{nearest.at - request.end:+.2f} s from its end, back after {nearest.until - nearest.at:.1f} s"
        )

    def _judge_pages(self, pages: list[Mapping[str, Any]]) -> None:
        shown: dict[str, list[str]] = defaultdict(list)
        for page in pages:
            for key in page["notices"]:
                shown[key].append(str(page["id"]))
        for advert in self.adverts.values():
            self.verdict.notices += max(1, len(advert.keys))
            titles = [str(page["title"]) for page in pages if f" o{advert.number}v" in str(page["title"])]
            self._judge_page(advert, titles)
            for key in advert.keys:
                if len(shown[key]) != 1:
                    self.verdict.blame("repeated_notices" if shown[key] else "lost_notices", f"{key} on {shown[key]}")

    def _judge_page(self, advert: Advert, titles: list[str]) -> None:
        if not titles:
            self.verdict.blame("lost_notices", f"no page of {advert.title}")
        elif len(titles) > 1:
            self.verdict.blame("repeated_notices", f"pages {titles}")
        elif titles != [advert.title]:
            self.verdict.blame("stale_pages", f"{titles[0]}, not {advert.title}")

    def _judge_mail(self, arrived: list[Arrived], unknown: Collection[tuple[str, int, int]]) -> None:
        copies = Counter(one.message_id for one in arrived)
        told: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        for one in arrived:
            if one.digest:
                self._take(one, told)
        self.verdict.emails = len(copies)
        for message_id, count in copies.items():
            self.verdict.resent += count - 1
            if count > COPIES:
                self.verdict.blame("repeated", f"{message_id} arrived {count} times")
        self._judge_readers(told, unknown)

    def _take(self, one: Arrived, told: dict[tuple[str, int], dict[int, str]]) -> None:
        """Note what a digest tells, and blame what it should not."""
        reader = self.readers.get(one.to)
        if reader is None or one.digest is None:
            return
        if reader.left_at and one.at > reader.left_at + HANDED_OVER:
            self.verdict.blame("after_leaving", f"{one.to} at {one.at:%H:%M:%S}, left at {reader.left_at:%H:%M:%S}")
        for number, version in one.digest.told:
            advert = self.adverts.get(number)
            if advert is None or advert.word != reader.word or version > len(advert.versions):
                self.verdict.blame("unexpected", f"{one.to} (for {reader.word}) o{number}v{version}")
                continue
            before = told[one.to, number].setdefault(version, one.message_id)
            if before != one.message_id:
                self.verdict.blame("repeated", f"{one.to} o{number}v{version} in {before} and {one.message_id}")

    def _judge_readers(
        self, told: Mapping[tuple[str, int], Mapping[int, str]], unknown: Collection[tuple[str, int, int]]
    ) -> None:
        """Every reader who stays was told of each advert that fits in its newest version. An earlier version may have
        been told in the same e-mail, or was told before."""
        for reader in self.readers.values():
            if reader.confirmed_at is None:
                continue
            self.verdict.readers += 1
            self.verdict.left += reader.left_at is not None
            if reader.leaving_at is None:
                for advert in self.adverts.values():
                    if advert.word == reader.word:
                        self._judge_telling(reader, advert, told.get((reader.address, advert.number), {}), unknown)

    def _judge_telling(
        self, reader: Reader, advert: Advert, told: Mapping[int, str], unknown: Collection[tuple[str, int, int]]
    ) -> None:
        self.verdict.expected += max(1, len(set(told) | {len(advert.versions)}))
        self.verdict.told += len(told)
        if len(advert.versions) in told:
            return
        if (reader.address, advert.number, len(advert.versions)) in unknown:
            self.verdict.unknown += 1
        else:
            self.verdict.blame("lost", f"{reader.address} {advert.title} of {advert.versions[-1]:%H:%M:%S}")
