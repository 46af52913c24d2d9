"""Signing up, confirming, managing and leaving, over a real `private.db`; and what nobody can make the forms do."""

import re
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from alerts.sending import send
from tenderbell.database import connect
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, apart
from tests.site.test_front_door import OTHERS
from tests.site.test_public_pages import PAGES
from tests.site.world import settings_in

ONE_CLICK = "List-Unsubscribe=One-Click"


def token_in(page: str) -> str:
    found = re.search(r'name="csrftoken" value="([^"]+)"', page)
    assert found, "the page has no form token"
    return found[1]


def fill_in(visitor: Visitor, path: str, /, **fields: Any) -> Any:
    """Open the page at `path`, and send its form with these fields."""
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return visitor.post(path.partition("?")[0], {"csrftoken": token_in(page.text), **fields})


def sign_up(
    visitor: Visitor, email: str = "ann@example.org", search: str = "q=carers&stage=open", **fields: Any
) -> Any:
    return fill_in(visitor, f"/alerts/new?{search}", email=email, search=search, **fields)


def links_to(settings: Settings, kind: str) -> list[str]:
    """Send what waits, and return the links of one kind in all e-mails, newest last."""
    apart(lambda: send(settings))
    mails = sorted(Path(settings.mail.removeprefix("folder:")).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [link for mail in mails for link in re.findall(rf"http://tenderbell\.test(/{kind}/[\w-]+)", text_of(mail))]


def text_of(mail: Path) -> str:
    import email
    import email.policy

    body = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def subscribed(visitor: Visitor) -> str:
    """Sign up and confirm; return the address of the manage page."""
    sign_up(visitor)
    answer = fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    found = re.search(r'href="(/manage/[\w-]+)"', answer.text)
    assert found
    return found[1]


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with closing(connect(settings.private_path, read_only=True)) as db:
        return [tuple(row) for row in db.execute(sql)]


def dump(settings: Settings) -> str:
    with closing(sqlite3.connect(settings.private_path)) as db:
        return "\n".join(db.iterdump())


def test_the_form_says_in_words_what_will_be_sent(visitor: Visitor) -> None:
    page = visitor.get("/alerts/new?q=young+carers&kind=grant&stage=open&district=stroud").text
    assert re.search(r'class="asked">[^<]*grants[^<]*“young carers”[^<]*Stroud', page)


def test_nothing_begins_before_the_button_in_the_e_mail_s_page_is_pressed(visitor: Visitor) -> None:
    assert "Now look in your e-mail" in sign_up(visitor, frequency="daily").text
    link = links_to(visitor.settings, "confirm")[-1]
    assert "One press and it begins" in visitor.get(link).text
    assert rows(visitor.settings, "select * from profile") == []
    answer = fill_in(visitor, link)
    assert "Your alert has begun" in answer.text
    assert rows(visitor.settings, "select criteria, frequency from profile") == [("q=carers&stage=open", "daily")]
    assert "This alert has begun" in visitor.get(link).text


def test_once_a_week_is_chosen_unless_something_else_is(visitor: Visitor) -> None:
    assert re.search(r'value="weekly" checked', visitor.get("/alerts/new").text)
    sign_up(visitor, frequency="hourly")
    assert rows(visitor.settings, "select frequency from request") == [("weekly",)]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "ann@example.org\nBcc: x@example.org", "x" * 5000 + "@x.org"]
)
def test_what_is_no_address_is_refused_with_a_reason_and_kept_in_the_field(visitor: Visitor, address: str) -> None:
    answer = sign_up(visitor, address)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert rows(visitor.settings, "select * from request") == []


def test_the_answer_is_the_same_for_a_known_address_and_for_a_robot(visitor: Visitor) -> None:
    first = sign_up(visitor, "ann@example.org").text
    fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    assert sign_up(visitor, "ann@example.org").text == first
    assert sign_up(visitor, "robot@example.org", website="http://spam.example").text == first
    assert rows(visitor.settings, "select address from request") == [("ann@example.org",)]


def test_the_manage_link_is_asked_for_without_telling_who_has_alerts(visitor: Visitor) -> None:
    subscribed(visitor)
    known = fill_in(visitor, "/manage", email="ann@example.org")
    unknown = fill_in(visitor, "/manage", email="bob@example.org")
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    assert links_to(visitor.settings, "manage")


