"""Rich text as Contentful writes it: a tree of JSON nodes, read as plain text with its lists and links."""

from collections.abc import Iterator
from typing import Any

from tenderbell.text import clean_text, safe_link

DEEPEST = 30
"""No writer nests lists deeper; what lies deeper was made to break us."""

_LISTS = frozenset({"ordered-list", "unordered-list"})
_BLOCKS = frozenset({"paragraph", "blockquote", "table-row", *(f"heading-{level}" for level in range(1, 7))})


def plain(document: object) -> str | None:
    """Return the text of a rich text document, a paragraph or list item a line; None when it has none. Anything that is
    no rich text is no text."""
    return clean_text("\n".join(_lines(document, 0)))


def _lines(node: object, depth: int) -> Iterator[str]:
    """Yield the lines of a block and of those in it."""
    if not isinstance(node, dict) or depth > DEEPEST:
        return
    kind = node.get("nodeType")
    if kind in _BLOCKS:
        yield f"{_words(node, depth)}\n"
    elif kind in _LISTS:
        yield from _items(node, depth)
        yield ""
    elif kind in ("text", "hyperlink"):
        yield _words({"content": [node]}, depth)
    else:
        for child in _children(node):
            yield from _lines(child, depth + 1)


def _items(node: dict[str, Any], depth: int) -> Iterator[str]:
    is_numbered = node.get("nodeType") == "ordered-list"
    for number, item in enumerate(_children(node), 1):
        mark = f"{number}." if is_numbered else "•"
        lines = [line.strip() for line in _lines(item, depth + 1) if line.strip()]
        yield f"{mark} {lines[0] if lines else ''}"
        yield from lines[1:]


def _words(node: dict[str, Any], depth: int) -> str:
    """Return the words of a block on one line, the address of a link behind its words."""
    return "".join(_inline(child, depth + 1) for child in _children(node))


def _inline(node: object, depth: int) -> str:
    if not isinstance(node, dict) or depth > DEEPEST:
        return ""
    if node.get("nodeType") == "text":
        value = node.get("value")
        return value if isinstance(value, str) else ""
    words = _words(node, depth)
    data = node.get("data")
    link = safe_link(data.get("uri")) if isinstance(data, dict) else None
    if link and link not in words:
        return f"{words} ({link})" if words.strip() else link
    return f"{words} " if node.get("nodeType") in ("table-cell", "table-header-cell", "paragraph") else words


def _children(node: dict[str, Any]) -> list[Any]:
    children = node.get("content")
    return children if isinstance(children, list) else []
