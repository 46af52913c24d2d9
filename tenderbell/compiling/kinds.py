"""Contract, grant, loan...: what the applicant gets decides, with the words that led to it (Code 3.1.1; ruling 12).

What the source states comes first, then the words of the title, then those of the description. Words of money do not
make a grant when the title offers work *on* grants (running, assessing, auditing a programme) or work *paid from* one.
A call-off from a framework is a contract, also when the notice ticks "framework agreement" (sources.md section 11, 5).
"""

import re

from tenderbell.notice import Notice
from tenderbell.vocabulary import Kind

READ = 3_000
"""So many characters of a description are read: the rest is conditions."""

Finding = tuple[Kind, str]


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


_MONEY = ("grant", "fund", "bursar", "loan", "repayable", "finance", "social investment", "application", "awards")
_LISTS = ("framework", "dynamic", "dps")

_GRANT_TITLE = _any_of(
    r"grants?(?! thornton| aid(?:ed)? (?:project|work))",
    r"(?:request|call|invitation|open) for (?:grant )?(?:applications?|proposals|bids)",
    r"(?:community|voluntary(?: and community)?(?: sector)?|vcs|vcs?f?se|activity|activities|innovation|hardship|"
    r"resilience|prosperity|challenge|seed|arts|heritage|youth|levelling up|wellbeing|climate|nature|festival|small|"
    r"covid|recovery|partnership|neighbourhood|ward|councillors?|members?|outcomes|prevention|inclusion)(?: \w+)? fund",
    r"fund(?:ing)? (?:round|opportunit(?:y|ies)|call|prospectus)",
    r"bursar(?:y|ies)",
    r"small awards",
)
_ABOUT_GRANTS = _any_of(
    r"(?:manag(?:e|ing|ement|er)|administ\w+|deliver(?:y|ing)?|operat\w+|evaluat\w+|provision|system|software|platform|"
    r"portal|audit\w*|consultan\w+|assess\w+|distribut\w+|monitor\w+|apprais\w+|advis\w+|advice|"
    r"support (?:for|with|to)|design of|review of|research|maximis\w+|obtain\w+|secur\w+|identif\w+|writ\w+|"
    r"claims?)\b[^.]{0,60}\b(?:grants?|fund(?:ing|s)?|bursar(?:y|ies)|loans?)",
    r"(?:grants?|fund(?:ing|s)?|bursar(?:y|ies)|loans?)\b[^.]{0,30}\b(?:manage\w*|administrat\w+|system|software|"
    r"platform|portal|consultan\w+|evaluation|advis\w+|audit\w*|assess\w+|apprais\w+|monitor\w+|writ(?:ing|er)|delivery|"
    r"support services?|assurance|certif\w+|custod\w+|account\w+|upgrade|intermediary|distribution)",
)
_PAID_FROM = _any_of(
    r"(?:grants?|fund(?:ing|s|ed)?)\b.{0,60}\b(?:works|installations?|refurbish\w+|construction|contractor|demolition|"
    r"design|feasibility|infrastructure|improvements?|repairs|retrofit|architects?|project management|vouchers)",
    r"(?:works|installations?|refurbish\w+|construction|contractor|demolition|adaptations?|architects?|stairlifts?)\b"
    r".{0,60}\b(?:grants?|fund(?:ing|ed)?)",
    r"grant[- ]funded",
    r"(?:pension|investment|hedge|trust|sinking|skills|education|charitable|superannuation) funds?",
    r"fund ?(?:accounting|raising|raisers?|managers?)",
    r"grant (?:street|road|court|house|close|avenue|school)",
)
_SURE_GRANT = _any_of(
    r"this is (?:an? )?(?:application for )?grants?(?: funding| opportunity| programme| scheme)?",
    r"grants? of (?:up to|between|from) £",
    r"grants? (?:will|may|can|are to) be (?:awarded|paid|made|given|offered)",
    r"grants? (?:are|is) available",
    r"grant funding is available (?:to|for) (?:\w+ ){0,3}(?:organisations|groups|charities|applicants)",
    r"(?:apply|applications?|applicants?|bids?) (?:are |is )?(?:now )?(?:invited |welcome[d]? |open )?(?:for|to) "
    r"(?:an? |the |our |this )?(?:\w+ ){0,3}grants?(?! (?:funder|officer|manager))",
    r"(?:successful|each) (?:applicants?|organisations?) will (?:be )?(?:receive|enter into|sign|offered|awarded) "
    r"(?:an? )?(?:\w+ ){0,2}grant(?: funding)?(?: agreement)?",
    r"awarded (?:by way of|through|as|by means of) (?:an? )?grants?",
)
_MAYBE_GRANT = _any_of(
    r"(?<!its )(?<!our )(?<!their )(?<!council's )(?:apply|applications?|applicants?) (?:are |is )?(?:invited )?"
    r"(?:for|to) (?:an? |the |our |this )?(?:\w+ ){0,3}fund(?:ing)?",
    r"grant (?:agreement|funding agreement|offer letter|offer)s?",
)
_TENDER_TITLE = _any_of(
    r"invitations? to (?:tender|quote)",
    r"requests? for (?:quotations?|quotes?|tenders?)",
    r"calls? for tenders?",
    r"(?:tender|contract|procurement|supplier) (?:opportunit(?:y|ies)|notices?)",
    r"tenders? (?:for|is|are)",
    r"ITTs?",
    r"RFQs?",
    r"(?<!.)tenders?(?=\s*[:–-])",
)
_LOAN = _any_of(
    r"(?:business|community|social|interest[- ]free|start[- ]?up|small|low[- ]cost|green|enterprise|soft) loans?",
    r"loan (?:fund|finance|scheme|programme|facility|capital|funding)s?",
    r"loans (?:for|to)",
    r"(?:repayable|blended|patient) finance",
    r"social investment(?: (?:fund|loan|programme))?s?",
)
_NOT_A_LOAN = _any_of(
    r"student loans?",
    r"(?:equipment|vehicle|car|art|book|toy|wheelchair|device|museum|inter[- ]library) loans?",
    r"loan (?:store|vehicle|equipment|car|kit|of|service|system|software)s?",
)
_CONCESSION = _any_of(r"(?:café|cafe|catering|kiosk|ice[- ]cream|beach|services?|works?|food|parking) concessions?",
                      r"concessions? (?:contract|agreement|opportunit(?:y|ies))s?")  # fmt: skip
