"""What the spiders of Public Contracts Scotland and Sell2Wales take for granted (sources.md section 3), to be asked of
the live services. A chain of certificates that does not hold shows by itself: nothing can be asked then."""

from spiders.questions.probe import Probe, contains, status

NOTICES = "/v1/Notices"
ENGLISH = 2057
"""The documented locale. 0 was answered when this one failed, but with nothing."""

SCOTLAND = (
    Probe("A program that says who it is is let in.", NOTICES, status(200), any_status=True),
    Probe("The notices of a month come as a release package.", NOTICES, contains('"releases"')),
)
_IN_ENGLISH = f"{NOTICES}?locale={ENGLISH}"
WALES = (
    Probe("A question in English does not end in an error of the server.", _IN_ENGLISH, status(200), any_status=True),
    Probe("The notices of a month come as a package.", _IN_ENGLISH, contains('"releases"')),
)
