"""What went wrong is said in one sentence, whatever the server sent."""

import pytest
from scrapy.http import TextResponse

from spiders.fetching.faults import said, text_of


@pytest.mark.parametrize("charset", ["base64", "hex", "idna", "undefined", "no-such-charset"])
def test_a_charset_that_is_none_takes_no_sentence_away(charset: str) -> None:
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    response = TextResponse("https://x.example/", status=503, headers=headers, body=b"Busy. \xff")
    assert isinstance(text_of(response), str)
    assert isinstance(said(response), str)


def test_what_the_server_says_is_quoted() -> None:
    response = TextResponse("https://x.example/", headers={"Content-Type": "text/plain"}, body=b"Rate limit of 12.")
    assert said(response) == "“Rate limit of 12.”"
