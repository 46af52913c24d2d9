"""Contract, grant, loan...: what the applicant gets decides, with the words that led to it (Code 3.1.1; ruling 12)."""

import re

from tenderbell.notice import Notice
from tenderbell.vocabulary import Kind

_RUNS_GRANTS = re.compile(
    r"\b(?:manag(?:e|ing|ement)|administ\w+|deliver(?:y|ing)?|operat\w+|evaluat\w+|provision|system|software|platform|"
    r"audit\w*|consultan\w+)\b[^.]{0,60}\b(?:grants?|fund(?:ing|s)?)\b|"
    r"\b(?:grants?|fund(?:ing|s)?)\b[^.]{0,30}\b(?:manage\w*|administrat\w+|system|software|platform|consultan\w+|"
    r"evaluation|advis\w+|audit\w*|works|installations?)\b|"
    r"\bpension fund\b|\bgrant thornton\b|\bfund (?:accounting|raising)\b",
    re.IGNORECASE,
)
_GRANT_TITLE = re.compile(
    r"\b(?:small |community |project |revenue |capital |core )?grants?\b(?! aid(?:ed)? (?:project|work))|"
    r"\b(?:request|call|invitation) for (?:grant )?applications?\b|"
    r"\b(?:community|voluntary(?: and community)?(?: sector)?|vcse?|vcfse|activity|innovation|hardship|resilience|"
    r"prosperity|challenge|seed|arts|heritage|youth|levelling up)(?: \w+)? fund\b|"
    r"\bfund(?:ing)? round\b|\bbursar(?:y|ies)\b",
    re.IGNORECASE,
)
_GRANT_TEXT = re.compile(
    r"\b(?:apply|applications?|applicants?|bids?) (?:are |is )?(?:invited )?(?:for|to) (?:an? |the |our )?(?:\w+ ){0,3}"
    r"(?:grants?|fund(?:ing)?)\b|\bgrants? of (?:up to |between )?£|"
    r"\bgrant (?:agreement|award|funding agreement|offer)s?\b|"
    r"\bgrants? (?:will|may|can) be (?:awarded|paid|made)\b|\bthis is a grant\b",
    re.IGNORECASE,
)
_LOAN = re.compile(r"\b(?:loans?|repayable finance|social investment|blended finance)\b", re.IGNORECASE)
_FRAMEWORK = re.compile(r"\bframework(?: agreement| contract)?\b", re.IGNORECASE)
_DYNAMIC = re.compile(r"\bdynamic (?:purchasing system|market)\b|\bDPS\b")


def kind_of(notices: list[Notice], title: str | None) -> tuple[Kind, str]:
    """Return the kind of a process, given its notices oldest first and its title, with the evidence as a sentence."""
    stated = next((notice for notice in reversed(notices) if notice.kind), None)
    if stated and stated.kind:
        return stated.kind, stated.kind_evidence or "The source publishes nothing else."
    if any(notice.dynamic_market for notice in notices):
        return Kind.DYNAMIC_MARKET, "The notice sets up a dynamic market."
    title = title or ""
    text = next((notice.description for notice in reversed(notices) if notice.description), "") or ""
    return _by_grant_words(title, text) or _by_contract_words(notices, title)


def _by_grant_words(title: str, text: str) -> tuple[Kind, str] | None:
    in_title, in_text = _GRANT_TITLE.search(title), _GRANT_TEXT.search(text)
    if not in_title and not in_text:
        return None
    found = (in_title or in_text)[0]  # type: ignore[index]
    if runs := _RUNS_GRANTS.search(title):
        return (Kind.UNCLEAR, f"The title speaks of “{runs[0]}”, the text of “{in_text[0]}”.") if in_text else None
    if in_title and in_text:
        return Kind.GRANT, f"The title says “{in_title[0]}” and the text “{in_text[0]}”."
    if loan := _LOAN.search(title):
        return Kind.LOAN, f"The title says “{loan[0]}”."
    if in_title and not _RUNS_GRANTS.search(text[:600]):
        return Kind.GRANT, f"The title says “{in_title[0]}”."
    return Kind.UNCLEAR, f"It says “{found}”, but not whether the applicant is paid a grant."


def _by_contract_words(notices: list[Notice], title: str) -> tuple[Kind, str]:
    if loan := _LOAN.search(title):
        return Kind.LOAN, f"The title says “{loan[0]}”."
    if dynamic := _DYNAMIC.search(title):
        return Kind.DYNAMIC_MARKET, f"The title says “{dynamic[0]}”."
    if any(notice.concession for notice in notices):
        return Kind.CONCESSION, "The notice names the concession rules."
    if any(notice.framework for notice in notices):
        return Kind.FRAMEWORK, "The notice says that it is a framework agreement."
    if words := _FRAMEWORK.search(title):
        return Kind.FRAMEWORK, f"The title says “{words[0]}”."
    return Kind.CONTRACT, "It is published as a public contract, and nothing in it speaks of a grant."
