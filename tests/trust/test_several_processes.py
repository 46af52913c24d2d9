"""Two processes of the site on one data folder are one site: limits, form tokens and links hold across them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.schedules.programs import page, running

FORM = {"search": "q=carers", "frequency": "weekly"}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of two site processes behind a proxy on this machine."""
    environ = {
        "TENDERBELL_DATA": str(tmp_path_factory.mktemp("shared")), "TENDERBELL_PORT": "0",
        "TENDERBELL_PROXIES": "127.0.0.1", "TENDERBELL_URL": "http://127.0.0.1",
    }  # fmt: skip
    with ExitStack() as stack:
        programs = [stack.enter_context(running(["tenderbell", "serve"], environ)) for _ in range(2)]
        first, second = (program.address for program in programs)
        page(f"{first}/alerts/new")
        page(f"{second}/alerts/new")
        yield first, second


def sign_up(address: str, number: int, visitor: str) -> httpx.Response:
    form = {**FORM, "email": f"reader{number}@example.org"}
    return httpx.post(f"{address}/alerts/new", data=form, headers={"x-forwarded-for": visitor}, timeout=30)


def test_the_twenty_first_form_of_a_network_is_refused_whichever_process_took_the_others(two: tuple[str, str]) -> None:
    answers = [sign_up(two[number % 2], number, "203.0.113.7").status_code for number in range(20)]
    assert answers == [200] * 20
    assert [sign_up(address, 20, "203.0.113.7").status_code for address in two] == [429, 429]
    assert [sign_up(address, 21, "203.0.113.8").status_code for address in two] == [200, 200]


def test_a_form_that_one_process_showed_may_be_sent_to_the_other(two: tuple[str, str]) -> None:
    first, second = two
    shown = httpx.get(f"{first}/alerts/new?q=carers", timeout=30)
    token = re.search(r'name="csrftoken" value="([^"]+)"', shown.text)
    assert token
    cookie = {"cookie": f"ds_csrftoken={shown.cookies['ds_csrftoken']}"}
    again = httpx.get(f"{second}/alerts/new?q=carers", headers=cookie, timeout=30)
    assert "set-cookie" not in again.headers, "the other process does not know the token of the first"
    form = {**FORM, "email": "ann@example.org", "csrftoken": token[1]}
    headers = {**cookie, "x-forwarded-for": "203.0.113.20"}
    assert httpx.post(f"{second}/alerts/new", data=form, headers=headers, timeout=30).status_code == 200
    forged = {**form, "csrftoken": "x" * 20}
    assert httpx.post(f"{second}/alerts/new", data=forged, headers=headers, timeout=30).status_code == 403
