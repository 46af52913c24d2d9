"""What other programs fetch whole: packages, the snapshot, the site map."""

from tenderbell.pages.views.route import Route

ROUTES: tuple[Route, ...] = ()
