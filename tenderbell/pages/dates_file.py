"""The dates of one opportunity as a calendar file: `/opportunities/ID.ics`.

A deadline is an event of half an hour that ends when it does, every other date a whole day. Identifiers stay the same
when dates move and the sequence number grows, so that a calendar that takes the file again moves the event.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from tenderbell.clock import uk
from tenderbell.exchange import page_url
from tenderbell.opportunity import Opportunity
from tenderbell.pages.course import Step, steps_of
from tenderbell.phrases import deadline_moment
from tenderbell.text import safe_link
from tenderbell.vocabulary import Stage

LENGTH = timedelta(minutes=30)
WARNING = timedelta(days=7)


def dates_file(opportunity: Opportunity, site: str, now: datetime) -> bytes | None:
    """Return all known dates as iCalendar, None when none is known. `site` is the public address without a final
    slash. Hours are in UTC, which a calendar shows in its own time and which no clock change makes doubtful, days are
    UK days; a deadline of midnight ends at 23:59 the day before (ruling 13)."""
    steps = [step for step in steps_of(opportunity, now) if step.at]
    if not steps:
        return None
    calendar = Calendar()
    calendar.add("prodid", "-//Tenderbell//Opportunity//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _one_line(opportunity.title))
    for event in _events(opportunity, steps, site, now):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(opportunity: Opportunity, steps: Sequence[Step], site: str, now: datetime) -> list[Event]:
    is_live = opportunity.stage_at(now) in (Stage.PLANNED, Stage.ENGAGEMENT, Stage.OPEN)
    return [_event(opportunity, step, site, now, is_live=is_live) for step in steps]


def _event(opportunity: Opportunity, step: Step, site: str, now: datetime, *, is_live: bool) -> Event:
    event, link = Event(), page_url(site, opportunity.id)
    changed = opportunity.updated_at or opportunity.published_at or now
    event.add("uid", f"{opportunity.id}-{step.key}@{site.partition('://')[2]}")
    event.add("dtstamp", changed.astimezone(UTC))
    event.add("sequence", len(opportunity.changes))
    _add_times(event, step)
    event.add("summary", f"{step.label}: {_one_line(opportunity.title)}")
    event.add("description", _description(opportunity, step, link))
    event.add("url", link)
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if step.state == "over" else "CONFIRMED")
    if is_live and step.key == "closes" and step.state != "past":
        event.add_component(_alarm(opportunity))
    return event


def _add_times(event: Event, step: Step) -> None:
    """Give an event its times: a deadline's last half hour, a date's whole day."""
    if step.at is None:
        return
    if step.exact:
        end = deadline_moment(step.at).astimezone(UTC)
        event.add("dtstart", end - LENGTH)
        event.add("dtend", end)
    else:
        event.add("dtstart", uk(step.at).date())
        event.add("dtend", uk(step.at).date() + timedelta(days=1))


def _description(opportunity: Opportunity, step: Step, link: str) -> str:
    buyer = _one_line(opportunity.buyer) if opportunity.buyer else ""
    advert = safe_link(opportunity.link)
    told = [
        f"{step.label} {step.when} (UK time)" if step.exact else "",
        buyer,
        f"The advert: {advert}" if advert else "",
        link,
    ]
    return "\n".join(words for words in told if words)


def _alarm(opportunity: Opportunity) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Closes in a week: {_one_line(opportunity.title)}")
    alarm.add("trigger", -WARNING)
    return alarm


def _one_line(text: str) -> str:
    """Return text without line breaks and control characters, which a calendar file may not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
