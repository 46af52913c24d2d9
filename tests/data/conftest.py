from datetime import UTC, datetime, timedelta, timezone

import pytest

NOWS = (
    datetime(2026, 3, 27, 9, 30, tzinfo=UTC),  # the Friday before the clocks go forward
    datetime(2026, 8, 12, 15, 0, tzinfo=timezone(timedelta(hours=1))),
    datetime(2026, 11, 22, 18, 0, tzinfo=UTC),  # a Sunday
    datetime(2027, 1, 6, 8, 15, tzinfo=UTC),  # half of the history lies in the year before
)


@pytest.fixture(params=NOWS, ids=lambda now: now.strftime("%Y-%m-%d"))
def now(request: pytest.FixtureRequest) -> datetime:
    return request.param
