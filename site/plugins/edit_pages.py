"""Changing a search: what it would have sent is shown before it is saved. Looking is a GET and changes nothing."""

import sqlite3
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl

from alerts import profiles
from alerts.profiles import Profile, ProfileState
from alerts.trying import try_search
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.pages.facets import notice_choices
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.manage import UNCLEAR, other_choices, search_at, search_facets
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The page behind "Change what it looks for"."""
    return [(r"^/manage/(?P<token>[^/]+)/edit$", route(show_edit, take_edit))]


def show_edit(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The form of one search: as it is, or as it would be with the fields in the address."""
    profile = _profile(db, visitor, visitor.request.args.get("profile") or "")
    if profile is None:
        return visitor.dead_link()
    criteria, problem = _asked(visitor, profile)
    area = visitor.site.settings.area
    trial, _ = try_search(visitor.public, criteria, area, visitor.now, awards=profile.awards)
    return visitor.page(
        "edit.html",
        profile=profile,
        token=visitor.token,
        criteria=criteria,
        query=criteria.canonical(profile=True),
        words=describe(criteria, area),
        trial=trial,
        is_changed=criteria.canonical(profile=True) != profile.criteria.canonical(profile=True),
        problems=[problem] if problem else criteria.problems(),
        facets=search_facets(criteria, area),
        others=other_choices(criteria, area),
        notice_choices=notice_choices(criteria),
    )


def _asked(visitor: Visitor, profile: Profile) -> tuple[Criteria, str]:
    """Return the search to show, and what was wrong with the address that was given for it."""
    args = visitor.request.args
    if address := args.get("address"):
        found = search_at(address)
        return (found, "") if found is not None else (profile.criteria, UNCLEAR)
    if args.get("look"):
        return Criteria.parse(visitor.request.query_string), ""
    return profile.criteria, ""


def take_edit(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Save the search that was looked at."""
    profile = _profile(db, visitor, visitor.form.get("profile", ""))
    if profile is None or "search" not in visitor.form:
        return visitor.dead_link()
    criteria = Criteria.parse(visitor.form["search"])
    done = profiles.edit(db, visitor.site.settings, visitor.token, profile.id, criteria, visitor.now)
    said = urlencode({"said": "changed" if done else "same"})
    return Response.redirect(f"/manage/{visitor.token}?{said}#search-{profile.id}", status=303)


def _profile(db: sqlite3.Connection, visitor: Visitor, number: str) -> Profile | None:
    """Return the living search of the link's owner with this number."""
    owner = profiles.owner_of(db, visitor.token)
    if owner is None or not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    found = profiles.find(db, int(number), visitor.now)
    is_theirs = found and found.subscriber == owner.id and found.state is not ProfileState.ENDED and not found.follows
    return found if is_theirs else None
