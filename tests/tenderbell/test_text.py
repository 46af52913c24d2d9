"""Whatever comes from outside is text until proven otherwise."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.text import MASK, clean_line, clean_text, excerpt, is_role_mailbox, mask_personal, safe_link


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Young \n carers\t grant ", "Young carers grant"),
        ("Arts &amp; culture", "Arts & culture"),
        ("Fish &amp;amp; chips", "Fish &amp; chips"),
        ("<b>Bold</b> grant<br/>here", "Bold grant here"),
        ("<script>alert(1)</script>Grant", "Grant"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("zero\u200bwidth \u202eright to left", "zerowidth right to left"),
        ("bell\x07 and null\x00", "bell and null"),
        ("   ", None),
        (None, None),
        (17, None),
        (["Grant"], None),
    ],
)
def test_a_title_becomes_one_plain_line(text: object, expected: str | None) -> None:
    assert clean_line(text) == expected


@given(st.text())
def test_no_text_keeps_control_or_direction_characters(text: str) -> None:
    cleaned = clean_text(text) or ""
    assert not [char for char in cleaned if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs")]


def test_paragraphs_survive_in_a_description() -> None:
    assert clean_text("<p>One.</p><p>Two.</p>\n\n\n\nThree.") == "One.\nTwo.\n\nThree."


@pytest.mark.parametrize(
    "private",
    [
        "Tel.01632 960123", "Tel/01632 960123", "mob07700 900123", "0044 1632 960123", "00441632960123",
        "+353 1 4960123",
        "01632–960–123", "01632 / 960123", "(01632) 960 123", "pat@münchen.example", "pat.doe＠x.example",
        "pat.doe (at) x.example", "jané.doe@x.example", "'pat.doe@x.example'",
        "pat.doe [at] x dot example", "０７７00 900123", "07700_900123",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_number_or_an_address_escapes_the_mask(private: str) -> None:
    masked = mask_personal(f"Ask {private} today.") or ""
    assert MASK in masked
    assert not [part for part in ("960", "900123", "pat", "doe", "jan") if part in masked]


def test_a_mailbox_cannot_keep_the_reader_busy() -> None:
    started = time.process_time()
    assert not is_role_mailbox("contact" + "a" * 50 + "!@example.org")
    mask_personal("contact" + "a" * 5000 + " 0" + "1 " * 5000 + "a@" * 5000)
    assert time.process_time() - started < 2


def test_a_long_text_is_never_cut_inside_an_address() -> None:
    text = "word " * 3999 + "jane.smith@council-name.example and more"
    assert "jane" not in (mask_personal(clean_text(text)) or "")


def test_officers_addresses_and_all_numbers_are_masked_and_role_mailboxes_stay() -> None:
    text = "Ask Pat on 01632 960123 or +44 (0)1632 960 456, pat.doe@council.example or procurement@council.example."
    assert mask_personal(text) == f"Ask Pat on {MASK} or {MASK}, {MASK} or procurement@council.example."


@pytest.mark.parametrize(
    "text", ["£1,000,000 over 2026 - 2029", "Lot 1 of 10", "ref 075676-2026", "0.5 FTE", "CPV 85312000"]
)
def test_numbers_that_are_no_telephone_numbers_stay(text: str) -> None:
    assert mask_personal(text) == text


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("procurement@stroud.example", True),
        ("tenders@x.example", True),
        ("corporate.procurement@x.example", True),
        ("grants.team@x.example", True),
        ("caffael@cyngor.example", True),
        ("stroud.procurement@stroud.example", True),
        ("sdcprocurement2@x.example", True),
        ("info@x.example", True),
        ("pat.doe@x.example", False),
        ("j.contract@", False),
        ("grant.smith@x.example", False),
        ("jane.doe.procurement@x.example", False),
        ("j.postlethwaite@x.example", False),
        ("bidwell@x.example", False),
        ("contactjane.smith@x.example", False),
        ("zoe@x.example", False),
        (None, False),
    ],
)
def test_a_function_has_a_role_mailbox_and_a_person_has_not(address: object, role: bool) -> None:
    assert is_role_mailbox(address) is role


@pytest.mark.parametrize(
    ("link", "safe"),
    [
        ("https://x.example/a?b=c#d", "https://x.example/a?b=c#d"),
        ("www.the-chest.example", "https://www.the-chest.example"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("data:text/html,x", None),
        ("//x.example/a", None),
        ("https://user:secret@x.example/", None),
        ("https://x.example/\nSet-Cookie: a", None),
        ('https://x.example/"onclick=', None),
        ("http://[", None),
        ("see the documents", None),
        (None, None),
    ],
)
def test_only_absolute_http_links_are_links(link: object, safe: str | None) -> None:
    assert safe_link(link) == safe


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("Support for young carers, and respite", 26) == "Support for young carers…"
    assert excerpt(None) is None
