"""When: the calendar of deadlines, early notices, and what is ending soon."""

from tenderbell.pages.views.route import Route

ROUTES: tuple[Route, ...] = ()
