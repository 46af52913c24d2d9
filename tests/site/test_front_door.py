"""What is kept out, what every response carries, and what is kept over."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenderbell.clock import still_clock
from tenderbell.compiling.writing import store
from tenderbell.database import transaction
from tenderbell.pages.cache import PageCache, StoredPage
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, serving
from tests.site.test_public_pages import PAGES
from tests.site.world import NOW, opportunity, settings_in

OTHERS = [
    "/static/site.css", "/static/nothing.css", "/opportunities.json", "/opportunities.csv", "/opportunities.atom",
    "/opportunities.ics", "/opportunities/tb-99", "/opportunities/", "/public.json", "/public/opportunity.json",
    "/public/opportunity.csv",
]  # fmt: skip

FORBIDDEN = [
    "/public?sql=select+1", "/public.json?sql=select+1", "/public.csv?sql=select+1", "/public/opportunity?_where=1",
    "/public/opportunity.json?_where=1%3D1", "/public/opportunity.csv?_where=1", "/public.db", "/public.db?_=1",
    "/private", "/private.db", "/private.json", "/private/subscriber", "/archive", "/archive.db", "/_internal",
    "/_internal.json", "/_internal/databases", "/_memory", "/_memory.json?sql=select+1", "/:memory:", "/.json",
    "/.jsono",
    "/-/plugins", "/-/plugins.json", "/-/databases.json", "/-/versions.json", "/-/settings.json", "/-/metadata.json",
    "/-/threads.json", "/-/actor.json", "/-/permissions", "/-/allow-debug", "/-/messages", "/-/logout", "/-/config",
    "/-/patterns", "/-/auth-token?token=x", "/-/static/app.css", "/-/static-plugins/x/y", "/public/opportunity_text",
    "/public/opportunity_text.json", "/public/opportunity_text/1", "/public/opportunity_fts.json",
    "/public/opportunity_fts_data.json", "/public/opportunity_fts_idx", "/public/opportunity_fts_docsize",
    "/public/opportunity_fts_config", "/public/step.json", "/public/_sqlite_migrations", "/public/sqlite_sequence",
    "/public/sqlite_master", "/static/../metadata.yaml", "/static/%2e%2e/metadata.yaml", "/static/..%2fmetadata.yaml",
    "/outbox/..%2f..%2fprivate", "/public/opportunity/1/-/x", "/public/../private",
]  # fmt: skip


@pytest.mark.parametrize("path", FORBIDDEN)
def test_what_is_not_for_visitors_is_refused_with_a_page_of_ours(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code in (400, 403, 404), answer.text[:300]
    assert "content-security-policy" in answer.headers
    assert "create table" not in answer.text.lower()


def test_a_query_of_ones_own_is_refused_also_behind_its_redirect(visitor: Visitor) -> None:
    answer = visitor.get("/public?sql=select+1")
    assert (answer.status_code, "location" in answer.headers) == (403, False)


@pytest.mark.parametrize("path", [*PAGES, *OTHERS, *FORBIDDEN])
def test_every_response_carries_each_security_header_once(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy"):
        assert len(headers.get_list(name)) == 1, name
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers or "<form" in visitor.get(path).text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
@pytest.mark.parametrize("path", ["/", "/opportunities", "/opportunities/tb-1", "/status", "/public/opportunity",
                                  "/static/site.css", "/opportunities.csv", "/outbox"])  # fmt: skip
def test_a_method_that_does_nothing_here_is_405_and_says_what_works(visitor: Visitor, method: str, path: str) -> None:
    answer = visitor.ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/opportunities", "/opportunities/tb-1", "/public", "/manage", "/nowhere",
                                  "/static/site.css", "/opportunities.json"])  # fmt: skip
def test_head_answers_like_get_without_a_body(served: str, path: str) -> None:
    with httpx.Client(base_url=served) as client:
        head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


def test_headers_are_the_same_under_a_real_server(served: str) -> None:
    with httpx.Client(base_url=served) as client:
        answer = client.get("/opportunities")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"cookie": "a,b=1; ds_actor=x"}, {"cookie": "ds_csrftoken=%00"}, {"cookie": "\x7f=;;;="},
     {"authorization": "Bearer dstok_x"}, {"x-forwarded-for": "1.2.3.4, ::1"}, {"accept-encoding": "gzip;q=0"},
     {"if-none-match": "*"}, {"cookie": "x" * 9000}],
)  # fmt: skip
def test_odd_headers_change_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    for path in ("/", "/manage", "/public"):
        assert visitor.get(path, headers=headers).status_code == 200


def test_a_path_that_is_no_text_gives_a_page(served: str) -> None:
    import socket

    host, port = served.removeprefix("http://").split(":")
    for path in (b"/\xff\xfe", b"/opportunities/\xc3\x28", b"//evil.example/", b"/%", b"/opportunities/%zz"):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda raw=raw: raw.recv(65536), b""))
        assert answer.split(b" ")[1] in (b"301", b"400", b"404"), answer[:200]
        assert (
            b"evil.example" not in answer.partition(b"location: ")[2].partition(b"\r\n")[0]
            or b"//" not in (answer.partition(b"location: ")[2].partition(b"\r\n")[0])
        )


def test_an_address_with_a_final_slash_leads_to_the_one_without(visitor: Visitor) -> None:
    answer = visitor.get("/opportunities/?q=carers")
    assert (answer.status_code, answer.headers["location"]) == (301, "/opportunities?q=carers")


def test_an_endless_address_is_refused(visitor: Visitor) -> None:
    assert visitor.get("/opportunities?q=" + "a" * 20_000).status_code == 414


# Kept pages


def test_a_page_that_the_visitor_has_is_not_sent_again(visitor: Visitor) -> None:
    first = visitor.get("/opportunities?q=carers")
    again = visitor.get("/opportunities?q=carers", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_a_change_of_the_database_shows_at_once(visitor: Visitor) -> None:
    before = visitor.get("/opportunities?q=lighthouse")
    assert "Nothing for" in before.text
    with closing(open_public(visitor.settings.public_path)) as db, transaction(db):
        store(db, opportunity(700, "Lighthouse keeping"), visitor.settings.area, NOW)
    after = visitor.get("/opportunities?q=lighthouse", headers={"if-none-match": before.headers["etag"]})
    assert "1 opportunity for" in after.text


def test_a_restored_database_file_shows_at_once(visitor: Visitor, tmp_path: Any) -> None:
    assert visitor.get("/opportunities/tb-1").status_code == 200
    other = tmp_path / "other.db"
    open_public(other).close()
    for name in ("public.db-wal", "public.db-shm"):
        (visitor.settings.data / name).unlink(missing_ok=True)
    other.rename(visitor.settings.public_path)
    assert visitor.get("/opportunities/tb-1").status_code == 404


def test_an_opportunity_closes_on_the_page_when_its_time_comes(settings: Settings) -> None:
    visitor = Visitor(settings)
    assert "in 2 days" in visitor.get("/opportunities/tb-3").text
    later = Visitor(settings_in(settings.data, now=NOW + timedelta(days=3)))
    assert "This has closed" in later.get("/opportunities/tb-3").text


def test_one_site_whose_clock_moves_on_renders_again(settings: Settings) -> None:
    moving = [NOW]
    visitor = Visitor(settings_in(settings.data, clock=lambda: moving[0]))
    assert "in 6 days" in visitor.get("/opportunities/tb-2").text
    moving[0] += timedelta(days=1)
    assert "in 5 days" in visitor.get("/opportunities/tb-2").text


def test_parameters_in_another_order_find_the_kept_page(visitor: Visitor) -> None:
    one = visitor.get("/opportunities?kind=grant&q=carers&utm_source=x")
    other = visitor.get("/opportunities?q=carers&kind=grant")
    assert one.headers["etag"] == other.headers["etag"]
    cache = visitor.site.tenderbell_website.cache
    assert len(cache._pages) == 1


def test_json_with_and_without_full_are_kept_apart(visitor: Visitor) -> None:
    short, whole = visitor.get("/opportunities.json"), visitor.get("/opportunities.json?full=1")
    assert "kind_evidence" not in short.json()["opportunities"][0]
    assert "kind_evidence" in whole.json()["opportunities"][0]


def test_pages_with_a_form_are_never_kept(visitor: Visitor) -> None:
    answer = visitor.get("/manage")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers
    assert answer.headers["set-cookie"].startswith("ds_csrftoken=")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=Lax" in answer.headers["set-cookie"]


def test_the_style_may_be_kept_for_ever_under_its_own_address(visitor: Visitor) -> None:
    link = visitor.get("/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in visitor.get(link).headers["cache-control"]
    assert "immutable" not in visitor.get("/static/site.css?v=old").headers["cache-control"]


def test_the_cache_keeps_within_its_size_and_forgets_the_least_used() -> None:
    cache = PageCache(most_bytes=10_000)
    for number in range(20):
        cache.get("0", "now")
        cache.keep(str(number), "now", StoredPage(200, [], b"x" * 1000))
    assert cache.get("19", "now") is not None
    assert cache.get("0", "now") is not None
    assert cache.get("5", "now") is None
    cache.keep("big", "now", StoredPage(200, [], b"x" * 9000))
    assert cache.get("big", "now") is None


def test_the_cache_is_empty_once_the_moment_has_passed() -> None:
    cache = PageCache()
    cache.get("a", 1)
    cache.keep("a", 1, StoredPage(200, [], b"one"))
    assert cache.get("a", 2) is None
    cache.keep("a", 1, StoredPage(200, [], b"late"))
    assert cache.get("a", 2) is None


def test_a_site_without_its_database_says_that_it_is_not_ready(settings: Settings) -> None:
    visitor = Visitor(settings, raise_app_exceptions=False)
    assert visitor.get("/about").status_code == 200
    settings.public_path.rename(settings.data / "away.db")
    answer = visitor.get("/opportunities")
    assert answer.status_code in (500, 503)
    assert "Please try again" in answer.text
    assert "Traceback" not in answer.text


def test_two_sites_in_one_process_do_not_mix(settings: Settings, tmp_path: Any) -> None:
    other = settings_in(tmp_path / "other", edition="demo")
    open_public(other.public_path).close()
    with serving(settings) as one, serving(other) as two:
        assert httpx.get(f"{one}/opportunities/tb-1").status_code == 200
        assert httpx.get(f"{two}/opportunities/tb-1").status_code == 404
        assert "Sample notices" not in httpx.get(one).text
        assert "Sample notices" in httpx.get(two).text


def test_a_clock_that_stands_still_is_the_settings_own(settings: Settings) -> None:
    visitor = Visitor(settings_in(settings.data, clock=still_clock(NOW)))
    assert visitor.site is not None
    visitor.get("/")
    assert visitor.site.tenderbell_website.now() == NOW


@pytest.mark.parametrize("query", ["_facet=unknown", '_search="', "_sort=unknown", "_facet_date=unknown"])
def test_wrong_sql_of_whoever_asks_does_not_reach_the_log(
    settings: Settings, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor = Visitor(settings)
    assert visitor.get(f"/public/opportunity?{query}").status_code < 500
    assert "sql" not in capsys.readouterr().err.lower()
