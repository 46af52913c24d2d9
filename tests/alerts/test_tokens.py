"""A token opens what it was made for, and nothing else; mail servers may change its case."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import tokens
from alerts.tokens import Scope, Token
from tenderbell.private import open_private


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    db = open_private(Path(tmp_path_factory.mktemp("tokens")) / "private.db")
    yield db
    db.close()


@given(st.sampled_from(list(Scope)), st.integers(1, 10**17), st.sampled_from([str, str.upper, str.title]))
def test_a_token_is_read_back_in_any_case_for_its_own_scope_alone(
    db: object, scope: Scope, id: int, case: type
) -> None:
    text = tokens.make(db, scope, id)
    assert tokens.read(db, case(text), scope) == Token(scope, id)
    assert tokens.read(db, text, *(other for other in Scope if other is not scope)) is None


@given(st.sampled_from(list(Scope)), st.integers(1, 10**6), st.data())
def test_a_token_with_one_letter_changed_is_none(db: object, scope: Scope, id: int, data: st.DataObject) -> None:
    text = tokens.make(db, scope, id)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-_").filter(lambda letter: letter != text[place])
    )
    assert tokens.read(db, text[:place] + other + text[place + 1 :], *Scope) != Token(scope, id)


def test_a_link_from_before_the_change_of_form_still_ends_alerts(db: object) -> None:
    secret = bytes(db.execute("select value from secret where name = 'token'").fetchone()[0])  # type: ignore[attr-defined]
    seal = hmac.new(secret, b"a|7|0", hashlib.sha256).digest()[:16]
    old = f"a7-{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
    assert tokens.read(db, old, Scope.END_ALL) == Token(Scope.END_ALL, 7)
    assert tokens.read(db, old, Scope.MANAGE) is None


@given(st.text(max_size=60))
def test_whatever_else_is_typed_is_none(db: object, text: str) -> None:
    assert tokens.read(db, text, *Scope) is None
