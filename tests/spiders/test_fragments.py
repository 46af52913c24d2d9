"""Pieces of pages: the same bytes for the same words, whatever stands around them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html  # type: ignore[import-untyped]

from spiders.formats.fragments import (
    canonical,
    document,
    fragment,
    labelled,
    last_page,
    line,
    parameter,
    stable_link,
    text,
)
from tenderbell.errors import BrokenResponse

BASE = "https://portal.example/org"


def row(inside: str, attributes: str = "") -> str:
    page = document(f"<html><table><tr {attributes}>{inside}</tr></table></html>".encode(), "text/html")
    return canonical(page.cssselect("tr")[0], BASE)


def test_stripes_scripts_counters_and_white_space_make_no_difference() -> None:
    plain = row("<td class='a'><a href='/x?id=1'>One</a></td>")
    assert row(
        "<td   class='a'><!-- 17 --><script>n = 17</script><input type='hidden' value='t17'>"
        "<a onclick='go()' href='/x?id=1&amp;_ncp=17.1&amp;page=3'>One</a></td>",
        "class='odd' style='color: red'",
    ) == plain.replace("</td>", "</td>")
    assert plain == '<tr><td class="a"><a href="https://portal.example/x?id=1">One</a></td></tr>'


def test_another_word_or_link_makes_another_row() -> None:
    rows = {row("<td><a href='/x?id=1'>One</a></td>"), row("<td><a href='/x?id=2'>One</a></td>"), row("<td>One</td>")}
    assert len(rows) == 3


@settings(max_examples=100)
@given(st.text(max_size=60), st.text(alphabet="\t\n\r ", max_size=5))
def test_what_was_written_canonically_is_written_the_same_again(words: str, space: str) -> None:
    cell = html.Element("td")
    cell.text = "".join(char for char in words if char.isprintable())
    inside = html.tostring(cell, encoding="unicode")
    once = row(space + inside + space)
    assert canonical(fragment(once), BASE) == once
    assert line(fragment(once)) == line(cell)


@pytest.mark.parametrize(
    ("link", "stable"),
    [
        ("/Advert?advertId=1&_ncp=9&page=2", "https://portal.example/Advert?advertId=1"),
        ("detail.si;jsessionid=ABC?id=1", "https://portal.example/detail.si?id=1"),
        ("https://other.example/a?utm_source=x&PID=3", "https://other.example/a?PID=3"),
        ("javascript:alert(1)", None),
        ("#top", None),
        ("http://[broken", None),
        ("", None),
        (None, None),
    ],
)
def test_links_lose_what_only_names_the_visit(link: str | None, stable: str | None) -> None:
    assert stable_link(link, BASE) == stable


def test_a_parameter_is_found_whatever_its_capitals() -> None:
    assert parameter("/a?pid=7&x=", "PID") == "7"
    assert parameter("/a?pid=7&x=", "x") is None
    assert parameter(None, "x") is None


@pytest.mark.parametrize("link", ["http://[::1/Advert?id=1", "http://[x]/?id=1", "//[?id=1"])
def test_an_address_that_is_none_has_no_parameter_and_makes_no_link(link: str) -> None:
    assert parameter(link, "id") is None
    assert stable_link(link, BASE) is None
    assert row(f"<td><a href='{link}'>One</a></td>") == "<tr><td><a>One</a></td></tr>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><meta charset='windows-1252'><p>Café £5 – today</p></html>".encode("windows-1252"), "text/html"),
        ("<html><p>Café £5 – today</p></html>".encode("windows-1252"), "text/html; charset=iso-8859-1"),
        ("<html><meta charset='latin-1'><p>Café £5 – today</p></html>".encode(), "text/html; charset=utf-8"),
        ("\ufeff<html><p>Café £5 – today</p></html>".encode(), "text/html"),
        ('<?xml version="1.0" encoding="utf-8"?><html><p>Café £5 – today</p></html>'.encode(), "text/html"),
    ],
)
def test_words_survive_whatever_the_charset(body: bytes, content_type: str) -> None:
    assert line(document(body, content_type).cssselect("p")[0]) == "Café £5 – today"


@pytest.mark.parametrize("body", [b"", b"   ", b"\x00", b"<!-- -->"])
def test_a_document_without_anything_in_it_is_no_page(body: bytes) -> None:
    with pytest.raises(BrokenResponse):
        document(body, "text/html")


@pytest.mark.parametrize(
    "charset", ["base64", "hex", "idna", "rot13", "zlib", "bz2", "punycode", "undefined", "unicode_escape", "nonsense"]
)
def test_a_charset_that_is_none_is_passed_over(charset: str) -> None:
    words = "<html>{}<p>Café £5 – today</p></html>"
    meta = words.format(f"<meta charset='{charset}'>")
    for body in (words.format("").encode(), meta.encode(), b"\xef\xbb\xbf" + meta.encode()):
        page = document(body, f"text/html; charset={charset}")
        assert line(page.cssselect("p")[0]) == "Café £5 – today"
    for body in (meta.encode("cp1252"), words.format("<meta charset='windows-1252'>").encode("cp1252")):
        if charset != "nonsense":  # a name that nobody knows says nothing: the page is UTF-8 then
            page = document(body, f"text/html; charset={charset}")
            assert line(page.cssselect("p")[0]) == "Café £5 – today"


@pytest.mark.parametrize(
    "odd", ["\x01", "\x0b", "\ufffe", "&#1;", "&#x1;", "&#xFFFE;", "&#xD800;", "&#1114112;", "&#" + "9" * 5_000 + ";"]
)
def test_characters_that_no_document_may_hold_cost_nothing_but_themselves(odd: str) -> None:
    page = document(
        f"<html><table><tr title='A{odd}B'><td class='x{odd}y'>Lunch{odd} club"
        f"<a href='/x?id={odd}1'>One</a></td></tr></table></html>".encode(),
        "text/html",
    )
    kept = canonical(page.cssselect("tr")[0], BASE)
    assert kept == ('<tr title="AB"><td class="xy">Lunch club<a href="https://portal.example/x?id=1">One</a></td></tr>')
    assert canonical(fragment(kept.replace("One", f"O{odd}ne")), BASE) == kept


def test_a_reference_hidden_in_another_is_dropped_too() -> None:
    assert row("<td>A&#&#1;1;B &#65; &pound;&#163;</td>") == "<tr><td>A B A ££</td></tr>"


def test_markup_in_words_is_decoded_once() -> None:
    cell = document(b"<html><p>A &amp;amp; B &lt;b&gt;</p></html>", "text/html").cssselect("p")[0]
    assert line(cell) == "A &amp; B <b>"
    assert text(document(b"<html><p>One<br>Two</p></html>", "text/html").cssselect("p")[0]) == "One\nTwo"


@pytest.mark.parametrize(
    "markup",
    [
        "<div><label>Buyer:</label></div><div>Somebody</div>",
        "<div><div><label>Buyer</label></div></div><div>Somebody</div>",
        "<dl><dt>Buyer *</dt><dd>Somebody</dd></dl>",
        "<table><tr><th>BUYER</th><td>Somebody</td></tr></table>",
        "<p><strong>Buyer</strong> <span>Somebody</span></p>",
        "<dl><dt>Buyer</dt><!-- who asks --><dd>Somebody</dd></dl>",
        "<dl><dt><!-- one --><b>Buyer</b><!-- two --></dt><?php echo 1 ?><dd>Somebody</dd></dl>",
        "<div><!-- label --><div><label>Buyer</label><!-- end --></div></div><!-- value --><div>Somebody</div>",
    ],
)
def test_what_stands_beside_a_label_is_found(markup: str) -> None:
    found = labelled(document(f"<html><main>{markup}</main></html>".encode(), "text/html"), ("Buyer", "Title"))
    assert {name: line(value) for name, value in found.items()} == {"buyer": "Somebody"}


def test_a_label_without_a_value_does_not_take_the_next_label_for_one() -> None:
    found = labelled(
        document(b"<html><div>Buyer</div><div>Title</div><div>T</div></html>", "text/html"), ("buyer", "title")
    )
    assert {name: line(value) for name, value in found.items()} == {"title": "T"}


def test_the_last_page_is_the_highest_that_is_linked_to_but_not_from_a_heading() -> None:
    linked = document(
        b"<html><a href='?Page=2'>2</a><a href='?page=11'>11</a><th><a href='?Page=99'></a></th></html>", ""
    )
    assert last_page(linked, "Page", is_full=True) == 11
    alone = document(b"<html><p>One page</p></html>", "")
    assert last_page(alone, "Page", is_full=False) == 1
    assert last_page(alone, "Page", is_full=True) is None
