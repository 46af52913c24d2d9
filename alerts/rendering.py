"""Rendering: Jinja2 over `templates/`. Each message has a `.txt` and a `.html` that are given the same model."""

from functools import cache, lru_cache
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

WIDTH = 72


class Piece(NamedTuple):
    """A part of messages that is the same for everybody, rendered once: its text and its HTML."""

    text: str
    html: Markup


def piece(name: str, model: dict[str, object]) -> Piece:
    """Return a part of messages from one model, from `NAME.txt` and `NAME.html`."""
    text, html = render(name, model)
    return Piece(text, Markup(html))  # noqa: S704 - the template has escaped what it was given


def render(name: str, model: dict[str, object]) -> tuple[str, str]:
    """Return the text and the HTML of the message `name` for one model."""
    text, html = _templates(name)
    return text.render(model), html.render(model)


@cache
def _templates(name: str) -> tuple[Template, Template]:
    environment = _environment()
    return environment.get_template(f"{name}.txt"), environment.get_template(f"{name}.html")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["wrap"] = wrapped
    return environment


@lru_cache(maxsize=4096)
def wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of 72 characters; links are never broken."""
    return fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
