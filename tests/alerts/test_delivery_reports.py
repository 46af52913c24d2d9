"""Reading reports: the most exact status there is, and no bytes that make the reader raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import incoming_mail
from alerts.delivery_reports import failures, status_of
from tests.alerts.coming_back import FIXTURES


@pytest.mark.parametrize(
    ("stated", "said", "status"),
    [
        ("5.1.1", "", "5.1.1"),
        ("5.1.1 (bad destination mailbox address)", "550 5.7.1 no", "5.1.1"),
        ("5.0.0", "smtp; 550-5.2.1 gone", "5.2.1"),
        ("5.0.0", "smtp; 450 4.2.1 later", "5.0.0"),
        ("", "host 10.5.1.1 said: 550 no", "5.0.0"),
        ("", "smtp;552 full", "5.2.2"),
        ("", "452 full", "4.2.2"),
        ("", "421 busy", "4.0.0"),
        ("", "550 relay not permitted", "5.7.0"),
        ("", "535 Authentication failed", "5.7.0"),
        ("5.0.0", "smtp; 554 blocked using a DNSBL", "5.7.0"),
        ("5.1.1", "550 5.1.1 refused by policy", "5.1.1"),
        ("", "", "5.0.0"),
        ("2.0.0", "", "5.0.0"),
        ("5.1.1.", "", "5.1.1"),
        ("5.10.1234", "", "5.0.0"),
    ],
)
def test_the_status_is_the_most_exact_that_is_stated(stated: str, said: str, status: str) -> None:
    assert status_of(stated, said) == status


FRAGMENTS = sorted({line for path in FIXTURES.glob("*.eml") for line in path.read_bytes().splitlines(keepends=True)})


@given(
    st.one_of(
        st.binary(max_size=2000),
        st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=80).map(b"".join),
    )
)
@settings(max_examples=200)
def test_no_bytes_make_the_reader_raise(content: bytes) -> None:
    incoming = incoming_mail.read(content)
    assert isinstance(incoming.addressees, tuple)
    failures(incoming)


@given(st.sampled_from(sorted(path.stem for path in FIXTURES.glob("*.eml"))), st.data())
@settings(max_examples=200)
def test_no_damage_to_a_report_makes_the_reader_raise(name: str, data: st.DataObject) -> None:
    content = bytearray((FIXTURES / f"{name}.eml").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    failures(incoming_mail.read(bytes(content)))
