"""What all pages of one running site share: settings, readers of `public.db`, the cache, templates and static files."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment

from tenderbell.pages.cache import PageCache, StoredPage
from tenderbell.pages.filters import FILTERS
from tenderbell.pages.reading import Readers, Version
from tenderbell.seeing.counting import Counts
from tenderbell.settings import PROJECT, Settings

STATIC = PROJECT / "site" / "static"
STYLES = PROJECT / "site" / "styles"
"""One file for each part of the look, handed out as one: `site.css`, in the order of their names."""

ERRORS = {
    400: ("We could not read that", "The request was not as a browser sends it. Please go back and try again."),
    403: (
        "Not from here",
        "The form was not sent from our page, or was open for too long. Go back, reload, try again.",
    ),
    404: ("There is no such page", "The address may be misspelt, or the page has moved. Search for what you need."),
    405: ("That does not work here", "This page can be looked at, but nothing can be sent to it."),
    413: ("That is too much", "The form you sent is larger than anything this page needs. Please send less."),
    415: (
        "We could not read that form",
        "It came in a way that this site does not read. Please use the form on our page.",
    ),
    429: ("Too many for now", "Too many forms came from your network within the hour. Please try again later."),
    500: ("That went wrong", "The mistake is ours and has been written down. Please try again in a few minutes."),
    503: ("Not ready yet", "The site is starting, or its database is being replaced. Please try again in a minute."),
}


@dataclass(frozen=True)
class Page:
    """A template with what it shows. `headers` are extra ones."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Website:
    """One running site. Rendering is synchronous and belongs in a worker thread, next to the reading."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.readers = Readers(settings.public_path)
        self.cache = PageCache()
        self.counted = Counts()
        self.static = {path.name: _static_file(path) for path in sorted(STATIC.iterdir()) if path.is_file()}
        self.static["site.css"] = _style(sorted(STYLES.glob("*.css")))
        self._static_urls = {name: _static_url(name, file) for name, file in self.static.items()}
        self._templates: Environment | None = None

    def dress(self, environment: Environment) -> None:
        """Give a Jinja environment this site's filters and facts, and use its templates."""
        environment.filters.update(FILTERS)
        environment.globals["site"] = self
        self._templates = environment.overlay(enable_async=False)

    @property
    def edition_title(self) -> str:
        """The site's name."""
        return self.settings.edition.title

    @property
    def strapline(self) -> str:
        """What the site is, in a few words."""
        return self.settings.edition.strapline

    @property
    def is_sample(self) -> bool:
        """Whether the notices are invented, which every page then says."""
        return self.settings.edition.sample

    @property
    def area_name(self) -> str:
        """The place served."""
        return self.settings.area.name

    @property
    def code(self) -> str | None:
        """The agreement on fair commissioning that holds in the area, None where there is none."""
        return self.settings.area.code

    @property
    def code_asks(self) -> str | None:
        """What that agreement asks of a site like this."""
        return self.settings.area.code_asks

    @property
    def url(self) -> str:
        """The public address without a final slash."""
        return self.settings.url

    @property
    def operator(self) -> str:
        """The mailbox that people write to."""
        return self.settings.edition.mail.operator or self.settings.edition.mail.address

    def static_url(self, name: str) -> str:
        """Return the address of a static file, with its content in the query so that it may be kept for ever."""
        return self._static_urls[name]

    def now(self) -> datetime:
        """Return the present instant of this site's clock."""
        return self.settings.clock()

    def moment(self) -> tuple[Version, str]:
        """Return what decides whether a rendered page is still true: the database's version and the UTC minute."""
        return self.readers.version(), f"{self.now():%Y%m%d%H%M}"

    @property
    def is_ready(self) -> bool:
        """Whether Datasette has started, and with it the templates."""
        return self._templates is not None

    def render(self, page: Page) -> str:
        """Return a page as HTML."""
        if self._templates is None:
            raise RuntimeError("The templates are not ready: the site has not started.")
        return self._templates.get_template(page.template).render(dict(page.context))

    def error(self, status: int, *, message: str | None = None, title: str | None = None) -> Page:
        """Return the page that tells a person what is wrong and what to do."""
        usual, words = ERRORS.get(status) or (HTTPStatus(status).phrase, "Please go back and try again.")
        return Page("error.html", {"status": status, "title": title or usual, "error": message or words}, status)


def website_of(datasette: Any) -> Website:
    """Return the website of a Datasette, made on first use and kept on it.

    Its settings are those that whoever built the Datasette left in `tenderbell_settings`, else the environment's.
    """
    found: Website | None = getattr(datasette, "tenderbell_website", None)
    if found is None:
        found = Website(getattr(datasette, "tenderbell_settings", None) or Settings.read())
        datasette.tenderbell_website = found
    return found


def _static_url(name: str, file: StoredPage) -> str:
    return f"/static/{name}?v={blake2b(file.body, digest_size=6).hexdigest()}"


def _style(parts: Sequence[Path]) -> StoredPage:
    body = b"\n".join(path.read_bytes() for path in parts)
    return StoredPage(200, [(b"content-type", b"text/css; charset=utf-8")], body)


def _static_file(path: Path) -> StoredPage:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return StoredPage(200, [(b"content-type", content_type.encode())], path.read_bytes())
