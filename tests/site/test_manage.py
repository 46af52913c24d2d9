"""Managing by the link in an e-mail: changing a search with what it would send, wishes, what was sent, export, erasing;
and what the links beside the items of an e-mail do."""

import email
import json
import re
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from alerts import digests, suppression, tokens
from alerts.sending import send
from alerts.tokens import Scope
from tenderbell.clock import stamp
from tenderbell.database import connect, transaction
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.site.conftest import Visitor, apart
from tests.site.test_forms import (
    ONE_CLICK,
    dump,
    fill_in,
    links_to,
    living,
    managed,
    profile_number,
    rows,
    sign_up,
    subscribed,
    text_of,
    token_in,
)


def make_token(settings: Settings, scope: Scope, id: int) -> str:
    with closing(connect(settings.private_path, read_only=True)) as db:
        return tokens.make(db, scope, id)


def write(settings: Settings, sql: str, *values: object) -> None:
    with closing(open_private(settings.private_path)) as db, transaction(db):
        db.execute(sql, values)


def told(visitor: Visitor) -> str:
    """Sign up for carers, and send what is open now; return the address of the manage page."""
    manage = subscribed(visitor)
    apart(lambda: digests.build(visitor.settings, frequency=Frequency.WEEKLY))
    apart(lambda: send(visitor.settings))
    assert rows(visitor.settings, "select count(*) from match where state = 'claimed'")[0][0] > 0
    return manage


def item_page(visitor: Visitor) -> str:
    number = rows(visitor.settings, "select min(id) from match where opportunity = 'tb-1'")[0][0]
    return f"/item/{make_token(visitor.settings, Scope.ITEM, number)}"


def told_page(visitor: Visitor) -> str:
    number = rows(visitor.settings, "select max(id) from outbox where sort = 'digest'")[0][0]
    return f"/told/{make_token(visitor.settings, Scope.TOLD, number)}"


def pressed(visitor: Visitor, path: str, **fields: Any) -> str:
    """Send a form of a page and return the page that follows."""
    answer = fill_in(visitor, path, **fields)
    assert answer.status_code == 303, answer.text
    return visitor.get(answer.headers["location"].partition("#")[0]).text


def saved_search(page: str) -> str:
    found = re.search(r'name="search" value="([^"]*)"', page)
    assert found, "the page offers nothing to save"
    return unescape(found[1])


# Changing a search


def edited(visitor: Visitor, manage: str, query: str) -> str:
    """Look at a changed search and save it; return the page that follows."""
    number = profile_number(visitor.settings)
    page = visitor.get(f"{manage}/edit?profile={number}&{query}").text
    fields = {"csrftoken": token_in(page), "profile": number, "search": saved_search(page)}
    answer = visitor.post(f"{manage}/edit", fields)
    assert answer.status_code == 303
    return visitor.get(answer.headers["location"].partition("#")[0]).text


