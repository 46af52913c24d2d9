"""Facts in words, as a neighbour would say them. Pages and e-mails share these, so that they say the same."""

from datetime import date, datetime, timedelta

from tenderbell.clock import uk

NOT_STATED = "not stated"
_KINDS = {
    "contract": "Contract",
    "grant": "Grant",
    "loan": "Loan",
    "framework": "Framework",
    "concession": "Concession",
    "dynamic-market": "Dynamic market",
    "unclear": "Not clear: grant or contract",
}
_STAGES = {
    "planned": "planned",
    "engagement": "early talks",
    "open": "open",
    "closed": "closed",
    "awarded": "awarded",
    "cancelled": "cancelled",
}
_REACHES = {
    "local": "In our area",
    "regional": "Wider region, including us",
    "national": "Whole country",
    "unstated": "Place not stated",
}


def kind_words(kind: str) -> str:
    """Return a kind as the page says it ("Grant")."""
    return _KINDS.get(kind, kind)


def stage_words(stage: str) -> str:
    """Return a stage as the page says it ("early talks")."""
    return _STAGES.get(stage, stage)


def reach_words(reach: str) -> str:
    """Return a reach as the page says it, for any area ("In our area")."""
    return _REACHES.get(reach, reach)


def day_words(day: date) -> str:
    """Return "Friday 10 April 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day(moment: datetime, now: datetime) -> str:
    """Return "Fri 10 April", with the year when it is not this one. UK time."""
    local = uk(moment)
    words = f"{local:%a} {local.day} {local:%B}"
    return words if local.year == uk(now).year else f"{words} {local.year}"


def since_words(moment: datetime, now: datetime) -> str:
    """Return the day from which on something has been so: "Tuesday" within the last six days, else "18 November",
    with the year when it is not this one. UK time."""
    local = uk(moment)
    if 0 <= (uk(now).date() - local.date()).days < 7:
        return f"{local:%A}"
    return f"{local.day} {local:%B}" if local.year == uk(now).year else f"{local.day} {local:%B %Y}"


def deadline_moment(closes_at: datetime) -> datetime:
    """Return the UK time to show for a deadline: midnight is shown as 23:59 the day before (ruling 13)."""
    local = uk(closes_at)
    return local - timedelta(minutes=1) if (local.hour, local.minute) == (0, 0) else local


def time_words(local: datetime) -> str:
    """Return "noon", "midnight", "5pm" or "11:59pm"."""
    if (local.hour, local.minute) == (12, 0):
        return "12 noon"
    hour = local.hour % 12 or 12
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{hour}{minutes}{'am' if local.hour < 12 else 'pm'}"


def deadline_words(closes_at: datetime) -> str:
    """Return "12 noon, Friday 10 April 2026" in UK time."""
    local = deadline_moment(closes_at)
    return f"{time_words(local)}, {day_words(local.date())}"


def closing_words(closes_at: datetime, now: datetime) -> str:
    """Return "closes 7 Sep 2026, 12 noon (UK time)", or "closed ..." once the deadline has passed."""
    local = deadline_moment(closes_at)
    return f"{'closed' if closes_at <= now else 'closes'} {local.day} {local:%b %Y}, {time_words(local)} (UK time)"


def moment_words(moment: datetime) -> str:
    """Return "9:15am, Monday 3 November 2026" for an instant that is no deadline. UK time."""
    local = uk(moment)
    return f"{time_words(local)}, {day_words(local.date())}"


def days_left(closes_at: datetime, now: datetime) -> int:
    """Return how many UK midnights lie between now and the deadline; negative once it has passed by days."""
    return (deadline_moment(closes_at).date() - uk(now).date()).days


def left_words(closes_at: datetime, now: datetime) -> str:
    """Return "in 12 days", "tomorrow", "today", or for a passed deadline "closed 3 days ago"."""
    days = days_left(closes_at, now)
    if closes_at <= now:
        return "closed today" if days == 0 else f"closed {plural(-days, 'day')} ago"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {plural(days, 'day')}")


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return "1 day", "2 days", "1,200 opportunities"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def money_words(amount: float | None, currency: str | None = None) -> str:
    """Return money as people say it: "£15,000", "£3.1 million", "€2 billion"; None is "not stated"."""
    if amount is None:
        return NOT_STATED
    sign = {"GBP": "£", None: "£", "EUR": "€", "USD": "$"}.get(currency, f"{currency} ")
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if amount >= size:
            return f"{sign}{amount / size:.1f}".removesuffix(".0") + f" {word}"
    return f"{sign}{amount:,.2f}".removesuffix(".00")


def exact_money_words(amount: float | None, currency: str | None = None) -> str:
    """Return money to the pound: "£3,116,008"; None is "not stated"."""
    if amount is None:
        return NOT_STATED
    sign = {"GBP": "£", None: "£", "EUR": "€", "USD": "$"}.get(currency, f"{currency} ")
    return f"{sign}{amount:,.2f}".removesuffix(".00")


def notice_words(days: int | None) -> str:
    """Return the notice given, in words: "41 days", or "not stated"."""
    return NOT_STATED if days is None else plural(days, "day")


def rhythm_words(frequency: str) -> str:
    """Return how often e-mails come: "once a week, on Monday morning"."""
    return {
        "instant": "at once",
        "daily": "once a day, in the morning",
        "weekly": "once a week, on Monday morning",
    }.get(frequency, frequency)


def frequency_words(frequency: str) -> str:
    """Return how often e-mails of a search come: "once a week, on Monday morning, when something fits"."""
    return "as soon as something fits" if frequency == "instant" else f"{rhythm_words(frequency)}, when something fits"
