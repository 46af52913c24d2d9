"""The questions of the yearly report: the SQL behind the addresses that `tenderbell.record.queries` makes.

Each puts an opportunity into the same groups as `tenderbell.record.tally` does, by the same words of SQL, so that a
figure and the rows behind it cannot drift apart. Parameters that are left empty ask nothing; "-" means none.
"""

import msgspec

from tenderbell.record.queries import ADVERTS, AWARDS, FINDINGS, NOTICES
from tenderbell.record.tally import FORM, NOTICE, SECTOR, TIMETABLE

MOST_ROWS = 1000
_MOST = f"At most {MOST_ROWS:,} rows; in_all says how many there are."
_YEAR = "o.published_at >= :year and o.published_at < :year || '~'"
_BUYER = "(:buyer = '' or o.buyer_id = :buyer or (:buyer = '-' and o.buyer_id is null))"


class Question(msgspec.Struct, frozen=True):
    """A question with a name: what it is called and means, its parameters in the order of the form, and its SQL."""

    title: str
    description: str
    params: tuple[str, ...]
    sql: str


def _has_tag(field: str, parameter: str) -> str:
    return (
        f"exists (select 1 from opportunity_tag t where t.number = o.number and t.field = '{field}' "
        f"and t.value = :{parameter})"
    )


def _tagged(field: str) -> str:
    """Return the condition that an opportunity has a tag; "-" asks for those that have none of the field."""
    none = f"not exists (select 1 from opportunity_tag t where t.number = o.number and t.field = '{field}')"
    return f"(:{field} = '' or {_has_tag(field, field)} or (:{field} = '-' and {none}))"


_ADVERTS = f"""with chosen as (
  select o.number, {FORM} as form, {NOTICE} as notice, {TIMETABLE} as timetable, count(*) over () as in_all
  from opportunity o where {_YEAR}
    and (:reach = '' or o.reach = :reach or (:reach = 'elsewhere' and o.reach <> 'local'))
    and (:form = '' or {FORM} = :form)
    and (:kind = '' or o.kind = :kind)
    and {_BUYER}
    and (:notice = '' or {NOTICE} = :notice)
    and (:days_from = '' or o.notice_days >= cast(:days_from as integer))
    and (:days_until = '' or o.notice_days < cast(:days_until as integer))
    and (:timetable = '' or {TIMETABLE} = :timetable)
    and {_tagged("theme")}
    and {_tagged("district")}
    and (:outside = '' or not {_has_tag("district", "outside")})
  order by o.number desc limit {MOST_ROWS}
)
select o.id, o.title, o.buyer, o.kind, o.stage, o.reach, o.published_at, o.closes_at, o.notice_days,
  o.deadline_moves, chosen.form, chosen.notice, chosen.timetable, chosen.in_all
from chosen join opportunity o on o.number = chosen.number order by o.number desc"""

_FINDINGS = f"""with chosen as (
  select o.number, o.id, f.clause, f.result, count(*) over () as in_all
  from opportunity o cross join finding f on f.opportunity = o.id
  where {_YEAR}
    and (:reach = '' or o.reach = :reach)
    and (:kind = '' or o.kind = :kind)
    and {_BUYER}
    and (:clause = '' or f.clause = :clause) and (:result = '' or f.result = :result)
  order by o.number desc limit {MOST_ROWS}
)
select o.id, o.title, o.buyer, o.kind, o.published_at, f.clause, f.result, f.words, f.field, f.relied_on, chosen.in_all
from chosen join opportunity o on o.number = chosen.number
  join finding f on f.opportunity = chosen.id and f.clause = chosen.clause
order by o.number desc, f.clause"""

_AWARDS = f"""with chosen as (
  select o.number, {SECTOR} as sector, count(*) over () as in_all
  from opportunity o
  where o.awarded_at is not null and o.awarded_at >= :year and o.awarded_at < :year || '~'
    and o.stage = 'awarded'
    and (:reach = '' or o.reach = :reach)
    and {_BUYER}
    and (:sector = '' or {SECTOR} = :sector)
  order by o.number desc limit {MOST_ROWS}
)
select o.id, o.title, o.buyer, o.kind, o.awarded_at, o.value, o.currency, chosen.sector, chosen.in_all
from chosen join opportunity o on o.number = chosen.number order by o.number desc"""

_NOTICES = f"""select n.source, n.key, n.title, n.form, n.published_at, n.opportunity, count(*) over () as in_all
from notice n where n.published_at >= :year and n.published_at < :year || '~'
  and (:source = '' or n.source = :source)
order by n.published_at desc limit {MOST_ROWS}"""

QUESTIONS = {
    ADVERTS: Question(
        "The yearly report: opportunities behind a figure",
        'By year of first publication. Leave a field empty to ask nothing of it; "-" means none. form is advert, early '
        'or "no advert seen"; notice is stated, open-ended or unknown; timetable is kept, moved or unknown; outside '
        f"leaves out what has that district's tag. {_MOST}",
        (
            "year", "reach", "form", "kind", "buyer", "theme", "district", "outside", "notice", "days_from",
            "days_until", "timetable",
        ),
        _ADVERTS,
    ),
    FINDINGS: Question(
        "The yearly report: findings behind a figure",
        'By year of first publication. Leave a field empty to ask nothing of it; "-" means none. result is met, '
        f'"not met" or "not stated". {_MOST}',
        ("year", "reach", "clause", "result", "kind", "buyer"),
        _FINDINGS,
    ),
    AWARDS: Question(
        "The yearly report: awards behind a figure",
        "By year of the award. sector is yes where a supplier is stated to be a voluntary organisation or social "
        f"enterprise, no where suppliers are named and none is, unknown where none is named. {_MOST}",
        ("year", "reach", "buyer", "sector"),
        _AWARDS,
    ),
    NOTICES: Question(
        "The yearly report: notices behind a figure",
        f"Notices of opportunities that have a page, by year of their publication and source. {_MOST}",
        ("year", "source"),
        _NOTICES,
    ),
}  # fmt: skip
"""By the names under which Datasette answers them."""
