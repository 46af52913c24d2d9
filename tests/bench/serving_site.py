"""A web server in a process of its own, until its input closes: `python -m tests.bench.serving_site KIND [PATH]`.

`site` is Tenderbell's, `uncached` the same without kept pages, `datasette` Datasette alone over the file PATH, `bare` a
Starlette handler that runs the statements of the recipes in PATH. All four under uvicorn with the same loop and parser.
"""

import json
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tenderbell.settings import Settings

TEMPLATE = """<!doctype html><html lang="en"><title>Opportunities</title><h1>Opportunities</h1><ul>
{% for row in rows %}<li><a href="/opportunities/{{ row.id }}">{{ row.title }}</a> {{ row.buyer }} {{ row.kind }}
{{ row.stage }} {{ row.reach }} {{ row.closes_at }} {{ row.value }} <p>{{ row.description }}</p></li>
{% endfor %}</ul></html>"""


def site(path: str) -> Any:
    """Return Tenderbell's site."""
    del path
    from schedules.website import build_app

    return build_app(Settings.read())


def uncached(path: str) -> Any:
    """Return Tenderbell's site with no room for kept pages."""
    from tenderbell.pages import cache

    cache.PageCache.keep = lambda *_: None  # type: ignore[method-assign]
    return site(path)


def plain_datasette(path: str) -> Any:
    """Return Datasette over one file, as quick as its settings make it."""
    from datasette.app import Datasette

    return Datasette(files=[path], settings={"suggest_facets": False, "default_facet_size": 5}).app()


def bare(path: str) -> Any:
    """Return a handler that does nothing but run an address's statements and fill a small template."""
    recipes = json.loads(Path(path).read_text())
    db = sqlite3.connect(f"file:{recipes['file']}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    template = Environment(autoescape=True).from_string(TEMPLATE)
    decode = msgspec.json.Decoder().decode

    async def answer(request: Request) -> HTMLResponse:
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        recipe = recipes["statements"].get(address)
        if recipe is None:
            return HTMLResponse("Not found.", 404)
        found = [row for sql, params in recipe for row in db.execute(sql, params)]
        rows = [decode(row["record"]) for row in found if "record" in row.keys()]  # noqa: SIM118
        return HTMLResponse(template.render(rows=rows))

    return Starlette(routes=[Route("/{path:path}", answer)])


KINDS: dict[str, Callable[[str], Any]] = {
    "site": site,
    "uncached": uncached,
    "datasette": plain_datasette,
    "bare": bare,
}


def main() -> None:
    """Serve until the parent closes our input."""
    app = KINDS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
    config = uvicorn.Config(app, port=0, loop="uvloop", http="httptools", access_log=False, log_level="error")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen(512)  # who reads the port may ask at once

    def wait() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