def test_the_twenty_first_form_of_a_network_within_the_hour_is_429(visitor: Visitor) -> None:
    statuses = [sign_up(visitor, f"person{number}@example.org").status_code for number in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    assert "Too many" in sign_up(visitor).text


def test_another_network_is_not_held_back_by_the_first(settings: Settings) -> None:
    one = Visitor(settings, client=("2001:db8:1:1::5", 1))
    for number in range(20):
        sign_up(one, f"person{number}@example.org")
    neighbour = Visitor(settings, client=("2001:db8:1:1:ffff::9", 1))
    assert sign_up(neighbour).status_code == 429
    assert sign_up(Visitor(settings, client=("2001:db8:1:2::5", 1))).status_code == 200


def test_a_forwarded_address_counts_only_from_a_known_proxy(settings: Settings) -> None:
    unknown = Visitor(settings)
    for number in range(20):
        page = unknown.get("/alerts/new")
        fields = {"csrftoken": token_in(page.text), "email": f"p{number}@example.org"}
        unknown.post("/alerts/new", fields, headers={"x-forwarded-for": f"192.0.2.{number}"})
    assert sign_up(unknown).status_code == 429
    trusted = Visitor(settings_in(settings.data, proxies=("127.0.0.1",)))
    page = trusted.get("/alerts/new")
    fields = {"csrftoken": token_in(page.text), "email": "new@example.org"}
    answer = trusted.post("/alerts/new", fields, headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 200


# The manage page


def managed(visitor: Visitor, manage: str, **fields: Any) -> str:
    """Press one button of the manage page and return the page that follows."""
    answer = fill_in(visitor, manage, **fields)
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"].partition("#")[0]).text


def changed(visitor: Visitor, manage: str, address: str) -> str:
    """Look at the search of this address in place of the newest one, save it, and return the page that follows."""
    number = profile_number(visitor.settings)
    page = visitor.get(f"{manage}/edit?{urlencode({'profile': number, 'address': address})}").text
    found = re.search(r'name="search" value="([^"]*)"', page)
    assert found, "the page offers nothing to save"
    fields = {"csrftoken": token_in(page), "profile": number, "search": unescape(found[1])}
    answer = visitor.post(f"{manage}/edit", fields)
    assert answer.status_code == 303
    return str(visitor.get(answer.headers["location"].partition("#")[0]).text)


def profile_number(settings: Settings) -> int:
    return int(rows(settings, "select max(id) from profile")[0][0])


def test_a_search_can_be_renamed_slowed_down_paused_and_ended(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    number = profile_number(visitor.settings)
    assert "has its new name" in managed(visitor, manage, do="name", profile=number, name="Our carers")
    assert "Our carers" in visitor.get(manage).text
    assert "as you chose" in managed(visitor, manage, do="frequency", profile=number, frequency="instant")
    paused = managed(visitor, manage, do="pause", profile=number, until="2027-01-04")
    assert "Paused until Monday 4 January 2027" in paused
    assert "Paused" not in managed(visitor, manage, do="resume", profile=number)
    assert "has ended" in managed(visitor, manage, do="end", profile=number)
    assert "no e-mails will come" in visitor.get(manage).text


def test_a_search_is_added_from_the_manage_page_without_another_confirmation(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    added = managed(visitor, manage, do="add", words="village hall", search="stage=open", frequency="weekly")
    assert "village hall" in added
    assert ("q=village+hall&stage=open",) in rows(visitor.settings, "select criteria from profile")
    assert "all your alerts have ended" in managed(visitor, manage, do="end-all")
    assert rows(visitor.settings, "select count(*) from profile where ended_at is null") == [(0,)]


@pytest.mark.parametrize("address", ["http://tenderbell.test/opportunities?q=%22village+hall%22&kind=grant&sort=newest",
                                     "/opportunities?kind=grant&q=%22village+hall%22&page=2",
                                     "?kind=grant&q=%22village+hall%22", ' q="village+hall"&kind=grant '])  # fmt: skip
def test_a_search_is_changed_to_the_one_whose_address_is_given_and_said_in_words(
    visitor: Visitor, address: str
) -> None:
    manage = subscribed(visitor)
    page = changed(visitor, manage, address)
    assert "looks for what its heading says" in page
    assert re.search(r"<h2[^>]*>Grants about “village hall”</h2>", page)
    assert rows(visitor.settings, "select criteria from profile") == [("q=%22village+hall%22&kind=grant",)]


@pytest.mark.parametrize("address", ["", "village hall", "q", "a=b", "http://[", "https://example.org/?q=hall", "/",
                                     "http://tenderbell.test/buyers?q=hall", "kind=unheard-of"])  # fmt: skip
def test_what_is_not_the_address_of_a_search_changes_nothing(visitor: Visitor, address: str) -> None:
    manage = subscribed(visitor)
    before = rows(visitor.settings, "select * from profile")
    number = profile_number(visitor.settings)
    page = visitor.get(f"{manage}/edit?{urlencode({'profile': number, 'address': address})}").text
    assert ("not the address of a search" in page) == bool(address)
    assert "Save this search</button>" not in page
    assert rows(visitor.settings, "select * from profile") == before


def test_a_search_that_one_has_already_is_not_made_twice(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    managed(visitor, manage, do="add", words="hall", search="stage=open", frequency="weekly")
    assert "have that search already" in changed(visitor, manage, "q=carers&stage=open")


def test_a_link_that_somebody_else_got_can_be_made_useless(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    answer = fill_in(visitor, manage, do="renew")
    renewed = answer.headers["location"].partition("?")[0]
    assert renewed != manage
    assert visitor.get(manage).status_code == 404
    assert "earlier links to this page are useless" in visitor.get(answer.headers["location"]).text
    assert "Done" in managed(visitor, renewed, do="end", profile=profile_number(visitor.settings))


def test_a_confirmation_that_is_pressed_again_hands_out_no_link_to_manage(visitor: Visitor) -> None:
    sign_up(visitor, "ann@example.org", "q=hall")
    confirm = links_to(visitor.settings, "confirm")[-1]
    assert "/manage/" in fill_in(visitor, confirm).text
    token = token_in(visitor.get("/alerts/new").text)
    again = visitor.post(confirm, {"csrftoken": token}).text
    assert "/manage/" not in again
    assert 'href="/manage"' in again


@pytest.mark.parametrize("fields", [{}, {"do": "pause", "until": "yesterday"}, {"do": "pause", "until": "2020-01-01"},
                                    {"do": "end", "profile": "999"}, {"do": "end", "profile": "٣"},
                                    {"do": "name", "profile": "x", "name": "y"}, {"do": "drop table"}])  # fmt: skip
def test_a_wish_that_makes_no_sense_changes_nothing(visitor: Visitor, fields: dict[str, str]) -> None:
    manage = subscribed(visitor)
    before = rows(visitor.settings, "select * from profile")
    managed(visitor, manage, **fields)
    assert rows(visitor.settings, "select * from profile") == before


def test_one_person_s_link_cannot_change_another_s_search(visitor: Visitor) -> None:
    subscribed(visitor)
    number = profile_number(visitor.settings)
    sign_up(visitor, "bob@example.org", "q=hall")
    answer = fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    bobs = re.findall(r'href="(/manage/[\w-]+)"', answer.text)[0]
    managed(visitor, bobs, do="end", profile=number)
    assert rows(visitor.settings, f"select ended_at from profile where id = {number}") == [(None,)]


@pytest.mark.parametrize("path", ["/confirm/c1-AAAAAAAAAAAAAAAAAAAAAA", "/manage/m1-AAAAAAAAAAAAAAAAAAAAAA",
                                  "/unsubscribe/a1-AAAAAAAAAAAAAAAAAAAAAA", "/manage/%00", "/confirm/é"])  # fmt: skip
def test_a_forged_link_gives_a_page_that_tells_nothing(visitor: Visitor, path: str) -> None:
    subscribed(visitor)
    visitor.cookies.clear()
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "does not work any more" in answer.text
    assert "example.org" not in answer.text
    assert "set-cookie" not in answer.headers


def test_pages_show_only_a_masked_address(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    assert "ann@example.org" not in visitor.get(manage).text


# Leaving


def leaving(visitor: Visitor) -> str:
    """Return the path of the link in the header of the newest e-mail to a subscriber."""
    from alerts import tokens
    from alerts.tokens import Scope

    number = rows(visitor.settings, "select max(id) from subscriber")[0][0]
    with closing(connect(visitor.settings.private_path, read_only=True)) as db:
        return f"/unsubscribe/{tokens.make(db, Scope.END_ALL, number)}"


def living(settings: Settings) -> int:
    return int(rows(settings, "select count(*) from profile where ended_at is null")[0][0])


def test_opening_the_link_to_leave_changes_nothing_and_its_button_ends_it(visitor: Visitor) -> None:
    subscribed(visitor)
    link = leaving(visitor)
    assert "End all e-mails?" in visitor.get(link).text
    assert living(visitor.settings) == 1
    assert "You have left" in fill_in(visitor, link).text
    assert living(visitor.settings) == 0
    assert "have ended already" in visitor.get(link).text


@pytest.mark.parametrize("body", [
    ({"content-type": "application/x-www-form-urlencoded"}, ONE_CLICK.encode()),
    ({"content-type": "multipart/form-data; boundary=b"},
     b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'),
    ({"content-type": "application/x-www-form-urlencoded", "origin": "https://mail.example",
      "cookie": "ds_csrftoken=x"},
     ONE_CLICK.encode()),
])  # fmt: skip
def test_a_mail_program_s_one_click_leaves_at_once(settings: Settings, body: tuple[dict[str, str], bytes]) -> None:
    visitor = Visitor(settings)
    subscribed(visitor)
    link = leaving(visitor)
    stranger = Visitor(settings, client=("192.0.2.1", 1))
    for _ in range(2):
        answer = stranger.post(link, content=body[1], headers=body[0])
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers
    assert living(settings) == 0


@pytest.mark.parametrize("token", ["x", "a1-AAAAAAAAAAAAAAAAAAAAAA", "%00%ff", "m1-x"])
def test_one_click_with_any_token_answers_200(visitor: Visitor, token: str) -> None:
    answer = visitor.post(f"/unsubscribe/{token}", content=ONE_CLICK,
                          headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 200


# Keeping others out


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://tenderbell.test.evil.example", "://"])
def test_a_form_sent_from_another_site_is_refused(visitor: Visitor, origin: str) -> None:
    for path in ("/alerts/new", "/manage", "/confirm/x", "/manage/x", "/unsubscribe/x"):
        answer = visitor.post(path, {"email": "ann@example.org"}, headers={"origin": origin})
        assert answer.status_code == 403, path
    assert not visitor.settings.private_path.exists() or rows(visitor.settings, "select * from request") == []


def test_a_form_from_our_own_page_is_taken(visitor: Visitor) -> None:
    page = visitor.get("/alerts/new")
    fields = {"csrftoken": token_in(page.text), "email": "ann@example.org"}
    answer = visitor.post("/alerts/new", fields, headers={"origin": "http://tenderbell.test"})
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "é", None])
def test_a_form_with_a_cookie_but_another_token_is_refused_with_a_page(visitor: Visitor, token: str | None) -> None:
    visitor.get("/alerts/new")
    fields = {"email": "ann@example.org"} | ({} if token is None else {"csrftoken": token})
    answer = visitor.post("/alerts/new", fields)
    assert answer.status_code == 403
    assert "Go back, reload, try again" in answer.text


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [(b"x" * 70_000, "application/x-www-form-urlencoded", 413),
     (b"email=%ff\xff", "application/x-www-form-urlencoded", 400),
     (b"{}", "application/json", 415), (b"--b", "multipart/form-data", 415), (b"email=a", "", 415)],
)  # fmt: skip
def test_a_body_that_no_form_sends_is_refused(visitor: Visitor, content: bytes, content_type: str, status: int) -> None:
    answer = visitor.post("/alerts/new", content=content, headers={"content-type": content_type})
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_no_get_changes_private_data(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    confirm = links_to(visitor.settings, "confirm")[-1]
    sign_up(visitor, "bob@example.org")
    waiting = links_to(visitor.settings, "confirm")[-1]
    before = dump(visitor.settings)
    for path in [*PAGES, *OTHERS, manage, f"{manage}?said=ended&do=end&profile=1", confirm, waiting, leaving(visitor)]:
        for method in ("GET", "HEAD"):
            assert visitor.ask(method, path).status_code < 500, path
    assert dump(visitor.settings) == before


# The outbox on screen


def test_the_outbox_shows_the_e_mails_with_links_that_work_here(visitor: Visitor) -> None:
    sign_up(visitor)
    confirm = links_to(visitor.settings, "confirm")[-1]
    listed = visitor.get("/outbox").text
    letter = re.findall(r'href="(/outbox/[^"]+)"', listed)[0]
    page = visitor.get(letter)
    assert f'href="{confirm}"' in page.text
    assert 'sandbox="allow-popups' in page.text
    framed = visitor.get(f"{letter}.html")
    assert framed.headers["content-security-policy"].startswith("sandbox ")
    assert "allow-scripts" not in framed.headers["content-security-policy"]
    assert "allow-same-origin" not in framed.headers["content-security-policy"]


@pytest.mark.parametrize("transport", [{"client": ("192.0.2.7", 1)}, {"client": None}])
def test_the_outbox_is_only_for_whoever_sits_at_this_machine(settings: Settings, transport: dict[str, Any]) -> None:
    visitor = Visitor(settings, **transport)
    for path in ("/outbox", "/outbox/x", "/outbox/x.html"):
        assert visitor.get(path).status_code == 404
    assert "/outbox" not in visitor.get("/manage").text


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"])
def test_the_outbox_is_closed_behind_a_proxy(visitor: Visitor, name: str) -> None:
    assert visitor.get("/outbox", headers={name: "127.0.0.1"}).status_code == 404


def test_the_outbox_is_closed_where_a_proxy_asks_from_this_machine(settings: Settings) -> None:
    """One that adds no header cannot be told from a person."""
    behind = settings_in(settings.data, proxies=("127.0.0.1",))
    assert Visitor(settings).get("/outbox").status_code == 200
    assert Visitor(behind).get("/outbox").status_code == 404


def test_there_is_no_outbox_where_a_mail_server_sends(settings: Settings) -> None:
    visitor = Visitor(settings_in(settings.data, mail="smtp://127.0.0.1:25"))
    assert visitor.get("/outbox").status_code == 404
