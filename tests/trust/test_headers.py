"""Behind a proxy with TLS: the cookie stays on HTTPS, and so does the browser; nobody but the proxy may say so."""

import dataclasses

import pytest

from tenderbell.settings import Settings
from tests.site.conftest import Visitor

ALWAYS = (
    "content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy",
    "cross-origin-opener-policy", "cross-origin-resource-policy",
)  # fmt: skip
ANSWERS = [
    "/", "/opportunities.csv", "/static/site.css", "/public/opportunity.json", "/nowhere", "/alerts/new", "/manage/x",
    "/healthz", "/metrics", "/public.db",
]  # fmt: skip


@pytest.fixture
def behind(settings: Settings) -> Visitor:
    """A visitor whom a proxy on this machine brings."""
    return Visitor(dataclasses.replace(settings, proxies=("127.0.0.1",)))


def test_behind_tls_the_form_token_is_secure_and_the_browser_is_told_to_stay(behind: Visitor) -> None:
    answer = behind.get("/alerts/new", headers={"x-forwarded-proto": "https"})
    cookie = answer.headers["set-cookie"].lower()
    assert "secure" in cookie
    assert "httponly" in cookie
    assert "samesite" in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_over_plain_http_or_from_a_stranger_nothing_is_said_of_https(visitor: Visitor, behind: Visitor) -> None:
    plain = behind.get("/alerts/new", headers={"x-forwarded-proto": "http"})
    forged = visitor.get("/alerts/new", headers={"x-forwarded-proto": "https"})
    for answer in (plain, forged):
        assert "secure" not in answer.headers["set-cookie"].lower().replace("insecure", "")
        assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_has_the_headers_once(behind: Visitor, path: str) -> None:
    answer = behind.get(path, headers={"x-forwarded-proto": "https"})
    for name in (*ALWAYS, "strict-transport-security"):
        assert len(answer.headers.get_list(name)) == 1, name
