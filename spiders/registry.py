"""The spiders there are, found by looking: a file in this folder that defines a spider is one. Nothing to register.

A spider that leaves a method abstract is the parent of others, not one by itself."""

import importlib
import inspect
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import cast

import spiders
from spiders.base import SourceSpider
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import SettingError
from tenderbell.notice import Reader

FACTS = ("Publisher", "Area", "Licence", "Access", "Limits", "Quirks", "Last checked live")
"""What the docstring of a spider's module states, one line each, in this order, after its first sentence."""


@cache
def spider_names() -> tuple[str, ...]:
    """Return the names of the modules in this folder that define a spider, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(spiders.__path__))
    return tuple(name for name in names if _spider_in(importlib.import_module(f"spiders.{name}")))


def spider_class(name: str) -> type[SourceSpider]:
    """Return the spider of the module `name`. Raises SettingError when there is none."""
    found = _find(name)
    if found is None:
        raise SettingError(f"There is {_no_spider(name)}")
    return found


def reader_of(source: Source, area: Area) -> Reader:
    """Return the pure `read` of a source, for notices fetched now or archived earlier."""
    return spider_class(source.spider_name).reader(source, area)


def problems_with(source: Source, area: Area) -> list[str]:
    """Return a sentence, with the source and the key, for each reason why nothing can be asked as the row of a source
    stands: no such spider, no address, options that the spider refuses."""
    spider = _find(source.spider_name)
    if spider is None:
        return [f"source {source.id}: there is {_no_spider(source.spider or source.id)}"]
    found = []
    if not source.url and not spider.address:
        found.append(f"source {source.id}: the key 'url' is missing; its spider has no address of its own.")
    try:
        spider.options_of(source)
        spider.reader(source, area)
    except SettingError as error:
        found.append(str(error))
    return found


def _find(name: str) -> type[SourceSpider] | None:
    if not name.isidentifier():
        return None
    try:
        return _spider_in(importlib.import_module(f"spiders.{name}"))
    except ModuleNotFoundError as error:
        if error.name != f"spiders.{name}":
            raise
        return None


def _no_spider(name: str) -> str:
    """Return what is said of a spider that does not exist, with the names as rows spell them."""
    known = ", ".join(name.replace("_", "-") for name in spider_names())
    return f"no spider {name.replace('_', '-')!r}; spiders/ has {known}."


def _spider_in(module: ModuleType) -> type[SourceSpider] | None:
    for value in vars(module).values():
        is_spider = isinstance(value, type) and issubclass(value, SourceSpider) and not inspect.isabstract(value)
        if is_spider and value.__module__ == module.__name__:
            return cast(type[SourceSpider], value)
    return None


def facts(name: str) -> dict[str, str]:
    """Return what the docstring of a spider's module states: its first sentence as `Title`, then each of `FACTS`."""
    lines = (importlib.import_module(f"spiders.{name}").__doc__ or "").strip().splitlines()
    found = {"Title": lines[0].strip() if lines else ""}
    for line in lines[1:]:
        if match := re.fullmatch(rf"({'|'.join(FACTS)}): (.+)", line.strip()):
            found[match[1]] = match[2]
    return found


def missing_facts() -> list[str]:
    """Return one sentence for each spider whose docstring does not state every fact in the fixed order."""
    return [
        f"spiders/{name}.py: the docstring must state {', '.join(FACTS)}, in this order."
        for name in spider_names()
        if tuple(facts(name)) != ("Title", *FACTS)
    ]
