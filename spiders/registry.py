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
    try:
        found = _spider_in(importlib.import_module(f"spiders.{name}"))
    except ModuleNotFoundError as error:
        if error.name != f"spiders.{name}":
            raise
        found = None
    if found is None:
        raise SettingError(f"There is no spider {name!r}; spiders/ has {', '.join(spider_names())}.")
    return found


def reader_of(source: Source, area: Area) -> Reader:
    """Return the pure `read` of a source, for notices fetched now or archived earlier."""
    return spider_class(source.spider_name).reader(source, area)


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
