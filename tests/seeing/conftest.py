"""The site's fixtures, for looking at how it does."""

from tests.site.conftest import chromium, filled, settings, visitor

__all__ = ["chromium", "filled", "settings", "visitor"]
