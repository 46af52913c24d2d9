"""One table says what is kept: it names every table of `private.db`, and the nightly job keeps to its periods."""

from datetime import timedelta

import pytest
from limits import RateLimitItem

from alerts import kept, limits, retention, signup
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tests.alerts.world import World


def test_every_table_of_the_private_file_stands_in_the_table_of_what_is_kept(world: World) -> None:
    rows = world.rows("select name from sqlite_master where type = 'table'")
    tables = {row["name"] for row in rows if not row["name"].startswith(("sqlite_", "_"))}
    said = {table for row in kept.KEPT for table in row.tables}
    assert tables - kept.NOT_PERSONAL == said


def test_every_row_says_what_why_and_how_long() -> None:
    for row in kept.KEPT:
        assert row.what
        assert row.why
        assert row.how_long
        assert "{" not in row.how_long
        assert kept.period_words(row.period) in row.how_long


def test_what_stays_for_ever_has_no_time_after_which_it_is_deleted() -> None:
    with pytest.raises(ValueError, match="for ever"):
        kept.after(kept.SUPPRESSIONS)


def test_the_forms_go_by_the_periods_that_the_page_shows() -> None:
    assert kept.REQUESTS.period == signup.REQUEST_LIFE
    counted = [value for value in vars(limits).values() if isinstance(value, RateLimitItem)]
    assert counted
    assert all(timedelta(seconds=item.get_expiry()) <= kept.after(kept.HITS) for item in counted)


def test_bounces_and_alarms_are_deleted_after_a_year(world: World) -> None:
    with world.private() as db, transaction(db):
        db.execute(
            "insert into bounce (address_hash, kind, seen, at) values ('x', 'hard', 'm1', ?)", (stamp(world.now),)
        )
        db.execute(
            "insert into alarm (subject, words, raised_at) values ('queue', 'It stands.', ?)", (stamp(world.now),)
        )
    with world.private() as db:
        early = retention.prune(db, world.now + timedelta(days=364))
        late = retention.prune(db, world.now + timedelta(days=365))
    assert (early.bounces, early.alarms) == (0, 0)
    assert (late.bounces, late.alarms) == (1, 1)
    assert world.rows("select 1 from bounce union all select 1 from alarm") == []
