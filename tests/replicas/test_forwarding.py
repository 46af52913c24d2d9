"""Forms of a machine that only reads: what reaches the writer, what comes back, and what a silent writer means."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from tenderbell.replicas import waiting
from tenderbell.settings import Settings
from tests.replicas.machines import fill_in
from tests.site.conftest import serving
from tests.site.world import fill, settings_in


@pytest.fixture(autouse=True)
def as_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests would believe X-Forwarded-For by itself; the program's own never does."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")


@pytest.fixture
def writer(tmp_path: Path) -> Settings:
    settings = settings_in(tmp_path / "writer", proxies=("127.0.0.1",))
    settings.data.mkdir()
    fill(settings.public_path)
    return settings


@pytest.fixture
def writing(writer: Settings) -> Iterator[str]:
    with serving(writer) as address:
        yield address


def reader_of(tmp_path: Path, writer: str, **changes: object) -> Settings:
    settings = settings_in(tmp_path / "reader", writer=writer, **changes)
    settings.data.mkdir(exist_ok=True)
    fill(settings.public_path)
    return settings


@pytest.fixture
def reading(tmp_path: Path, writing: str) -> Iterator[str]:
    with serving(reader_of(tmp_path, writing)) as address:
        yield address


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    """A machine whose writer does not answer."""
    with serving(reader_of(tmp_path, "http://127.0.0.1:9")) as address:
        yield address


def test_a_form_is_shown_and_taken_by_the_writer_and_leaves_nothing_personal_here(
    reading: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with httpx.Client() as client:
        answer = fill_in(client, f"{reading}/alerts/new?q=carers", email="ann@example.org", search="q=carers")
    assert answer.status_code == 200
    assert "Now look in your e-mail" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert sorted(path.name for path in (tmp_path / "reader").iterdir()) == ["public.db"]


def test_the_limit_counts_the_visitors_network_and_not_the_machine_that_passes_forms_on(
    tmp_path: Path, writing: str
) -> None:
    with serving(reader_of(tmp_path, writing, proxies=("127.0.0.1",))) as address:
        statuses = []
        for visitor in ["203.0.113.7"] * 21 + ["198.51.100.9"]:
            answer = httpx.post(
                f"{address}/missing",
                data={"link": "https://notices.example/1", "words": "It is not here."},
                headers={"x-forwarded-for": visitor},
            )
            statuses.append(answer.status_code)
    assert statuses == [200] * 20 + [429, 200]


def test_a_visitor_cannot_say_from_which_network_they_are(reading: str) -> None:
    statuses = [
        httpx.post(
            f"{reading}/missing",
            data={"link": "https://notices.example/1", "words": "It is not here."},
            headers={"x-forwarded-for": f"203.0.113.{number}", "forwarded": f"for=203.0.113.{number}"},
        ).status_code
        for number in range(21)
    ]
    assert statuses[-1] == 429


def test_a_foreign_page_cannot_send_a_form_and_a_wrong_token_is_refused_before_it_is_passed_on(reading: str) -> None:
    form = {"email": "ann@example.org", "search": "q=carers"}
    foreign = httpx.post(f"{reading}/alerts/new", data=form, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    wrong = httpx.post(f"{reading}/alerts/new", data={**form, "csrftoken": "x"}, headers={"cookie": "ds_csrftoken=y"})
    assert wrong.status_code == 403
    assert httpx.post(f"{reading}/alerts/new", content=b"x" * 100_000).status_code == 413


def test_pages_that_the_writer_sends_on_stay_at_this_machine(reading: str) -> None:
    answer = httpx.get(f"{reading}/alerts/start?answered=1&q=carers&wanted=grant", follow_redirects=False)
    assert answer.status_code in (200, 303, 400)
    assert httpx.get(f"{reading}/confirm/unknown").status_code == 404
    assert httpx.get(f"{reading}/outbox").status_code == 404
    assert "127.0.0.1" not in answer.headers.get("location", "")


def test_while_the_writer_is_silent_everything_can_be_read_and_forms_say_so(alone: str) -> None:
    assert httpx.get(f"{alone}/opportunities").status_code == 200
    assert httpx.get(f"{alone}/opportunities/tb-1").status_code == 200
    refused = httpx.get(f"{alone}/manage/m1-secret")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "60"
    assert "Everything can be read as usual" in refused.text
    assert "how old is not known" in httpx.get(f"{alone}/status").text


def test_the_token_of_a_link_never_stands_in_the_log(alone: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    httpx.get(f"{alone}/manage/m1-secret")
    ours = [record for record in caplog.records if record.name != "httpx" and "httpcore" not in record.name]
    assert any("could not be passed on" in record.getMessage() for record in ours)
    assert not any("m1-secret" in record.getMessage() for record in ours)


def test_a_circle_of_machines_that_pass_forms_on_ends(alone: str) -> None:
    answer = httpx.get(f"{alone}/alerts/new", headers={"x-tenderbell-passed-on": "1"})
    assert answer.status_code == 503
    assert "in a circle" in answer.text


def test_who_leaves_by_one_click_while_the_writer_is_silent_has_left_once_it_answers(
    tmp_path: Path, writer: Settings, alone: str
) -> None:
    for _ in range(2):
        left = httpx.post(f"{alone}/unsubscribe/a1-token", data={"List-Unsubscribe": "One-Click"})
        assert left.status_code == 200
    kept = list((tmp_path / "reader" / "waiting").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o077 == 0
    silent = settings_in(tmp_path / "reader", writer="http://127.0.0.1:9")
    assert asyncio.run(waiting.hand_on(silent)) == 0
    with serving(writer) as address:
        assert asyncio.run(waiting.hand_on(settings_in(tmp_path / "reader", writer=address))) == 1
    assert not list((tmp_path / "reader" / "waiting").iterdir())


class Grumpy(BaseHTTPRequestHandler):
    """A writer, or a proxy before it, that takes some wishes and refuses others in all ways."""

    taken: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status = int(self.path.rpartition("/")[2].partition("-")[0])
        if status < 400:
            self.taken.add(self.path)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_wish_that_is_not_taken_is_kept_and_keeps_no_other_waiting(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Grumpy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = settings_in(tmp_path / "reader", writer=f"http://127.0.0.1:{server.server_port}")
    refused = [f"/unsubscribe/{status}-token" for status in (400, 403, 404, 429, 500, 503)]
    welcome = [f"/unsubscribe/{status}-token" for status in (200, 303)]
    for path in (*refused, *welcome):
        assert waiting.keep(settings, path)
    rounds = [asyncio.run(waiting.hand_on(settings)) for _ in range(4)]
    server.shutdown()
    server.server_close()
    assert sum(rounds) == 2
    assert set(welcome) == Grumpy.taken
    assert waiting.count(settings) == len(refused)
    left = {path.read_text() for path in waiting.folder_of(settings).iterdir()}
    assert left == set(refused)


def test_what_a_disk_that_filled_up_left_half_is_no_wish(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "reader", writer="http://127.0.0.1:9")
    assert waiting.keep(settings, "/unsubscribe/a1-token")
    (waiting.folder_of(settings) / "half.new").write_text("/unsub")
    assert waiting.count(settings) == 1
    assert not waiting.keep(settings, "/unsubscribe/\N{BELL}")


def test_so_many_wishes_are_kept_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST", 2)
    settings = settings_in(tmp_path / "full", writer="http://127.0.0.1:9")
    assert [waiting.keep(settings, f"/unsubscribe/{number}") for number in range(3)] == [True, True, False]
    assert not waiting.keep(settings, "/unsubscribe/" + "x" * 1000)