def test_a_changed_search_is_shown_in_words_before_it_is_saved(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    before = dump(visitor.settings)
    number = profile_number(visitor.settings)
    page = visitor.get(f"{manage}/edit?profile={number}&look=1&q=village+hall&kind=grant&stage=open").text
    assert re.search(r'class="asked">Open grants about “village hall”<', page)
    assert "In the last 90 days this would have sent" in page
    assert dump(visitor.settings) == before
    after = edited(visitor, manage, "look=1&q=village+hall&kind=grant&stage=open")
    assert "looks for what its heading says" in after
    assert rows(visitor.settings, "select criteria from profile") == [("q=village+hall&kind=grant&stage=open",)]


def test_the_form_begins_with_the_search_as_it_is_and_has_nothing_to_save(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    page = visitor.get(f"{manage}/edit?profile={profile_number(visitor.settings)}").text
    assert 'name="q" value="carers"' in page
    assert "Save this search</button>" not in page


def test_what_the_form_has_no_field_for_is_kept_or_dropped_by_a_tick(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    query = "look=1&q=carers&buyer=stroud-district-council&cpv=85000000&closes_before=2027-01-04"
    page = visitor.get(f"{manage}/edit?profile={profile_number(visitor.settings)}&{query}").text
    for name, value in (("buyer", "stroud-district-council"), ("cpv", "85000000"), ("closes_before", "2027-01-04")):
        assert f'name="{name}" value="{value}" checked' in page
    assert "From Stroud District Council" in page


@pytest.mark.parametrize("query", ["", "profile=x", "profile=999", "profile=٣"])
def test_a_search_that_is_not_there_cannot_be_changed(visitor: Visitor, query: str) -> None:
    manage = subscribed(visitor)
    assert visitor.get(f"{manage}/edit?{query}").status_code == 404
    assert visitor.get("/manage/m1-AAAAAAAAAAAAAAAAAAAAAA/edit?profile=1").status_code == 404


def test_one_person_s_link_can_neither_see_nor_save_another_s_search(visitor: Visitor) -> None:
    subscribed(visitor)
    anns = profile_number(visitor.settings)
    sign_up(visitor, "bob@example.org", "q=hall")
    answer = fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    bobs = re.findall(r'href="(/manage/[\w-]+)"', answer.text)[0]
    assert visitor.get(f"{bobs}/edit?profile={anns}").status_code == 404
    fields = {"csrftoken": token_in(visitor.get(bobs).text), "profile": anns, "search": "q=mine"}
    assert visitor.post(f"{bobs}/edit", fields).status_code == 404
    assert rows(visitor.settings, f"select criteria from profile where id = {anns}") == [("q=carers&stage=open",)]


# Wishes, follows, and what is not for us


def test_wishes_are_kept_and_said(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    number = profile_number(visitor.settings)
    page = managed(visitor, manage, do="wishes", profile=number, capacity="£25,000", reminder="14", awards="1")
    assert "your wishes are kept" in page
    assert "Reminder 14 days before it closes. We warn of what is larger than £25,000." in page
    assert rows(visitor.settings, "select capacity, reminder_days, awards, still_here from profile") == [
        (25_000, 14, 1, 0)
    ]
    managed(visitor, manage, do="wishes", profile=number, capacity="a lot", reminder="400", still_here="1")
    assert rows(visitor.settings, "select capacity, reminder_days, awards, still_here from profile") == [
        (None, None, 0, 1)
    ]


@pytest.mark.parametrize("address", ["tb-1", "http://tenderbell.test/opportunities/tb-1", "/opportunities/tb-99/"])
def test_an_opportunity_is_followed_by_the_address_of_its_page_and_unfollowed(visitor: Visitor, address: str) -> None:
    manage = subscribed(visitor)
    assert "you follow it now" in managed(visitor, manage, do="follow", address=address, reminder="7")
    assert rows(visitor.settings, "select follows, reminder_days from profile where follows is not null") == [
        ("tb-1", 7)
    ]
    assert "has ended" in managed(visitor, manage, do="end", profile=profile_number(visitor.settings))
    assert "You follow" not in visitor.get(manage).text


def test_what_is_no_opportunity_cannot_be_followed(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    for address in ("", "nothing", "http://[", "/opportunities/", "/buyers/tb-1x"):
        assert "No opportunity here has that address" in managed(visitor, manage, do="follow", address=address)
    assert rows(visitor.settings, "select 1 from profile where follows is not null") == []


def test_one_item_is_hidden_by_its_link_and_shown_again_there_and_on_the_manage_page(visitor: Visitor) -> None:
    manage = told(visitor)
    item = item_page(visitor)
    assert "Hide this one" in visitor.get(item).text
    assert "you hear no more of this one" in pressed(visitor, item, do="hide")
    assert "Show it again" in visitor.get(item).text
    assert "Not for you" in visitor.get(manage).text
    assert "we write about it again" in managed(visitor, manage, do="show", opportunity="tb-1")
    assert rows(visitor.settings, "select * from hidden") == []
    pressed(visitor, item, do="hide")
    pressed(visitor, item, do="show")
    assert rows(visitor.settings, "select * from hidden") == []


def test_an_item_is_followed_by_its_link_and_then_hidden_no_more(visitor: Visitor) -> None:
    told(visitor)
    item = item_page(visitor)
    pressed(visitor, item, do="hide")
    for _ in range(2):
        assert "you follow it" in pressed(visitor, item, do="follow")
    assert "You follow this one" in visitor.get(item).text
    assert rows(visitor.settings, "select follows, reminder_days from profile where follows is not null") == [
        ("tb-1", 7)
    ]
    assert rows(visitor.settings, "select * from hidden") == []


def test_an_old_link_brings_nobody_back_who_has_left(visitor: Visitor) -> None:
    told(visitor)
    item = item_page(visitor)
    with closing(open_private(visitor.settings.private_path)) as db, transaction(db):
        db.execute("update profile set ended_at = ?", (stamp(visitor.settings.clock()),))
    assert "You have left" in pressed(visitor, item, do="follow")
    assert rows(visitor.settings, "select * from profile where ended_at is null") == []


def test_never_this_kind_is_shown_as_a_changed_search_before_it_is_saved(visitor: Visitor) -> None:
    told(visitor)
    item, number = item_page(visitor), profile_number(visitor.settings)
    before = dump(visitor.settings)
    page = visitor.get(f"{item}?search={number}&without=words&words=respite").text
    assert "Open opportunities about “carers” but not “respite”" in page
    assert "In the last 90 days this would have sent" in page
    assert "It would still find this one" not in page
    assert dump(visitor.settings) == before
    fields = {"do": "save", "search": number, "without": "words", "words": "respite"}
    assert "the search has been changed" in pressed(visitor, item, **fields)
    assert rows(visitor.settings, "select criteria from profile") == [("q=carers+-respite&stage=open",)]


def test_an_exclusion_that_would_not_help_says_so(visitor: Visitor) -> None:
    told(visitor)
    page = visitor.get(f"{item_page(visitor)}?search={profile_number(visitor.settings)}&without=words&words=zebra").text
    assert "It would still find this one" in page


def test_everything_that_the_item_page_offers_can_be_looked_at(visitor: Visitor) -> None:
    told(visitor)
    links = re.findall(r'href="(/item/[^"]+without=[^"]+)"', visitor.get(item_page(visitor)).text)
    assert len(links) >= 3
    for link in links:
        assert "Save this search</button>" in visitor.get(unescape(link)).text, link


@pytest.mark.parametrize("fields", [{}, {"do": "save"}, {"do": "save", "search": "999", "without": "kind"},
                                    {"do": "save", "search": "1", "without": "all"}, {"do": "x"}])  # fmt: skip
def test_an_item_s_link_can_do_nothing_but_what_it_offers(visitor: Visitor, fields: dict[str, str]) -> None:
    told(visitor)
    before = rows(visitor.settings, "select * from profile")
    pressed(visitor, item_page(visitor), **fields)
    assert rows(visitor.settings, "select * from profile") == before


# What was sent, and everything as a file


def test_what_was_sent_is_listed_with_its_state_and_its_items(visitor: Visitor) -> None:
    manage = told(visitor)
    page = visitor.get(f"{manage}/sent").text
    assert "taken by your mail server" in page
    assert "Support service for young carers" in page
    assert 'href="/opportunities/tb-1"' in page
    assert "ann@example.org" not in page


def test_only_what_stood_behind_and_more_is_shown_first_and_then_everything(visitor: Visitor) -> None:
    told(visitor)
    write(visitor.settings, "update match set section = 'new', shown = opportunity <> 'tb-1'")
    page = visitor.get(told_page(visitor))
    assert re.findall(r'href="/opportunities/(tb-\d+)"', page.text) == ["tb-1"]
    assert page.headers["cache-control"] == "private, no-store"
    everything = visitor.get(f"{told_page(visitor)}?all=1").text
    told_of = {row[0] for row in rows(visitor.settings, "select opportunity from match where state = 'claimed'")}
    assert set(re.findall(r'href="/opportunities/(tb-\d+)"', everything)) == told_of
    assert len(told_of) > 1


def test_everything_is_exported_as_one_file_by_the_manage_link_only(visitor: Visitor) -> None:
    manage = told(visitor)
    answer = visitor.get(f"{manage}/export")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-alerts.json"'
    assert answer.headers["cache-control"] == "private, no-store"
    exported = json.loads(answer.text)
    assert exported["email"] == "ann@example.org"
    assert exported["profiles"]
    assert exported["messages"]
    token = make_token(visitor.settings, Scope.END_ALL, 1)
    assert visitor.get(f"/manage/{token}/export").status_code == 404


def test_erasing_asks_once_more_and_then_leaves_nothing(visitor: Visitor) -> None:
    manage = told(visitor)
    item, letter = item_page(visitor), told_page(visitor)
    assert "Erase everything about you?" in visitor.get(f"{manage}/erase").text
    assert living(visitor.settings) == 1
    answer = fill_in(visitor, f"{manage}/erase")
    assert "Everything about you is erased" in answer.text
    assert "ann@" not in dump(visitor.settings)
    assert list(Path(visitor.settings.mail.removeprefix("folder:")).glob("*.eml")) == []
    for path in (manage, f"{manage}/erase", f"{manage}/export", f"{manage}/sent", item, letter):
        assert visitor.get(path).status_code == 404, path


# An address that e-mails came back from


def test_who_is_not_written_to_is_told_why_and_can_confirm_the_address_again(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    suppress(visitor.settings, "hard")
    page = visitor.get(manage).text
    assert "No e-mails go to this address" in page
    assert "came back" in page
    assert "We have sent you an e-mail" in managed(visitor, manage, do="reconfirm")
    fill_in(visitor, links_to(visitor.settings, "confirm")[-1])
    assert "No e-mails go to this address" not in visitor.get(manage).text
    assert living(visitor.settings) == 1


def test_who_complained_is_told_so_and_offered_no_way_back(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    suppress(visitor.settings, suppression.COMPLAINT)
    page = visitor.get(manage).text
    assert "marked as unwanted" in page
    assert 'value="reconfirm"' not in page
    before = rows(visitor.settings, "select count(*) from outbox")
    managed(visitor, manage, do="reconfirm")
    assert rows(visitor.settings, "select count(*) from outbox") == before


def suppress(settings: Settings, reason: str) -> None:
    with closing(open_private(settings.private_path)) as db, transaction(db):
        suppression.suppress(db, "ann@example.org", reason, settings.clock())


# Leaving by the links of an e-mail


def test_the_header_s_one_click_ends_everything_and_the_links_in_the_body_one_search(visitor: Visitor) -> None:
    manage = subscribed(visitor)
    managed(visitor, manage, do="add", words="village hall", search="stage=open", frequency="weekly")
    apart(lambda: digests.build(visitor.settings, frequency=Frequency.WEEKLY))
    in_body = [link for link in links_to(visitor.settings, "unsubscribe") if "/unsubscribe/e" in link]
    assert len(set(in_body)) == 2
    stranger = Visitor(visitor.settings, client=("192.0.2.1", 1))
    one_click = {"content-type": "application/x-www-form-urlencoded"}
    for left in (1, 1):
        assert stranger.post(in_body[0], content=ONE_CLICK, headers=one_click).status_code == 200
        assert living(visitor.settings) == left
    header = header_link(visitor)
    for _ in range(2):
        answer = stranger.post(header, content=ONE_CLICK, headers=one_click)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert living(visitor.settings) == 0


def header_link(visitor: Visitor) -> str:
    """Return the path that the newest digest names in its List-Unsubscribe header."""
    files = Path(visitor.settings.mail.removeprefix("folder:")).glob("*.eml")
    headers = [email.message_from_bytes(file.read_bytes()).get("List-Unsubscribe") for file in sorted(files)]
    found = re.search(r"<http://tenderbell\.test(/[^>]+)>", [text for text in headers if text][-1])
    assert found
    return found[1]


# Links that anybody's program may open


FORGED = ("i1-AAAAAAAAAAAAAAAAAAAAAA", "t1-AAAAAAAAAAAAAAAAAAAAAA", "m1-AAAAAAAAAAAAAAAAAAAAAA", "x", "%00", "é")


@pytest.mark.parametrize("path", ["/item/{}", "/told/{}", "/manage/{}/sent", "/manage/{}/export", "/manage/{}/erase",
                                  "/manage/{}/edit?profile=1"])  # fmt: skip
def test_a_forged_link_gives_a_page_that_tells_nothing(visitor: Visitor, path: str) -> None:
    subscribed(visitor)
    visitor.cookies.clear()
    for token in FORGED:
        answer = visitor.get(path.format(token))
        assert answer.status_code == 404, token
        assert "example.org" not in answer.text
        assert "set-cookie" not in answer.headers


def test_a_link_of_one_scope_opens_no_page_of_another(visitor: Visitor) -> None:
    manage = told(visitor)
    item, letter = item_page(visitor), told_page(visitor)
    tokens_by_page = {
        page: path.rpartition("/")[2] for page, path in (("manage", manage), ("item", item), ("told", letter))
    }
    for page in tokens_by_page:
        for other, token in tokens_by_page.items():
            assert visitor.get(f"/{page}/{token}").status_code == (200 if page == other else 404)
            assert visitor.get(f"/{page}/{token[:-1]}").status_code == 404


def test_a_scanner_that_opens_every_link_of_an_e_mail_and_every_link_behind_it_changes_nothing(
    visitor: Visitor,
) -> None:
    told(visitor)
    sent = links_in_mails(visitor)
    assert {"manage", "unsubscribe", "opportunities"} <= {path.split("/")[1] for path in sent}
    before = dump(visitor.settings)
    queue, seen = [*sent, item_page(visitor), told_page(visitor)], set[str]()
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        for method in ("GET", "HEAD"):
            answer = visitor.ask(method, path)
            assert answer.status_code < 500, path
        if PERSONAL.match(path):
            queue += [unescape(link) for link in re.findall(r'(?:href|action)="(/[^"#]*)', visitor.get(path).text)]
    assert dump(visitor.settings) == before
    assert len([path for path in seen if PERSONAL.match(path)]) > 10


PERSONAL = re.compile("/(manage|item|told|unsubscribe|confirm)/")
"""Pages whose own links are opened too."""


def links_in_mails(visitor: Visitor) -> list[str]:
    mails = Path(visitor.settings.mail.removeprefix("folder:")).glob("*.eml")
    texts = [text_of(mail) for mail in mails]
    return [link for text in texts for link in re.findall(r"http://tenderbell\.test(/[^\s>)]+)", text)]
