"""Amounts of money as people and portals write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.notice import Money
from tenderbell.wording.amounts import MOST, money


def pounds(**amounts: Any) -> Money:
    return Money(currency="GBP", **amounts)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("£10k-£50k", pounds(low=10_000, high=50_000)),
        ("£10K – £50K", pounds(low=10_000, high=50_000)),
        ("£10-50k", pounds(low=10_000, high=50_000)),
        ("£10-£50k", pounds(low=10_000, high=50_000)),
        ("£500-£2k", pounds(low=500, high=2_000)),
        ("£10,000 to £50,000", pounds(low=10_000, high=50_000)),
        ("£50,000 to £10,000", pounds(low=10_000, high=50_000)),
        ("£10,000 to 50,000", pounds(low=10_000, high=50_000)),
        ("from £10,000 up to £50,000", pounds(low=10_000, high=50_000)),
        ("10,000 - 50,000 GBP", pounds(low=10_000, high=50_000)),
        ("grants of between £500 and £2,000", pounds(low=500, high=2_000)),
        ("£1.5-2.5 million", pounds(low=1.5e6, high=2.5e6)),
        ("£250 - £2 million", pounds(low=250, high=2e6)),
        ("£0 - £5,000", pounds(high=5_000)),
        ("The Community Fund: £500 to £5,000", pounds(low=500, high=5_000)),
        ("minimum £1,000; maximum £10,000", pounds(low=1_000, high=10_000)),
        ("up to £5,000", pounds(high=5_000)),
        ("max award £40,000", pounds(high=40_000)),
        ("Maximum award: £40,000", pounds(high=40_000)),
        ("no more than £750", pounds(high=750)),
        ("£5,000 or less", pounds(high=5_000)),
        ("£5,000 (maximum)", pounds(high=5_000)),
        ("from £500", pounds(low=500)),
        ("at least £500", pounds(low=500)),
        ("£500+", pounds(low=500)),
        ("£2.5m", pounds(low=2.5e6, high=2.5e6)),
        ("£2.5 million", pounds(low=2.5e6, high=2.5e6)),
        ("£250 thousand", pounds(low=250_000, high=250_000)),
        ("£12,345.67", pounds(low=12_345.67, high=12_345.67)),
        ("£1 000 000", pounds(low=1e6, high=1e6)),
        ("£5.000", pounds(low=5_000, high=5_000)),
        ("10,000 GBP", pounds(low=10_000, high=10_000)),
        ("5,000 pounds", pounds(low=5_000, high=5_000)),
        ("Budget: £50,000", pounds(low=50_000, high=50_000)),
        ("£2.5 million per annum", pounds(low=2.5e6, high=2.5e6, yearly=True)),
        ("£2.5 million a year", pounds(low=2.5e6, high=2.5e6, yearly=True)),
        ("£3,000 p.a.", pounds(low=3_000, high=3_000, yearly=True)),
        ("£50k per year for 3 years", pounds(low=50_000, high=50_000, yearly=True)),
        ("£50k over 3 years", pounds(low=50_000, high=50_000)),
        ("£10,000-£20,000 each year", pounds(low=10_000, high=20_000, yearly=True)),
        ("£1.2bn fund", pounds(fund=1.2e9)),
        ("£5k each, £1m in all", pounds(low=5_000, high=5_000, fund=1e6)),
        ("£5k each, £1m altogether", pounds(low=5_000, high=5_000, fund=1e6)),
        ("£5,000 in all cases", pounds(low=5_000, high=5_000)),
        ("£2,000 each from a pot of £50,000", pounds(low=2_000, high=2_000, fund=50_000)),
        ("up to £500 each from our fund of £20,000", pounds(high=500, fund=20_000)),
        ("total fund: £3m", pounds(fund=3e6)),
        ("Funding pot of £3 million", pounds(fund=3e6)),
        ("£200,000 is available", pounds(fund=200_000)),
        ("£2m grants programme", pounds(fund=2e6)),
        ("total fund of up to £3m", pounds(fund=3e6)),
        ("Total fund £3m, grants up to £50,000", pounds(fund=3e6, high=50_000)),
        ("£5,000 is available to each group", pounds(low=5_000, high=5_000)),
        ("Community Fund, up to £500", pounds(high=500)),
        ("Small grants up to £500 and large grants up to £5,000", pounds(high=5_000)),
        ("£40,000 + VAT", pounds(net=40_000)),
        ("Value excluding VAT: £40,000", pounds(net=40_000)),
        ("£48,000 (including VAT)", pounds(gross=48_000)),
        ("£40,000 ex VAT (£48,000 inc VAT)", pounds(net=40_000, gross=48_000)),
        ("£1m - £2m (excluding VAT)", pounds(low=1e6, high=2e6)),
        ("€5,000", Money(low=5_000, high=5_000, currency="EUR")),
        ("€5.000,50", Money(low=5_000.5, high=5_000.5, currency="EUR")),
        ("5,000 euros", Money(low=5_000, high=5_000, currency="EUR")),
        ("US$1m", Money(low=1e6, high=1e6, currency="USD")),
        ("50000.00", Money(low=50_000, high=50_000)),
        ("£500 to 16 year olds", pounds(low=500, high=500)),
        ("£500 and 3 volunteers", pounds(low=500, high=500)),
        ("Round 2 - £500", pounds(low=500, high=500)),
        ("£5,000 for organisations with an income under £100,000", pounds(low=5_000, high=5_000)),
        ("£5,000 for groups with an income under £100,000 a year", pounds(low=5_000, high=5_000)),
        ("£5,000 (turnover between £10,000 and £100,000)", pounds(low=5_000, high=5_000)),
        ("up to £5,000 for charities with less than £100,000 annual income", pounds(high=5_000)),
        ("organisations with an income of less than £100,000 can get up to £5,000", pounds(high=5_000)),
        ("groups with income under £1,000 or over £9,000 get £500", pounds(low=500, high=500)),
        ("Families on a low income can get up to £500", pounds(high=500)),
        ("Annual value: £30,000", pounds(low=30_000, high=30_000, yearly=True)),
        ("minimum £1,000, maximum £10,000 per year", pounds(low=1_000, high=10_000, yearly=True)),
        ("£500 a year from a fund of £20,000", pounds(low=500, high=500, fund=20_000, yearly=True)),
        ("£10,000 p/a", pounds(low=10_000, high=10_000, yearly=True)),
        ("£50,000 (excluding VAT) per annum", pounds(net=50_000, yearly=True)),
        ("£10-15,000", pounds(low=10_000, high=15_000)),
        ("£500-15,000", pounds(low=500, high=15_000)),
        ("£90,000 (£30,000 per year for 3 years)", pounds(low=30_000, high=90_000)),
        ("£10,000 each year up to a total of £30,000", pounds(low=10_000, high=30_000)),
        ("10.000,00 €", Money(low=10_000, high=10_000, currency="EUR")),
        ("£10 - £15,000", pounds(low=10, high=15_000)),
        ("up to £10,000, 50% of costs up to £5,000", pounds(high=10_000)),
        ("50% of costs up to £5,000", pounds(high=5_000)),
        ("$5m", Money(low=5e6, high=5e6, currency="USD")),
        ("45000", Money(low=45_000, high=45_000)),
        ("4,500", Money(low=4_500, high=4_500)),
        ("45k", Money(low=45_000, high=45_000)),
    ],
)
def test_what_is_stated_is_what_is_read(text: str, meant: Money) -> None:
    assert money(text) == meant


@pytest.mark.parametrize(
    "text",
    ["N/A", "TBC", "", "£", "£0", "£0.00", "£0 - £0", "5%", "2 to 3 years", "five thousand pounds", "over 3 years",
     "2026-03-01", "Ref 12345", "£99999999999999", "not stated",
     "1995", "2026", "2025-2026", "10-20", "01452", "01 452 123", "£10,00", "10,00 €", "max 10% of £50,000",
     "Only for an income under £100,000", "12 per cent of the fund of £5,000", None, 5_000, "£1 " * 400],
)  # fmt: skip
def test_what_states_no_amount_is_nothing_never_zero(text: object) -> None:
    assert money(text) is None


WHOLE = st.integers(1, 900_000_000)


@given(WHOLE)
def test_every_amount_reads_back_however_it_is_grouped(amount: int) -> None:
    for text in (f"£{amount}", f"£{amount:,}", f"£{amount:,}.00", f"{amount:,} GBP", f"£ {amount:,}".replace(",", " ")):
        assert money(text) == pounds(low=amount, high=amount), text


@given(
    st.integers(1, 999), st.sampled_from([("k", 1e3), (" thousand", 1e3), ("m", 1e6), (" million", 1e6), ("bn", 1e9)])
)
def test_every_multiplier_multiplies(amount: int, times: tuple[str, float]) -> None:
    assert money(f"£{amount}{times[0]}") == pounds(low=amount * times[1], high=amount * times[1])
    assert money(f"up to £{amount}.5{times[0]}") == pounds(high=(amount + 0.5) * times[1])


@given(WHOLE, WHOLE, st.sampled_from(["-", " - ", "–", " to ", " up to "]))
def test_every_range_has_both_its_ends(one: int, other: int, joint: str) -> None:
    assert money(f"£{one:,}{joint}£{other:,}") == pounds(low=min(one, other), high=max(one, other))


@given(st.text(alphabet="£€$0123456789., -kmbnto upandVAT/", max_size=60))
def test_no_text_breaks_the_reader_and_no_amount_is_zero_or_boundless(text: str) -> None:
    found = money(text)
    amounts = [found.net, found.gross, found.low, found.high, found.fund] if found else []
    assert found is None or any(amounts)
    assert all(amount is None or 0 < amount <= MOST for amount in amounts)


@pytest.mark.parametrize("text", ["AU$5m", "A$5m - A$6m", "less than £5,000 or more than £10,000"])
def test_what_cannot_be_meant_or_compared_is_nothing(text: str) -> None:
    assert money(text) is None


@pytest.mark.parametrize("text", ["£1e9", "£12E9", "£1e+6", "1e9", "£1.5e3"])
def test_a_number_in_scientific_notation_is_nothing_rather_than_its_first_digit(text: str) -> None:
    assert money(text) is None
