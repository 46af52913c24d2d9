"""Whether a notice speaks of a transfer of staff."""

import pytest

from tenderbell.transfers import staff_transfer


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("TUPE may apply, please see the pack.", True),
        ("Please note this contract involves Tupe.", True),
        ("TUPE is expected to apply", True),
        ("The Transfer of Undertakings (Protection of Employment) Regulations apply.", True),
        ("We do not hold TUPE information yet.", True),
        ("TUPE will apply, but not to volunteers.", True),
        ("TUPE is not likely to apply.", False),
        ("The authority considers that TUPE does not apply to this contract.", False),
        ("TUPE will not be applicable", False),
        ("It is unlikely. TUPE: N/A", False),
        ("There is no TUPE.", False),
        ("We do not believe that TUPE is triggered", False),
        ("TUPE is unlikely to apply to lot 1. TUPE applies to lot 2.", True),
        ("TUPE may or may not apply.", None),
        ("TUPE might or might not apply to this contract.", None),
        ("It is not known whether TUPE applies.", None),
        ("Bidders must satisfy themselves whether TUPE applies.", None),
        ("Bidders should take advice on whether or not TUPE applies.", None),
        ("TUPE: to be confirmed", None),
        ("TUPE: TBC", None),
        ("It is unclear if TUPE applies", None),
        ("TUPE has not yet been determined.", None),
        ("TUPE may or may not apply to lot 1. TUPE applies to lot 2.", True),
        ("It is not known whether TUPE applies to lot 1. TUPE does not apply to lot 2.", False),
        ("A stupendous undertaking", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_text_says_of_staff(text: str | None, applies: bool | None) -> None:
    assert staff_transfer([text]) is applies
