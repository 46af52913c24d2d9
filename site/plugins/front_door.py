"""Every request passes the front door first: kept pages, forms, headers (`tenderbell.pages.front`)."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from datasette import hookimpl
from jinja2 import Environment

from alerts import kept
from tenderbell.errors import DatabaseGone
from tenderbell.pages.front import Front
from tenderbell.pages.website import website_of
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.replicas.connections import follow_copies


@hookimpl(trylast=True)
def asgi_wrapper(datasette: Any) -> Callable[[Any], Front]:
    """Wrap everything; last, so that nothing stands before the door."""
    return lambda app: Front(app, lambda: website_of(datasette))


@hookimpl
def startup(datasette: Any) -> None:
    """Make the databases that pages and forms open, if this is the first start. Whatever people type into the address
    of a table may be wrong SQL: that is theirs to read on the page, and not for the log."""
    settings = website_of(datasette).settings
    if settings.writer is not None:
        for database in datasette.databases.values():
            database.execute_fn = follow_copies(datasette, database)
    for open_database, path in ((open_public, settings.public_path), (open_private, settings.private_path)):
        # On a disk that takes nothing what is there can be read all the same; the pages say what is wrong.
        # A machine that follows a writer has only its copy, which it never writes to.
        with suppress(sqlite3.DatabaseError, OSError, DatabaseGone):
            if settings.writer is None:
                open_database(path).close()
    for database in datasette.databases.values():
        database.execute = _quietly(database.execute)


def _quietly(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return what executes SQL without writing what is wrong with it to standard error."""

    async def quiet(*args: Any, **options: Any) -> Any:
        return await execute(*args, **{**options, "log_sql_errors": False})

    return quiet


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Any) -> None:
    """Give templates this site's words and facts, and what the privacy page promises: the very rows by which things are
    deleted."""
    website_of(datasette).dress(env)
    env.globals["kept"] = kept.KEPT


@hookimpl(specname="skip_csrf", optionalhook=True)
def checked_at_the_door(scope: Any) -> bool:  # noqa: ARG001
    """The door has checked every form by now, with pages of our own for those that it refuses."""
    return True
