"""`/metrics`: every figure in the text format of Prometheus."""

import importlib
from itertools import chain
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from tenderbell.pages.cache import StoredPage
from tenderbell.pages.website import Website
from tenderbell.seeing import counting, standing
from tenderbell.seeing.measures import Measure, Standing

KIND = b"text/plain; version=0.0.4; charset=utf-8"


def measures() -> tuple[Measure, ...]:
    """Return every figure that there is."""
    return (*counting.MEASURES, *standing.MEASURES, *_alerts().MEASURES)


def figures(site: Website) -> StoredPage:
    """Return what is known now, with the requests that all processes of the site have answered."""
    registry = CollectorRegistry()
    found = chain(standing.samples(site.settings), _alerts().samples(site.settings))
    registry.register(Standing((*standing.MEASURES, *_alerts().MEASURES), found))
    body = generate_latest(site.counted.registry()) + generate_latest(registry)
    return StoredPage(200, [(b"content-type", KIND)], body)


def _alerts() -> Any:
    """Return what knows of `private.db`, which only the alerts may open."""
    return importlib.import_module("alerts.measures")
