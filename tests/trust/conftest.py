"""The site's own fixtures serve here too."""

from tests.site.conftest import chromium, filled, served, settings, visitor

__all__ = ["chromium", "filled", "served", "settings", "visitor"]
