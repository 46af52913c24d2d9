"""Datasette's connections on a machine that follows a writer: opened anew when another copy has taken the file's name.

Our own pages do so by themselves (`tenderbell.pages.reading`); Datasette keeps a connection for each thread for ever.
"""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Work = Callable[[Any], Any]


def follow_copies(datasette: Any, database: Any) -> Callable[[Work], Awaitable[Any]]:
    """Return what runs a function with a connection to the copy that is served now, in a thread of Datasette's."""
    mine = threading.local()
    run = database.execute_fn

    def fresh(work: Work) -> Any:
        file = Path(database.path).stat().st_ino
        if getattr(mine, "file", None) != file:
            if found := getattr(mine, "connection", None):
                _let_go(database, found)
            mine.connection, mine.file = database.connect(), file
            datasette._prepare_connection(mine.connection, database.name)
        return work(mine.connection)

    async def execute_fn(work: Work) -> Any:
        return await run(lambda _: fresh(work))

    return execute_fn


def _let_go(database: Any, connection: Any) -> None:
    if connection in database._all_file_connections:
        database._all_file_connections.remove(connection)
    connection.close()
