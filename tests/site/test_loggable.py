"""What may stand in a log: an address, but never the token of somebody's link."""

import pytest

from tenderbell.pages.visits import loggable

TOKENS = "confirm manage unsubscribe receipts adverts decide item told buyers/b/reply"


@pytest.mark.parametrize("page", TOKENS.split())
def test_a_token_never_stands_in_a_log(page: str) -> None:
    assert loggable(f"/{page}/c12-AbCdEfGhIjKlMnOpQrStUv") == f"/{page}/TOKEN"


@pytest.mark.parametrize("path", ["/", "/adverts/new", "/manage", "/opportunities/tb-1", "/receipts"])
def test_other_addresses_stand_as_they_are(path: str) -> None:
    assert loggable(path) == path
