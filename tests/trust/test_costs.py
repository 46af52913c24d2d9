"""What anybody may ask for as often as they like costs no more than a bounded part of the machine."""

from contextlib import ExitStack
from typing import Any

from datasette.plugins import pm

from tests.site.conftest import Visitor


def counting(visitor: Visitor) -> Any:
    """Return the plugin of the running site that counts."""
    visitor.get("/alerts/new")
    return next(one for one in pm.get_plugins() if hasattr(one, "take_signup"))


def test_the_form_comes_without_the_count_while_others_are_counting(visitor: Visitor) -> None:
    plugin = counting(visitor)
    assert "this would have sent" in visitor.get("/alerts/new?q=carers").text
    with ExitStack() as stack:
        for _ in range(plugin.AT_ONCE):
            stack.enter_context(plugin._counting)
        busy = visitor.get("/alerts/new?q=carers")
        assert busy.status_code == 200
        assert "this would have sent" not in busy.text
        assert "Many people are trying searches" in busy.text
        form = {"email": "ann@example.org", "search": "q=carers"}
        assert visitor.post("/alerts/new", form, headers={"cookie": ""}).status_code == 200
    assert "this would have sent" in visitor.get("/alerts/new?q=carers").text
