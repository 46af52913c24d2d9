import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from schedules import samples
from spiders.rehearsal.find_a_tender import Feed, Rehearsal
from tests.schedules.editions import NOBODY, environment, job
from tests.schedules.programs import finished, page, running

RUN, SERVE, SCHEDULE = (["tenderbell", command] for command in ("run", "serve", "schedule"))
HARVEST = job("fund", "harvest county-fund", every_minutes=600)


def free(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "TENDERBELL_PORT": "0"}


def test_run_serves_the_site_and_says_why_a_source_could_not_be_reached_and_when_it_tries_again(tmp_path: Path) -> None:
    with running(RUN, free(environment(tmp_path, [HARVEST]))) as program:
        address = program.address
        assert program.line("Links in e-mails lead to http://127.0.0.1:8001: set TENDERBELL_URL")
        assert page(address).status_code == 200
        assert program.line(
            r"^county-fund: Could not reach 127\.0\.0\.1:9: .* tried again at \d\d:\d\d on \w+day .*make demo"
        )
        assert page(f"{address}/status", holding="Could not reach").status_code == 200
        assert program.end() < 10
        assert program.process.returncode == 0
    assert len([line for line in program.lines if "county-fund" in line]) == 1, program.lines


def test_a_first_start_collects_shows_its_progress_and_fills_the_site(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    feed = {"/feed.xml": Feed(samples.feeds(now, 1)["/feeds/county-fund.atom"], "application/atom+xml")}
    jobs = [job("all", "harvest", every_minutes=600)]
    with Rehearsal(samples.releases(now, 1), feed) as server:
        with running(RUN, free(environment(tmp_path, jobs, url=server.url))) as program:
            address = program.address
            assert program.line(r"^find-a-tender: .*\d+ notices")
            found = page(f"{address}/opportunities.json?stage=open", holding="Severn")
            assert found.json()["total"] > 5
            assert program.end() < 10
        assert not [line for line in program.lines if "Traceback" in line], program.lines


def test_sigterm_ends_a_run_with_a_harvest_on_its_way_within_ten_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running(RUN, free(environment(tmp_path, [HARVEST], url=url))) as program:
            silent.settimeout(60)
            asked, _ = silent.accept()
            with asked:
                assert program.end() < 10
            assert program.process.returncode == 0
            assert not [line for line in program.lines if "Traceback" in line]


def test_a_second_scheduler_on_the_same_data_is_refused_and_a_site_beside_it_is_not(tmp_path: Path) -> None:
    environ = free(environment(tmp_path))
    with running(SCHEDULE, environ) as first:
        first.line("The scheduler of Test Opportunities runs")
        for command in (RUN, SCHEDULE):
            second = finished(command, environ)
            assert second.returncode == 1
            assert re.fullmatch(rf"Another scheduler \(process {first.process.pid}\) .*\n", second.stderr)
        with running(SERVE, environ) as site:
            assert page(site.address).status_code == 200
            assert site.end() < 10
        assert first.end() < 10


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = finished(SERVE, {**environment(tmp_path), "TENDERBELL_PORT": str(port)})
    assert refused.returncode == 1
    assert re.fullmatch(rf"The site cannot listen on 127.0.0.1:{port}: .*TENDERBELL_PORT.*\n", refused.stderr)


def test_a_killed_scheduler_leaves_no_lock_behind(tmp_path: Path) -> None:
    environ = free(environment(tmp_path))
    with running(SCHEDULE, environ) as first:
        first.line("The scheduler of")
        first.process.kill()
        first.process.wait()
    with running(SCHEDULE, environ) as second:
        second.line("The scheduler of")
        assert second.end() < 10


def test_no_visitors_address_is_written_down(tmp_path: Path) -> None:
    with running(SERVE, free(environment(tmp_path))) as program:
        address = program.address
        page(address)
        httpx.get(f"{address}/opportunities?q=secret-words")
        program.end()
    assert "secret-words" not in "\n".join(program.lines)
    assert len(program.lines) == 1, program.lines


def test_the_sources_of_these_tests_really_are_unreachable() -> None:
    began = time.monotonic()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(NOBODY.rpartition(":")[2]))) != 0
    assert time.monotonic() - began < 5