_FRAMEWORK = _any_of(r"frame ?work(?:s| agreements?| contracts?| arrangements?)?")
_NO_FRAMEWORK = _any_of(
    r"(?:outcomes?|competenc\w+|policy|evaluation|performance|legal|governance|regulatory|capabilit\w+|curriculum|"
    r"strategic|monitoring|inspection|accountability) framework",
    r"framework (?:housing|homes|for action)",
)
_DYNAMIC = re.compile(r"\b[Dd]ynamic [Pp]urchasing (?:[Ss]ystem|[Vv]ehicle)|\b[Dd]ynamic [Mm]arket\b|\bDPS\b|"
                      r"\bDYNAMIC (?:PURCHASING|MARKET)")  # fmt: skip
_LIST = _any_of(
    r"(?:open|select|approved|accredited|preferred) (?:select |provider |supplier |contractor )?list(?: of \w+)?",
)
_CALL_OFF = _any_of(
    r"call[- ]?offs?(?: (?:contract|order|agreement|from|under|on|\d))?",
    r"(?:mini|further|secondary)[- ]competition",
    r"(?:via|under|through|using|from|off|utilising) (?:the |an? |our )?(?:[\w&,'’/-]+ ){0,10}(?:framework|DPS)",
    r"framework \w{0,4}\d{2,}\w* [-–:/] lot \d+",
)  # fmt: skip
_CALLED_OFF = _any_of(
    r"(?:procured|awarded|purchased?|bought|direct award|call(?:ed)?[- ]off|award)\b.{0,40}?(?:via|under|through|using|"
    r"from|off) (?:the |an? |our )?(?:[\w&,'’()/-]+ ){0,10}(?:framework|DPS|dynamic purchasing)",
    r"call[- ]offs? (?:on|from|under|contract|order)",
    r"(?:awarded|has awarded|conducted|running|undertaking) an? (?:mini|further)[- ]competition",
    r"purchase\b.{0,60}?via (?:the )?(?:[\w&'’-]+ ){0,6}framework",
)
_SETS_UP = (
    r"(?:establish\w*|set(?:ting)?[- ]up|creat(?:e|ing|ion)|put(?:ting)? in place|procuring|procure|procurement of|"
    r"tender\w* for|re-?open\w*|extend|extension of|join|form(?:ing)?|develop\w*|resulting|value of this|to award|"
    r"will be|appoint\w* to|new) (?:(?!via|under|through|using|from|off)[\w-]+ ){0,5}?"
)
_SETS_UP_FRAMEWORK = re.compile(rf"\b{_SETS_UP}framework\b", re.IGNORECASE)
_SETS_UP_DYNAMIC = re.compile(rf"\b{_SETS_UP}(?:DPS|dynamic (?:purchasing system|market))\b", re.IGNORECASE)


def kind_of(notices: list[Notice], title: str | None) -> Finding:
    """Return the kind of a process, given its notices oldest first and its title, with the evidence as a sentence."""
    stated = next((notice for notice in reversed(notices) if notice.kind and not notice.kind_by_default), None)
    if stated and stated.kind:
        return stated.kind, stated.kind_evidence or "The source publishes nothing else."
    if any(notice.dynamic_market for notice in notices):
        return Kind.DYNAMIC_MARKET, "The notice sets up a dynamic market."
    title = title or ""
    text = (next((notice.description for notice in reversed(notices) if notice.description), "") or "")[:READ]
    money = _as_money(title, text)
    if money is None or money[0] is Kind.UNCLEAR:
        money = money if _TENDER_TITLE.search(title) else _by_default(notices) or money
    return money or _as_list(notices, title, text) or _as_contract(title)


