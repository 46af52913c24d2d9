"""The log: one line an event, and nothing of anybody's in it."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from schedules.children import Outcome
from schedules.said import note_step
from tenderbell.seeing import log
from tenderbell.seeing.events import ALWAYS, EVENTS, Said
from tenderbell.seeing.scrubbing import scrubbed
from tenderbell.settings import Settings
from tests.site.conftest import Visitor

TOKEN = "c12-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
PERSON, NETWORK, SOUGHT = "somebody@hall.example", "203.0.113.77", "bereavement"
SECRET = re.compile(f"{PERSON}|hall\\.example|{re.escape(NETWORK)}|{TOKEN}|AbCdEf|{SOUGHT}|2001:db8", re.IGNORECASE)


@pytest.fixture(params=[log.TEXT, log.JSON])
def mode(request: pytest.FixtureRequest) -> Iterator[str]:
    """A process whose log is set up in one of the two ways, and as before afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    log.configure(request.param)
    yield request.param
    structlog.reset_defaults()
    root.handlers, root.level = before, level


def events(text: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        assert one["event"] in EVENTS
        assert set(one) <= {*ALWAYS, *EVENTS[str(one["event"])].fields}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(one["at"]))
    return found


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"550 5.1.1 <{PERSON}>: unknown", "550 5.1.1 <ADDRESS>: unknown"),
        (f"smtp://user:pass@mail.example:587 refused {NETWORK}", "smtp://mail.example:587 refused IP"),
        (f"GET /manage/{TOKEN}/edit", "GET /manage/TOKEN/edit"),
        (f"GET /opportunities?q={SOUGHT}&page=2 failed", "GET /opportunities?QUERY failed"),
        ("from 2001:db8::7 at 08:30:12", "from IP at 08:30:12"),
        ("The site is on http://127.0.0.1:8001", "The site is on http://127.0.0.1:8001"),
        ("a-source: 3 notices of 1.2.3, 12:30 on 3.4.", "a-source: 3 notices of 1.2.3, 12:30 on 3.4."),
        (f"token {TOKEN}", "token TOKEN"),
    ],
)  # fmt: skip
def test_what_is_somebodys_is_taken_out(said: str, kept: str) -> None:
    assert scrubbed(said) == kept


def test_people_read_sentences_and_programs_an_object_a_line(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    log.say(Said("find-a-tender: 3 notices, 1 of them new, in 2 requests.", "harvest.ended", source="find-a-tender",
                 notices=3, new=1, requests=2, finished=True))  # fmt: skip
    log.say(f"tenderbell send did not work: 550 {PERSON} from {NETWORK}")
    log.note("step.ended", "2 matches", command="match", code=0, seconds=0.5)
    out, err = capfd.readouterr()
    if mode == log.TEXT:
        first, second = out.splitlines()
        assert first == "find-a-tender: 3 notices, 1 of them new, in 2 requests."
        assert second == "tenderbell send did not work: 550 ADDRESS from IP"
        assert err == ""
    else:
        harvest, said, step = events(err)
        assert (harvest["event"], harvest["source"], harvest["notices"]) == ("harvest.ended", "find-a-tender", 3)
        assert (said["event"], step["command"], step["seconds"]) == ("scheduler.said", "match", 0.5)
        assert out == ""
    assert not SECRET.search(out + err)


def test_what_the_sender_did_is_counted(capfd: pytest.CaptureFixture[str]) -> None:
    log.configure(log.JSON)
    said = "1,203 sent, 4 to be tried later, 1 failed, 0 unknown, 2 withdrawn.\n"
    note_step(("send",), Outcome(1, said, f"Stopped early: {PERSON}"), 2.5)
    structlog.reset_defaults()
    (event,) = events(capfd.readouterr().err)
    counted = {name: event[name] for name in ("sent", "later", "failed", "unknown", "withdrawn")}
    assert counted == {"sent": 1203, "later": 4, "failed": 1, "unknown": 0, "withdrawn": 2}


def test_a_fault_is_told_by_its_kind_and_place_and_never_by_what_it_says(
    mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    try:
        int(f"{SOUGHT} {PERSON}")
    except ValueError:
        about = log.extra("request.failed", method="GET", room="/manage/*")
        logging.getLogger("tenderbell.site").exception("GET /manage/TOKEN could not be answered", extra=about)
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received from %s.", NETWORK)
    err = capfd.readouterr().err
    assert "ValueError" in err
    assert "tests/seeing/test_log.py:" in err
    assert not SECRET.search(err)
    if mode == log.JSON:
        fault, library = events(err)
        assert (fault["event"], fault["level"], library["event"]) == ("request.failed", "error", "library.said")


def test_whole_journeys_leave_nothing_of_anybody_in_the_log(
    mode: str, settings: Settings, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = Visitor(settings, client=(NETWORK, 4711), raise_app_exceptions=False)
    visitor.post("/alerts/new", {"email": PERSON, "q": SOUGHT, "frequency": "daily", "criteria": f"q={SOUGHT}"})
    visitor.get(f"/confirm/{TOKEN}")
    visitor.post(f"/confirm/{TOKEN}", {})
    visitor.post(f"/manage/{TOKEN}", {"action": "erase"})
    visitor.post(f"/unsubscribe/{TOKEN}", {"List-Unsubscribe": "One-Click"})
    visitor.get(f"/opportunities?q={SOUGHT}%00&page=x", headers={"x-forwarded-for": NETWORK})
    visitor.get(f"/public/opportunity.json?title__contains={SOUGHT}&_sort=nothing")
    visitor.get(f"/{PERSON}/{SOUGHT}")
    for wreck in ("public", "private"):
        for path in settings.data.glob(f"{wreck}.db*"):
            path.unlink()
        (settings.data / f"{wreck}.db").write_bytes(b"no database" * 1000)
    visitor.get(f"/opportunities?q={SOUGHT}+again")
    visitor.get(f"/manage/{TOKEN}")
    visitor.post("/alerts/new", {"email": PERSON, "criteria": f"q={SOUGHT}"})
    out, err = capfd.readouterr()
    assert "could not be answered" in err, "something was to be logged"
    assert not SECRET.search(out + err), SECRET.findall(out + err)
    if mode == log.JSON:
        assert {event["event"] for event in events(err)} >= {"request.failed"}
