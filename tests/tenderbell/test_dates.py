"""Dates in every form that portals and people use, all UK time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.clock import UK, end_of_date, uk_day_start
from tenderbell.wording.dates import deadline, labelled_deadline, published, unread_deadline

FEBRUARY = datetime(2026, 2, 20, 9, tzinfo=UTC)
SUMMER, WINTER = datetime(2026, 7, 10, 11, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a UK wall time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UK).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("noon on 3rd March 2026", "2026-03-03T12:00"),
        ("12 noon, Friday 10 April 2026", "2026-04-10T12:00"),
        ("12:00 noon on Friday, 10th April 2026", "2026-04-10T12:00"),
        ("midday 10 July 2026", "2026-07-10T12:00"),
        ("Friday 10 July 2026 (12 noon)", "2026-07-10T12:00"),
        ("10 July 2026, 12pm", "2026-07-10T12:00"),
        ("5pm on 1/12/26", "2026-12-01T17:00"),
        ("5 pm on 1st December 2026", "2026-12-01T17:00"),
        ("5:30 p.m. on Tuesday 1 December 2026", "2026-12-01T17:30"),
        ("5.30pm, 1 Dec 2026", "2026-12-01T17:30"),
        ("Tue 1 Dec 2026 17:00", "2026-12-01T17:00"),
        ("17.00pm on 1 December 2026", "2026-12-01T17:00"),
        ("1700hrs on 1 December 2026", "2026-12-01T17:00"),
        ("1 December 2026 at 17:00 hours", "2026-12-01T17:00"),
        ("01/12/2026 17:00", "2026-12-01T17:00"),
        ("01/12/2026 17:00:30", "2026-12-01T17:00:30"),
        ("01/12/2026, 05:00 PM", "2026-12-01T17:00"),
        ("1/7/2026 9:05", "2026-07-01T09:05"),
        ("01-12-2026 23:59", "2026-12-01T23:59"),
        ("01.12.2026 23.59", "2026-12-01T23:59"),
        ("23.59 on 1 December 2026", "2026-12-01T23:59"),
        ("11.59pm Monday 2 March 2026", "2026-03-02T23:59"),
        ("Monday 2nd of March 2026 at 17:00", "2026-03-02T17:00"),
        ("the 2nd day of March 2026, 9am", "2026-03-02T09:00"),
        ("2-Mar-2026 09:00", "2026-03-02T09:00"),
        ("2 Mar 26 09:00", "2026-03-02T09:00"),
        ("March 2, 2026 9:00 am", "2026-03-02T09:00"),
        ("March 2nd 2026 at 9am", "2026-03-02T09:00"),
        ("Wednesday 9 Sept 2026 at 10am", "2026-09-09T10:00"),
        ("12am on 3 March 2026", "2026-03-03T00:00"),
        ("2026-07-10T12:00:00", "2026-07-10T12:00"),
        ("2026-07-10 12:00", "2026-07-10T12:00"),
        ("2026/07/10 12:00", "2026-07-10T12:00"),
        ("10/07/2026 12:00 (UTC+00:00) Dublin, Edinburgh, Lisbon, London", "2026-07-10T12:00"),
        ("(UTC+00:00) London 10/07/2026 12:00", "2026-07-10T12:00"),
        ("12:00 UK time, 10 July 2026", "2026-07-10T12:00"),
        ("2026-07-10T00:00:00", "2026-07-10T00:00"),
        ("29 February 2028 at noon", "2028-02-29T12:00"),
        ("4 o'clock pm on 3 March 2026", "2026-03-03T16:00"),
        ("4 o’clock in the afternoon on 3 March 2026", "2026-03-03T16:00"),
        ("4.30 in the afternoon of 3 March 2026", "2026-03-03T16:30"),
        ("3 March 2026, 9 o'clock in the morning", "2026-03-03T09:00"),
        ("11 o'clock at night, 3 March 2026", "2026-03-03T23:00"),
        ("12 o'clock noon on 3 March 2026", "2026-03-03T12:00"),
        ("12 o'clock midday on 3 March 2026", "2026-03-03T12:00"),
    ],
)
def test_a_date_with_a_time_is_that_moment_on_a_uk_clock(text: str, wall: str) -> None:
    assert deadline(text) == at(wall)
    assert published(text) == at(wall)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-10T12:00:00+01:00", SUMMER),
        ("2026-07-10T11:00:00Z", SUMMER),
        ("2026-07-10T11:00:00.000Z", SUMMER),
        ("2026-07-10 12:00:00 +0100", SUMMER),
        ("Fri, 10 Jul 2026 11:00:00 GMT", SUMMER),
        ("Fri, 10 Jul 2026 12:00:00 +0100", SUMMER),
        ("Fri, 10 Jul 2026 12:00:00 BST", SUMMER),
        ("Fri, 10 Jul 2026 07:00:00 EDT", SUMMER),
        ("Fri Jul 10 2026 12:00:00 GMT+0100 (British Summer Time)", SUMMER),
        ("10 July 2026, 13:00 CEST", SUMMER),
        ("Tue Mar  3 12:00:00 2026", WINTER),
        ("/Date(1772539200000)/", WINTER),
        ("/Date(1772539200000+0100)/", WINTER),
        (r"\/Date(1772539200000)\/", WINTER),
    ],
)
def test_a_stated_zone_is_believed(text: str, instant: datetime) -> None:
    assert deadline(text) == instant
    assert published(text) == instant


@pytest.mark.parametrize(
    "text",
    ["2026-07-31", "31/07/2026", "31-07-2026", "31.07.2026.", "Friday 31st July 2026", "31 Jul 26", "July 31, 2026",
     "31/7/26", "midnight on 31 July 2026", "12 midnight, 31/07/2026", "31 July 2026 (midnight)",
     "24:00 on 31 July 2026"],
)  # fmt: skip
def test_a_date_alone_or_with_midnight_is_its_end_for_a_deadline_and_its_start_for_a_publication(text: str) -> None:
    assert deadline(text) == datetime(2026, 7, 31, 22, 59, 59, tzinfo=UTC)
    assert published(text) == datetime(2026, 7, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "when",
    ["by 4 o'clock", "four o'clock", "by 4", "at 12 o'clock", "half past four", "by half past 4", "13am",
     "close of business", "end of the working day", "COB", "in the afternoon", "25:00", "at 9:75"],
)  # fmt: skip
def test_a_deadline_with_a_time_that_cannot_be_read_is_not_given_another(when: str) -> None:
    assert deadline(f"{when} on 3 March 2026") is None
    assert deadline(f"3 March 2026 {when}") is None
    assert published(f"{when} on 3 March 2026") == datetime(2026, 3, 3, tzinfo=UTC), "the day is clear"
    assert labelled_deadline(f"Applications close on 3 March 2026 {when}.") is None
    assert unread_deadline(f"Applications close on 3 March 2026 {when}.") is not None


@pytest.mark.parametrize(
    "text",
    ["31 February 2026", "31/02/2026", "2026-02-31", "2026-02-31T12:00:00", "29 February 2027", "00/01/2026",
     "0 March 2026",
     "99/99/2026", "3/31/2026", "/Date(-62135596800000)/", "/Date(99999999999999999)/", "/Date()/", "1 March 1066",
     "", "soon",
     "TBC", "N/A", "rolling", "24/7", "May 2026", "2026", "spring 2026", "3 March 2026 to 10 March 2026",
     "between 9am and 5pm on 3 March 2026", "10 April", "12 noon, Friday 10 April", "£12.50",
     "01452 123456", None, 20260303],
)  # fmt: skip
def test_what_names_no_one_day_that_exists_is_no_date(text: object) -> None:
    assert deadline(text) is None
    assert published(text) is None


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("12 noon, Friday 10 April", "2026-04-10T12:00"),
        ("Monday 2nd of March at 17:00", "2026-03-02T17:00"),
        ("5pm, 20 February", "2026-02-20T17:00"),
        ("19 February, 5pm", "2027-02-19T17:00"),
        ("1 January at 9am", "2027-01-01T09:00"),
        ("March 3, 9am", "2026-03-03T09:00"),
        ("3 March 4pm", "2026-03-03T16:00"),
        ("10 April 12 noon", "2026-04-10T12:00"),
        ("Friday 13 February at noon", "2026-02-13T12:00"),
    ],
)
def test_a_day_without_a_year_is_the_next_one_after_the_publication_unless_its_weekday_says_otherwise(
    text: str, wall: str
) -> None:
    assert deadline(text, near=FEBRUARY) == at(wall)


def test_a_day_that_the_coming_year_does_not_have_is_not_guessed() -> None:
    assert deadline("29 February at noon", near=FEBRUARY) is None
    assert deadline("Tuesday 10 April at noon", near=FEBRUARY) is None


DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
CLOCK_CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
FORMS = (
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%A %d %B %Y", "%a, %d %b %Y", "%B %d, %Y",
    "%d-%b-%Y",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=100)
@given(day=st.one_of(DAYS, st.sampled_from(CLOCK_CHANGES)), hour=st.integers(3, 23), minute=st.integers(0, 59))
def test_every_day_reads_back_in_every_form(form: str, day: date, hour: int, minute: int) -> None:
    written = day.strftime(form)
    assert deadline(written) == end_of_date(day)
    assert published(written) == uk_day_start(day)
    wall = datetime.combine(day, time(hour, minute), UK).astimezone(UTC)
    assert deadline(f"{written} {hour:02}:{minute:02}") == wall
    assert deadline(f"{hour % 12 or 12}.{minute:02}{'pm' if hour > 11 else 'am'} on {written}") == wall


def test_every_day_of_two_years_ends_a_second_before_the_next_begins() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    ends = [deadline(day.strftime("%d/%m/%Y")) for day in days]
    starts = [published(day.strftime("%d %B %Y")) for day in days]
    assert all(end and start and end - start > timedelta(hours=22) for end, start in zip(ends, starts, strict=True))
    assert all(
        end and start and start - end == timedelta(seconds=1) for end, start in zip(ends[:-1], starts[1:], strict=True)
    )


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    for found in (deadline(text), published(text), deadline(text, FEBRUARY), *(labelled_deadline(text) or ())[:1]):
        assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("Closing date: 5 January 2027 at noon.", "2027-01-05T12:00"),
        ("Closing date and time: 05/01/2027 12:00", "2027-01-05T12:00"),
        ("Deadline: 12 noon on Friday 2nd July 2027", "2027-07-02T12:00"),
        ("Deadline for applications: 31/01/2027, 5pm", "2027-01-31T17:00"),
        ("The deadline for applications to the spring round is 5 January 2027 at 9am", "2027-01-05T09:00"),
        ("The deadline to apply is Tuesday 3rd March 2026, 23:59", "2026-03-03T23:59"),
        ("The deadline has been extended to 5pm on 9 March 2027", "2027-03-09T17:00"),
        ("Submission deadline – noon, 9 March 2027", "2027-03-09T12:00"),
        ("Applications must be received by 5pm on 1/12/26.", "2026-12-01T17:00"),
        ("Applications should be submitted by e-mail no later than 12 noon on 3 March 2027", "2027-03-03T12:00"),
        ("Applications close on Friday 4 December at 5pm", "2026-12-04T17:00"),
        ("Round 2 closes at 5pm on 1 June 2026.", "2026-06-01T17:00"),
        ("The fund is open until noon on 1 June 2026.", "2026-06-01T12:00"),
        ("Please apply by 10am on 1 June 2026.", "2026-06-01T10:00"),
        ("Bids are due by 1 May 2027 at 13:00", "2027-05-01T13:00"),
        ("Closes on 3 March 2027 at 1pm", "2027-03-03T13:00"),
        ("Published 1 May 2026\nCloses: 3 June 2026 at 1pm\nContact us by 9 July 2026", "2026-06-03T13:00"),
        ("Deadline for questions: 1 March 2027. Deadline for tenders: 9 March 2027 at 12:00", "2027-03-09T12:00"),
        ("Closing date: 5 January 2027 at noon. (Closing date: 12:00 on 05/01/2027)", "2027-01-05T12:00"),
    ],
)
def test_a_labelled_closing_date_in_a_text_is_the_deadline(text: str, wall: str) -> None:
    found = labelled_deadline(text, near=FEBRUARY)
    assert found is not None
    assert found[0] == at(wall)
    assert found[1] in " ".join(text.split())


@pytest.mark.parametrize(
    "words",
    [
        "Closing date: 4 o'clock on 3 March 2027",
        "Deadline: by 4 o'clock, 3 March 2027",
        "Applications close on 3 March 2027 at 4 o'clock",
        "The fund closes at close of business on 3 March 2027",
    ],
)
def test_a_label_with_a_time_that_cannot_be_read_is_quoted(words: str) -> None:
    text = f"We give small sums. {words}. Write to us."
    assert labelled_deadline(text) is None
    assert (unread_deadline(text) or "").removesuffix(".") in text
    assert "3 March 2027" in (unread_deadline(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "Applications close on 3 March 2027 at noon. We open at 9 o'clock.",
        "Applications close on 3 March 2027. At 4 o'clock there will be tea.",
        "Applications close on 3 March 2027; see 4.2.1 of the guide",
        "Nothing closes.", None,
    ],
)  # fmt: skip
def test_what_can_be_read_is_not_called_unreadable(text: str | None) -> None:
    assert unread_deadline(text) is None


def test_midnight_in_a_label_is_the_end_of_its_day() -> None:
    found = labelled_deadline("The fund closes at midnight on 31 January 2027.")
    assert found == (end_of_date(date(2027, 1, 31)), "fund closes at midnight on 31 January 2027")


@pytest.mark.parametrize(
    "text",
    ["Opens 5 January 2027", "Deadline: 31 February 2027", "Deadline: soon; published 3 March 2027",
     "Closing date: 5 January 2027. Closing date: 6 January 2027.", "The deadline was 3 March 2027",
     "The road closes on 3 March 2027", "The consultation closes on 3 March 2027",
     "The office is closed on 25 December 2026",
     "Deadline for clarification questions: 3 March 2027", "The deadline for completing the works is 3 March 2027",
     "Deadline for return of bids Instead of: 3 March 2027",
     "We met on 3 March 2027 by the river", "Deadline: 10 April", "", None],
)  # fmt: skip
def test_a_date_that_is_not_clearly_the_deadline_is_not_taken(text: str | None) -> None:
    assert labelled_deadline(text) is None


def test_a_long_text_costs_little() -> None:
    for text in (
        "deadline for " * 2000,
        "closes on 3 " * 2000,
        "by " * 7000,
        "1/1/" * 5000,
        "applications must be " * 1000,
    ):
        started = datetime.now(UTC)
        labelled_deadline(text)
        assert datetime.now(UTC) - started < timedelta(seconds=2)
