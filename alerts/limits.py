"""Limits on forms, counted in `private.db`, so that they hold across processes and restarts (ruling 28)."""

import ipaddress
import sqlite3
from datetime import datetime

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

from alerts import tokens
from tenderbell.database import transaction
from tenderbell.errors import TooManyRequests

CONFIRMATIONS = RateLimitItemPerDay(3, namespace="confirmation")
"""Confirmations that one address is sent, over any 24 hours."""

LINKS = RateLimitItemPerDay(3, namespace="link")
"""Manage links that one address is sent on request, over any 24 hours."""

QUESTIONS = RateLimitItemPerHour(6, namespace="question")
"""E-mails to the operator within an hour: what comes after them is gathered."""

POSTS = RateLimitItemPerHour(20, namespace="post")
"""Forms that one network may post, over any 60 minutes."""


class PrivateStorage(Storage, MovingWindowSupport):
    """The storage of the `limits` package on an open `private.db`, at a given instant. The caller's transaction makes
    looking and counting one step. Of its methods only the first two are needed here; the package's base class makes
    none that lacks one of the others."""

    STORAGE_SCHEME = None

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        super().__init__()
        self.db = db
        self.now = now.timestamp()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits and return True, or return False when they would be too many."""
        # What was counted later than now was counted by a clock that has been set back since.
        self.db.execute("delete from form_hit where expires <= ?1 or at > ?1", (self.now,))
        if self.get_moving_window(key, limit, expiry)[1] + amount > limit:
            return False
        row = (key, self.now, self.now + expiry)
        self.db.executemany("insert into form_hit (key, at, expires) values (?, ?, ?)", [row] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """Return when the oldest hit of the window was made, and how many there are."""
        count, first = self.db.execute(
            "select count(*), min(at) from form_hit where key = ? and at > ?", (key, self.now - expiry)
        ).fetchone()
        return (self.now if first is None else first, count)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this storage raises when it cannot work."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` hits without a limit and return how many are kept."""
        row = (key, self.now, self.now + expiry)
        self.db.executemany("insert into form_hit (key, at, expires) values (?, ?, ?)", [row] * amount)
        return self.get(key)

    def get(self, key: str) -> int:
        """Return how many hits are kept for the key."""
        return int(self.db.execute("select count(*) from form_hit where key = ?", (key,)).fetchone()[0])

    def get_expiry(self, key: str) -> float:
        """Return when the newest hit of the key is forgotten."""
        found = self.db.execute("select max(expires) from form_hit where key = ?", (key,)).fetchone()[0]
        return float(found or self.now)

    def check(self) -> bool:
        """Return whether the table can be read."""
        return bool(self.db.execute("select 1 from sqlite_master where name = 'form_hit'").fetchone())

    def reset(self) -> int:
        """Forget every hit and return how many there were."""
        return self.db.execute("delete from form_hit").rowcount

    def clear(self, key: str) -> None:
        """Forget the hits of one key."""
        self.db.execute("delete from form_hit where key = ?", (key,))


def allows(db: sqlite3.Connection, limit: RateLimitItem, who: str, now: datetime) -> bool:
    """Count one hit of `who` (kept as a keyed hash) and return whether it is within the limit.

    Belongs inside a transaction, so that two processes cannot both take the last place.
    """
    return MovingWindowRateLimiter(PrivateStorage(db, now)).hit(limit, tokens.hashed(db, who))


def count_post(db: sqlite3.Connection, host: str, now: datetime) -> None:
    """Count one form that was posted from an address, in a transaction of its own. Raises TooManyRequests, with a
    message for the person, beyond 20 from one network within an hour (ruling 28)."""
    with transaction(db):
        allowed = allows(db, POSTS, network_of(host), now)
    if not allowed:
        raise TooManyRequests(
            "Too many forms have been sent from your network in the last hour. Please try again later."
        )


def network_of(host: str) -> str:
    """Return the network that is counted: an IPv4 address, or the /64 of an IPv6 one; other texts stay as they are."""
    try:
        address = ipaddress.ip_address(host.strip().split("%")[0])
    except ValueError:
        return host.strip()[:100]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