def _by_default(notices: list[Notice]) -> Finding | None:
    """Return what the edition says of the sources, when it says it of every one of them: a grant feed that retells a
    notice of Find a Tender does not make a grant of it."""
    newest = notices[-1] if notices else None
    if newest is None or newest.kind is None or not all(notice.kind_by_default for notice in notices):
        return None
    return newest.kind, newest.kind_evidence or "The source publishes nothing else unless its words say otherwise."


def _speaks_of(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def _as_money(title: str, text: str) -> Finding | None:
    """Return grant, loan or unclear, when the words of money lead there."""
    told = text.lower()
    if not _speaks_of(_MONEY, title.lower()) and not _speaks_of(("grant", "fund"), told):
        return None
    loan = None if _NOT_A_LOAN.search(title) else _LOAN.search(title)
    granted = _GRANT_TITLE.search(title)
    sure = _SURE_GRANT.search(text) if "grant" in told else None
    maybe = sure or _MAYBE_GRANT.search(text)
    if work := (_ABOUT_GRANTS.search(title) or _PAID_FROM.search(title) or _TENDER_TITLE.search(title)):
        return (Kind.UNCLEAR, f"The title speaks of “{work[0]}”, the text of “{sure[0]}”.") if sure else None
    if loan:
        return Kind.LOAN, f"The title says “{loan[0]}”."
    if granted and maybe:
        return Kind.GRANT, f"The title says “{granted[0]}” and the text “{maybe[0]}”."
    if granted and not _ABOUT_GRANTS.search(text[:600]):
        return Kind.GRANT, f"The title says “{granted[0]}”."
    if granted or (maybe and not _speaks_of(_LISTS, title.lower())):
        found = granted or maybe
        return Kind.UNCLEAR, f"It says “{found[0] if found else ''}”, but not whether the applicant is paid a grant."
    return None


def _as_list(notices: list[Notice], title: str, text: str) -> Finding | None:
    """Return the kind of what many may be admitted to, or of what is let for income; None for a plain contract."""
    framework = None if _NO_FRAMEWORK.search(title) else _FRAMEWORK.search(title)
    ticked = any(notice.framework for notice in notices)
    dynamic = _DYNAMIC.search(title)
    if call_off := _CALL_OFF.search(title) or _called_off(text, ticked and not framework, bool(dynamic)):
        return Kind.CONTRACT, f"It is a call-off: “{call_off[0]}”."
    if dynamic:
        return Kind.DYNAMIC_MARKET, f"The title says “{dynamic[0]}”."
    if any(notice.concession for notice in notices):
        return Kind.CONCESSION, "The notice names the concession rules."
    if ticked:
        return Kind.FRAMEWORK, "The notice says that it is a framework agreement."
    if framework:
        return Kind.FRAMEWORK, f"The title says “{framework[0]}”."
    if concession := _CONCESSION.search(title):
        return Kind.CONCESSION, f"The title says “{concession[0]}”."
    return _by_description(title, text)


def _called_off(text: str, ticked: bool, dynamic: bool) -> re.Match[str] | None:
    """Return the words of a description that call something off, when the notice looks like the list itself."""
    if (not ticked and not dynamic) or _SETS_UP_FRAMEWORK.search(text) or _SETS_UP_DYNAMIC.search(text):
        return None
    return _CALLED_OFF.search(text)


def _as_contract(title: str) -> Finding:
    work = _ABOUT_GRANTS.search(title) or _PAID_FROM.search(title)
    if work:
        return Kind.CONTRACT, f"The title speaks of “{work[0]}”: that is work on a grant or paid from one."
    if tendered := _TENDER_TITLE.search(title):
        return Kind.CONTRACT, f"The title says “{tendered[0]}”."
    return Kind.CONTRACT, "It is published as a public contract, and nothing in it offers a grant."


def _by_description(title: str, text: str) -> Finding | None:
    if listed := _LIST.search(title):
        return Kind.UNCLEAR, f"The title says “{listed[0]}”, which may be a framework or a dynamic market."
    if not _speaks_of(_LISTS, text.lower()) or _CALLED_OFF.search(text):
        return None
    if dynamic := _SETS_UP_DYNAMIC.search(text):
        return Kind.DYNAMIC_MARKET, f"The description says “{dynamic[0]}”."
    if framework := _SETS_UP_FRAMEWORK.search(text):
        return Kind.FRAMEWORK, f"The description says “{framework[0]}”."
    return None
