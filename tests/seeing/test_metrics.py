"""/metrics: who may read it, that it says what the documentation says, and nothing of anybody."""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.pages.figures import measures
from tenderbell.pages.rooms import OTHER, room_of
from tenderbell.pages.views import ROUTES
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.site.conftest import Visitor

PASSWORD = "a password of the monitoring program"
ABROAD = ("203.0.113.9", 4711)


def families(visitor: Visitor) -> dict[str, Metric]:
    answer = visitor.get("/metrics")
    assert answer.status_code == 200, answer.text[:200]
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(visitor: Visitor, name: str, **labels: str) -> float | None:
    base = re.sub("_total$", "", name)
    samples = families(visitor)[base].samples
    found = [one.value for one in samples if one.name == name and labels.items() <= one.labels.items()]
    return found[0] if found else None


def test_every_figure_is_in_the_table_and_every_row_of_the_table_is_a_figure(visitor: Visitor) -> None:
    visitor.get("/")
    said = set(families(visitor)) - {f"{one.name}_created" for one in measures()}
    said -= {re.sub("_total$", "", f"{one.name}") + "_created" for one in measures()}
    listed = {re.sub("_total$", "", one.name) for one in measures()}
    assert said == listed
    assert len({one.name for one in measures()}) == len(measures())


def test_every_figure_is_named_as_prometheus_asks_for(visitor: Visitor) -> None:
    text = visitor.get("/metrics").text
    units = ("_seconds", "_bytes", "_total", "_info")
    for one in measures():
        base = re.sub("_total$", "", one.name)
        assert re.fullmatch(r"tenderbell(_[a-z]+)+", one.name)
        assert (one.sort == "counter") == one.name.endswith("_total"), one.name
        assert not re.search(r"_(milliseconds|ms|minutes|hours|kilobytes|kb|mb|percent)(_|$)", one.name)
        assert ("timestamp" not in one.name) or one.name.endswith("_timestamp_seconds")
        assert not re.search(r"_(gauge|counter|histogram|count|sum|bucket)(_|$)", base)
        assert one.words.endswith("."), one.name
        if re.search(r"Bytes|bytes|Memory|Size", one.words.split(",")[0]):
            assert one.name.endswith(units), one.name
        assert text.count(f"# HELP {one.name} ") == 1
        assert text.count(f"# TYPE {one.name} {one.sort}") == 1


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        (("127.0.0.1", 5), {}, 200),
        (("127.0.0.1", 5), {"x-forwarded-for": "203.0.113.9"}, 404),
        (("127.0.0.1", 5), {"host": "tenders.example"}, 404),
        (ABROAD, {}, 404),
        (ABROAD, {"host": "localhost"}, 404),
        (ABROAD, {"authorization": f"Bearer {PASSWORD}"}, 200),
        (ABROAD, {"authorization": f"bearer {PASSWORD} "}, 200),
        (ABROAD, {"authorization": f"Bearer {PASSWORD}x"}, 404),
        (ABROAD, {"authorization": f"Basic {PASSWORD}"}, 404),
        (ABROAD, {"authorization": "Bearer"}, 404),
        (("127.0.0.1", 5), {"x-forwarded-for": "203.0.113.9", "authorization": f"Bearer {PASSWORD}"}, 200),
    ],
)
def test_only_this_machine_and_who_knows_the_password_may_read_them(
    settings: Settings, client: tuple[str, int], headers: dict[str, str], status: int
) -> None:
    visitor = Visitor(dataclasses.replace(settings, metrics=PASSWORD), client=client)
    assert visitor.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize("given", ["Bearer ", "Bearer None", "Bearer"])
def test_without_a_password_nobody_from_elsewhere_reads_them(settings: Settings, given: str) -> None:
    visitor = Visitor(settings, client=ABROAD)
    assert visitor.get("/metrics", headers={"authorization": given}).status_code == 404


