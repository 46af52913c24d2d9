"""The clock of real processes, set by hand while they run, with Debian's libfaketime."""

import json
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tenderbell.clock import instant, wall_clock
from tenderbell.database import connect
from tests.schedules.editions import environment, job
from tests.schedules.programs import finished, running

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
SCHEDULE = ("tenderbell", "schedule")
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Fund</title><link>http://127.0.0.1/</link>
<description>Grants</description><item><title>A grant for halls</title><link>http://127.0.0.1/1</link><guid>1</guid>
<description>For village halls.</description></item></channel></rss>"""

pytestmark = pytest.mark.slow


class Clock:
    """The clock that processes with `environ` see."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set("+0")
        self.environ = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, ahead: str) -> None:
        """Set it: "+3d", "-1d", "+0"."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(ahead)
        fresh.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    if LIBRARY is None:
        warnings.warn("libfaketime is not installed (apt-get install faketime): no clock is set.", stacklevel=1)
        pytest.skip("needs Debian's faketime")
    return Clock(tmp_path / "clock")


@pytest.fixture
def source() -> Iterator[str]:
    """The address of a feed whose server knows the time."""

    class Feed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.endswith(".xml")
            self.send_response(200 if found else 404)
            self.send_header("content-type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(FEED if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/feed.xml"
    server.shutdown()
    server.server_close()


def until(condition: Callable[[], bool], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def status(environ: dict[str, str]) -> list[str]:
    needs: list[str] = json.loads(finished(("tenderbell", "status", "--json"), environ).stdout)["needs"]
    return needs


def last(environ: dict[str, str], id: str) -> str:
    try:
        with closing(connect(Path(environ["TENDERBELL_DATA"]) / "archive.db", read_only=True)) as archive:
            row = archive.execute("select finished_at from job where id = ?", (id,)).fetchone()
    except sqlite3.OperationalError:  # the scheduler has not made it yet
        return ""
    return str(row[0] or "") if row else ""


def test_a_clock_that_is_set_by_days_while_the_scheduler_runs(tmp_path: Path, clock: Clock) -> None:
    environ = {**environment(tmp_path, [job("send", "send", every_minutes=1)]), **clock.environ}
    with running(SCHEDULE, environ) as program:
        program.line("runs")
        until(lambda: last(environ, "send") != "")
        clock.set("+3d")
        program.line("The clock of this machine was set forward by 3 days")
        assert any("set forward by 3 days" in need for need in status(environ))
        clock.set("+0")
        program.line("This is over: The clock of this machine was set forward")
        before = last(environ, "send")
        clock.set("-1d")
        program.line("The clock of this machine was set back by 24 hours|set back by 1 day")
        until(lambda: last(environ, "send") not in (before, ""))
        assert (wall_clock() - (instant(last(environ, "send")) or wall_clock())).days in (0, 1)
        assert program.end() < 10


def test_a_harvest_sees_that_the_clock_is_wrong_and_that_it_is_right_again(
    tmp_path: Path, clock: Clock, source: str
) -> None:
    environ = {**environment(tmp_path, fund=source), **clock.environ}
    clock.set("+10d")
    assert finished(("tenderbell", "harvest", "county-fund"), environ).returncode == 0
    assert any("is 10 days ahead, as the sources' answers show" in need for need in status(environ))
    tidied = finished(("tenderbell", "tidy"), environ)
    assert (tidied.returncode, "Nothing was forgotten" in tidied.stderr) == (1, True)
    clock.set("+0")
    assert not [need for need in status(environ) if "clock" in need]
    assert finished(("tenderbell", "tidy"), environ).returncode == 0
    clock.set("+3650d")
    assert finished(("tenderbell", "tidy"), environ).returncode == 1
