"""What it is worth: the one number that filters use, and which of the stated numbers it is (ruling 15)."""

from collections.abc import Sequence

from tenderbell.notice import Lot, Money
from tenderbell.vocabulary import Kind

LEAST_REAL = 1.0
"""Smaller amounts are placeholders (0, 0.01), not values (sources.md section 11, trap 6)."""


def real(money: Money | None) -> Money | None:
    """Return the stated amounts without placeholders; None when none is left."""
    if money is None:
        return None
    amounts = {
        name: amount
        for name in ("net", "gross", "low", "high", "fund")
        if (amount := getattr(money, name)) is not None and amount >= LEAST_REAL
    }
    return Money(**amounts, currency=money.currency, yearly=money.yearly) if amounts else None


def sum_of_lots(lots: Sequence[Lot]) -> Money | None:
    """Return what the lots are worth together, when every one states it in one currency; net and gross apart."""
    values = [real(lot.value) for lot in lots]
    if not values or any(value is None for value in values):
        return None
    stated = [value for value in values if value]
    if len({value.currency for value in stated}) > 1:
        return None
    nets, grosses = [value.net for value in stated], [value.gross for value in stated]
    summed = Money(
        net=sum(net for net in nets if net) if all(nets) else None,
        gross=sum(gross for gross in grosses if gross) if all(grosses) else None,
        currency=stated[0].currency,
    )
    return summed if summed.net or summed.gross else None


def filter_value(money: Money | None, kind: Kind) -> tuple[float | None, str | None]:
    """Return (pounds, basis): the number that filters use and what it is; (None, None) when nothing is stated, and
    (None, "EUR") when it is stated in another currency."""
    if money is None:
        return None, None
    if money.currency not in (None, "GBP"):
        return None, money.currency
    contract = ((money.gross, "with VAT"), (money.net, "without VAT"), (money.high, "upper end"))
    grant = ((money.high, "most for one applicant"), (money.fund, "whole fund"))
    rest = ((money.fund, "whole fund"), (money.low, "lower end"))
    choices = (*grant, *contract, *rest) if kind is Kind.GRANT else (*contract, *rest)
    return next(((amount, basis) for amount, basis in choices if amount is not None), (None, None))


def same_worth(a: Money | None, b: Money | None) -> bool:
    """Return whether two statements can mean the same amount: the net of the one may be the net of the other, and so
    on."""
    return not _amounts(a).isdisjoint(_amounts(b))


def _amounts(money: Money | None) -> set[float]:
    found = real(money)
    return {round(x, 2) for x in (found.net, found.gross, found.high, found.fund) if x is not None} if found else set()
