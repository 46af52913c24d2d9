"""The record: buyers and the annual report."""

from tenderbell.pages.views.route import Route

ROUTES: tuple[Route, ...] = ()
