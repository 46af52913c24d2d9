"""The report as a file of its own: the page with its style inside, and every link spelled out in full."""

from jinja2 import Environment, FileSystemLoader

from tenderbell.pages.charts import histogram
from tenderbell.pages.website import STYLES, Page, Website
from tenderbell.record.report import Report
from tenderbell.settings import PROJECT, Settings

TEMPLATES = PROJECT / "site" / "templates"


def report_page(found: Report, *, style: str | None = None) -> Page:
    """Return the page of a report. With a `style` it carries that inside and needs no other file."""
    return Page("report.html", {"report": found, "histogram": histogram(found.steps, found.middles), "style": style})


def standalone(settings: Settings, found: Report) -> str:
    """Return a report as one HTML file that can be opened, sent and printed without the site."""
    site = Website(settings)
    site.dress(Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True))
    style = "".join(path.read_text() for path in sorted(STYLES.glob("*.css")))
    return site.render(report_page(found, style=style)).replace('href="/', f'href="{site.url}/')