def test_requests_are_counted_by_route_and_never_by_what_somebody_typed(visitor: Visitor) -> None:
    for path in ("/opportunities?q=secretword", "/opportunities/tb-1", "/manage/tokentokentoken", "/no/such/page",
                 "/calendar", "/calendar"):  # fmt: skip
        visitor.get(path)
    requests = "tenderbell_http_requests_total"
    assert value(visitor, requests, route="/opportunities", status="2xx") == 1
    assert value(visitor, requests, route="/manage/*", status="4xx") == 1
    assert value(visitor, requests, route=OTHER, status="4xx") == 1
    assert value(visitor, requests, route="/calendar", status="2xx") == 2
    assert value(visitor, "tenderbell_http_kept_pages_total", result="hit") == 1
    text = visitor.get("/metrics").text
    assert not re.search("secretword|tokentoken|tb-1|such", text)


def test_every_route_has_a_name_without_a_pattern_in_it() -> None:
    names = {room_of(path) for path in addresses()}
    assert OTHER not in names
    assert not [name for name in names if re.search(r"[\[\]()\\^?+]|secret", name)]


def addresses() -> Iterator[str]:
    for route in ROUTES:
        pattern = re.sub(r"\(\?:.*?\)\?", "", route.pattern.pattern)
        yield (
            re.sub(r"\(([a-z]+)\|[^)]*\)", r"\1", pattern)
            .replace("[^/]+/[a-z-]+", "x/y")
            .replace("([^/]+)", "secret")
            .replace("(x/y)", "x/y")
            .replace("\\", "")
        )
    yield from ("/static/site.css", "/health", "/metrics", "/public.db", "/public/opportunity.json", "/outbox/secret",
                "/confirm/secret", "/alerts/new", "/manage/secret/edit", "/buyers/secret/reply/secret",
                "/adverts/new", "/adverts/secret", "/decide/secret", "/unsubscribe/secret")  # fmt: skip


def test_figures_are_those_of_the_databases(settings: Settings) -> None:
    visitor = Visitor(settings)
    now = settings.clock()
    with closing(open_public(settings.public_path)) as public, transaction(public):
        public.execute(
            "insert into source (id, title, state, last_success, notices, unreadable) "
            "values ('fund', 'Fund', 'failing', ?, 12, 3)",
            (stamp(now),),
        )
    with closing(open_private(settings.private_path)) as db, transaction(db):
        for number, state in enumerate(("pending", "pending", "sent", "unknown")):
            db.execute(
                "insert into outbox (sort, email, address, subject, message_id, state, not_before, created_at, done_at)"
                " values ('alarm', ?1, ?1, 'Subject', ?2, ?3, ?4, ?5, ?4)",
                ("somebody@hall.example", number, state, stamp(now), stamp(now - timedelta(hours=2))),
            )
    assert value(visitor, "tenderbell_source_state", source="fund", state="failing") == 1
    assert value(visitor, "tenderbell_source_unreadable_notices", source="fund") == 3
    assert value(visitor, "tenderbell_source_last_success_timestamp_seconds", source="fund") == now.timestamp()
    assert value(visitor, "tenderbell_outbox_messages", state="pending") == 2
    assert value(visitor, "tenderbell_outbox_messages", state="unknown") == 1
    assert value(visitor, "tenderbell_outbox_oldest_seconds") == 7200
    assert value(visitor, "tenderbell_mail_sent_last_day") == 1
    assert "hall.example" not in visitor.get("/metrics").text
    assert value(visitor, "tenderbell_database_bytes", file="public.db") == settings.public_path.stat().st_size
    assert value(visitor, "tenderbell_site_processes") == 1
    assert (value(visitor, "tenderbell_site_memory_bytes") or 0) > 10_000_000


def test_a_site_without_databases_still_gives_figures(settings: Settings) -> None:
    visitor = Visitor(settings)
    visitor.get("/")
    for path in settings.data.glob("*.db*"):
        path.unlink()
    assert value(visitor, "tenderbell_http_requests_total", route="/", status="2xx") == 1
    assert families(visitor)["tenderbell_database_bytes"].samples == []
