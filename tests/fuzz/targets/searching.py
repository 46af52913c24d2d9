"""Searches: any query string is one, in one canonical form, and finds the same on the site as in the matcher."""

# ruff: noqa: E501 - an example stands on one line

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alerts.backtest import backtest
from alerts.conditions import Conditions
from tenderbell.area import load_area
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.looking import every, look
from tenderbell.public import read_public
from tenderbell.search import search
from tests.fuzz.promises import promise
from tests.fuzz.targets.target import Check, Target
from tests.site.world import NOW, fill

QUERIES = (
    "", "q=young+carers&kind=contract&stage=open", "q=%22young+carers%22+-hall+OR+roof&sort=newest&page=2", "q=SEND",
    "kind=grant&kind=loan&reach=local&district=stroud&theme=carers&cpv=85312000-6", "value_min=%C2%A31k&value_max=1m",
    "value=unknown&closes_after=2026-11-01&closes_before=2026-12-31&notice_days_min=14&vcse=1&source=find-a-tender",
    "buyer=gloucestershire-county-council&stage=closed&sort=closing", "q=-carers+-%22a+b%22", "q=%22a", "q=children%E2%80%99s",
    "q=000001-2026", "q=a*&q=title%3Ab&q=NEAR(a+b)", "q=x%00y&value_min=1e9999&closes_after=0001-01-01&page=99999999999",
)  # fmt: skip


def targets() -> Iterator[Target]:
    """Yield the target of searches."""
    yield Target("criteria", "no search is an error; one canonical form; site and matcher agree", seeds, ready)


def seeds() -> Iterator[bytes]:
    """Yield query strings."""
    yield from (query.encode() for query in QUERIES)


@contextmanager
def ready() -> Iterator[Check]:
    """Give what asks a real `public.db` in every way that it is asked."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "public.db"
        fill(path)
        area = load_area("gloucestershire")
        with closing(read_public(path)) as db:

            def check(data: bytes) -> None:
                criteria = Criteria.parse(data.decode("utf-8", "replace"))
                for profile in (False, True):
                    canonical = criteria.canonical(profile=profile)
                    promise(canonical.isascii(), "The canonical form is an address")
                    promise(Criteria.parse(canonical).canonical(profile=profile) == canonical, "It is canonical twice")
                saved = criteria.canonical(profile=True)
                found = set(search(db, criteria.having(sort="newest", page=1), NOW, limit=None).numbers)
                conditions = Conditions(db, NOW)
                matched = set(conditions.numbers(conditions.mask(saved)))
                promise(found == matched, f"Site and matcher differ: {found ^ matched} for {saved!r}")
                seen = every(db, criteria, NOW)
                promise(seen is None or set(seen) == found, "The page finds what the search finds")
                look(db, criteria, NOW)
                describe(criteria, area)
                criteria.problems({})
                backtest(db, criteria, NOW)

            yield check
