"""Reading saved responses through the same `split` and `read` as fetched ones (ruling 2)."""

import os
from pathlib import Path

from spiders.base import SourceSpider, Task
from spiders.formats.bundle import merge
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw

_TYPES = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".html": "text/html",
}


def read_saved(task: Task, spider: type[SourceSpider], path: Path) -> None:
    """Archive the notices of a file, or of every response in a folder, in name order. A file that is not what the
    source promises is a fault of the run; the others are read all the same."""
    files = [path] if path.is_file() else responses_in(path)
    if not files:
        task.fault(f"{_shown(path)} holds no saved responses.")
    waiting: list[Raw] = []
    for file in files:
        try:
            raws = spider.split(task.source, file.read_bytes(), content_type_of(file), None)
        except BrokenResponse as error:
            task.fault(f"{_shown(file.name)}: {error}")
            continue
        if spider.bundles:
            waiting += raws
            continue
        task.keep(raws)
        task.say(f"{task.listed:,} notices, {_shown(file.name)}")
    task.keep(merge(waiting))
    task.done = True


def _shown(path: Path | str) -> str:
    """Return a path for people: a name may hold bytes that are no text, which could be neither printed nor stored."""
    return os.fsencode(path).decode("utf-8", "replace")


def responses_in(folder: Path) -> list[Path]:
    """Return the responses below a folder in name order: all files except README*, *.headers and dot files."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not file.name.upper().startswith("README")
        and file.suffix != ".headers"
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def content_type_of(file: Path) -> str:
    """Return the content type that `NAME.headers` beside a response gives, else one by its ending."""
    for headers in (file.with_suffix(".headers"), file.with_name(f"{file.name}.headers")):
        if headers.is_file():
            for line in headers.read_text("latin-1").splitlines():
                name, _, value = line.partition(":")
                if name.strip().lower() == "content-type" and value.strip():
                    return value.strip()
    return _TYPES.get(file.suffix.lower(), "application/octet-stream")
