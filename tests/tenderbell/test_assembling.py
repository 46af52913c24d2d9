"""All the notices of a process become one opportunity; a stub erases nothing, doubt stays doubt."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenderbell.compiling.assembling import assemble, opportunity_id
from tenderbell.notice import Lot, Money, Notice, Subject
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import Effect, Kind, Reach, Stage
from tests.tenderbell.notices import GLOUCESTERSHIRE, NOW, notice

NOON = datetime(2026, 4, 10, 11, tzinfo=UTC)


def compiled(*notices: Notice) -> Opportunity:
    result = assemble(notices, GLOUCESTERSHIRE, number=1, first_seen=NOW)
    assert result is not None
    return result[0]


def test_a_cancellation_stub_erases_nothing() -> None:
    tender = notice(1, closes_at=NOON, description="Respite and advice.", value=Money(net=50_000, gross=60_000))
    stub = notice(2, Effect.CANCEL, title="Support for young carers", buyers=(), effect_reason="Not enough money.")
    opportunity = compiled(tender, stub)
    assert opportunity.stage is Stage.CANCELLED
    assert opportunity.cancel_reason == "Not enough money."
    assert (opportunity.description, opportunity.closes_at, opportunity.value) == ("Respite and advice.", NOON, 60_000)
    assert opportunity.buyer == "Stroud District Council"


@pytest.mark.parametrize(
    ("effects", "stage"),
    [
        ([Effect.PLAN], Stage.PLANNED),
        ([Effect.PLAN, Effect.ENGAGE], Stage.ENGAGEMENT),
        ([Effect.ENGAGE, Effect.PLAN, Effect.OPEN], Stage.OPEN),
        ([Effect.OPEN, Effect.PLAN], Stage.OPEN),
        ([Effect.OPEN, Effect.AWARD], Stage.AWARDED),
        ([Effect.OPEN, Effect.CANCEL], Stage.CANCELLED),
        ([Effect.OPEN, Effect.CANCEL, Effect.PLAN], Stage.PLANNED),
        ([Effect.AWARD, Effect.OPEN], Stage.OPEN),
        ([Effect.AWARD, Effect.NONE], Stage.AWARDED),
        ([Effect.NONE], Stage.AWARDED),
        ([Effect.OPEN, Effect.NONE], Stage.OPEN),
        ([Effect.OPEN, Effect.CLOSE], Stage.CLOSED),
    ],
)
def test_the_stage_follows_what_the_notices_did(effects: list[Effect], stage: Stage) -> None:
    assert compiled(*(notice(number, effect) for number, effect in enumerate(effects, 1))).stage is stage


def test_notices_about_payments_make_no_opportunity() -> None:
    assert assemble([notice(1, Effect.NONE, form="UK17")], GLOUCESTERSHIRE, number=1, first_seen=NOW) is None


def test_the_order_of_arrival_does_not_matter() -> None:
    notices = [
        notice(1, Effect.ENGAGE, title="Early talks about carers"),
        notice(2, closes_at=NOON, value=Money(gross=10_000)),
        notice(3, closes_at=NOON.replace(day=17), update=True),
        notice(4, Effect.AWARD),
    ]
    assert len({repr(compiled(*order)) for order in permutations(notices)}) == 1


def test_cancelling_some_lots_leaves_the_others_open_and_cancelling_all_cancels() -> None:
    lots = (Lot("1", "North"), Lot("2", "South"))
    some = [notice(1, lots=lots), notice(2, Effect.CANCEL_LOTS, effects_lots=("1",))]
    opportunity = compiled(*some)
    assert opportunity.stage is Stage.OPEN
    assert [lot.status for lot in opportunity.lots] == ["cancelled", None]
    assert compiled(*some, notice(3, Effect.CANCEL_LOTS, effects_lots=("2",))).stage is Stage.CANCELLED


def test_a_termination_that_names_all_lots_or_unknown_ones_ends_the_process() -> None:
    lots = (Lot("1"), Lot("2"))
    assert compiled(notice(1, lots=lots), notice(2, Effect.CANCEL, effects_lots=("1",))).stage is Stage.OPEN
    assert compiled(notice(1, lots=lots), notice(2, Effect.CANCEL, effects_lots=("1", "2"))).stage is Stage.CANCELLED
    assert compiled(notice(1, lots=lots), notice(2, Effect.CANCEL)).stage is Stage.CANCELLED
    assert compiled(notice(1, Effect.CANCEL, effects_lots=("1",), lots=(Lot("1"),))).stage is Stage.CANCELLED


def test_a_correction_of_a_tender_never_seen_still_tells_of_an_open_one() -> None:
    assert compiled(notice(1, Effect.NONE, form="tenderUpdate", update=True)).stage is Stage.OPEN
    assert compiled(notice(1, Effect.NONE, form="planningUpdate", update=True)).stage is Stage.PLANNED


def test_a_stub_without_a_title_keeps_the_title_kind_and_themes() -> None:
    opportunity = compiled(notice(1, title="Young carers small grants"), notice(2, Effect.CANCEL, title=None))
    assert (opportunity.title, opportunity.kind) == ("Young carers small grants", Kind.GRANT)
    assert [change.field for change in opportunity.changes] == ["stage"]
    assert compiled(notice(1, title=None)).title == "Untitled notice 000001-2026"


def test_ending_one_lot_is_no_reason_to_call_the_rest_open() -> None:
    lots = (Lot("1"), Lot("2"))
    opportunity = compiled(
        notice(1, lots=lots, form_name="Tender notice"), notice(2, Effect.CANCEL, effects_lots=("1",))
    )
    assert opportunity.stage_evidence == "Tender notice 000001-2026"


def test_a_lot_that_is_advertised_again_is_back() -> None:
    lots = (Lot("1", status="active"),)
    opportunity = compiled(
        notice(1, lots=lots), notice(2, Effect.CANCEL, effects_lots=("1",)), notice(3, lots=lots, update=True)
    )
    assert (opportunity.stage, opportunity.lots[0].status) == (Stage.OPEN, "active")


def test_a_dynamic_market_stays_open_after_the_date_of_its_intention() -> None:
    opportunity = compiled(notice(1, dynamic_market=True, closes_at=NOON), notice(2, dynamic_market=True))
    assert opportunity.closes_at is None


@given(
    st.lists(
        st.builds(
            notice,
            st.integers(1, 20),
            st.sampled_from(Effect),
            title=st.sampled_from(["Young carers", None]),
            form=st.sampled_from(["UK4", "UK12", "UK17", "tenderUpdate", None]),
            closes_at=st.sampled_from([None, NOON]),
            dynamic_market=st.sampled_from([None, True]),
            effects_lots=st.sampled_from([(), ("1",), ("1", "2"), ("9",)]),
            lots=st.lists(
                st.builds(Lot, st.sampled_from("123"), status=st.sampled_from([None, "active", "cancelled"])),
                max_size=3,
            ).map(tuple),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_sequence_of_notices_gives_an_opportunity_or_none(notices: list[Notice]) -> None:
    result = assemble(notices, GLOUCESTERSHIRE, number=1, first_seen=NOW)
    if result:
        opportunity = result[0]
        assert opportunity.title
        assert assemble(notices[::-1], GLOUCESTERSHIRE, number=1, first_seen=NOW) is not None
        assert (opportunity.stage is Stage.CANCELLED) is (
            opportunity.cancel_reason is not None
        ) or not opportunity.cancel_reason


def test_history_tells_every_move_of_the_deadline() -> None:
    opportunity = compiled(
        notice(1, closes_at=NOON),
        notice(2, closes_at=NOON.replace(day=17), update=True),
        notice(3, closes_at=NOON.replace(day=24), update=True, value=Money(net=500)),
    )
    assert [(c.field, c.old, c.new, c.notice) for c in opportunity.changes] == [
        ("closes_at", "2026-04-10T11:00:00Z", "2026-04-17T11:00:00Z", "000002-2026"),
        ("closes_at", "2026-04-17T11:00:00Z", "2026-04-24T11:00:00Z", "000003-2026"),
        ("value", None, "500", "000003-2026"),
    ]


def test_notice_given_counts_uk_days_from_the_first_advert() -> None:
    assert compiled(notice(1, closes_at=NOON), notice(2, closes_at=NOON, update=True)).notice_days == 39
    assert compiled(notice(2, closes_at=NOON, update=True)).notice_days is None
    assert compiled(notice(1)).notice_days is None


def test_a_planned_notice_has_no_deadline_yet() -> None:
    opportunity = compiled(notice(1, Effect.PLAN, closes_at=NOON))
    assert opportunity.closes_at is None
    assert "2026-04-10T11:00:00Z" in opportunity.evidence["expected_closes_at"]


@pytest.mark.parametrize(
    ("money", "kind", "value", "basis"),
    [
        (Money(net=100, gross=120), Kind.CONTRACT, 120, "with VAT"),
        (Money(net=0, gross=120), Kind.CONTRACT, 120, "with VAT"),
        (Money(net=100), Kind.CONTRACT, 100, "without VAT"),
        (Money(low=10, high=50), Kind.CONTRACT, 50, "upper end"),
        (Money(low=500, high=15_000, fund=90_000), Kind.GRANT, 15_000, "most for one applicant"),
        (Money(fund=90_000), Kind.GRANT, 90_000, "whole fund"),
        (Money(net=0.01), Kind.CONTRACT, None, None),
        (Money(gross=10, currency="EUR"), Kind.CONTRACT, None, "EUR"),
        (None, Kind.CONTRACT, None, None),
    ],
)
def test_the_value_that_filters_use_says_what_it_is(
    money: Money | None, kind: Kind, value: float | None, basis: str | None
) -> None:
    opportunity = compiled(notice(1, value=money, kind=kind))
    assert (opportunity.value, opportunity.value_basis) == (value, basis)


def test_net_and_gross_are_kept_apart_and_never_computed() -> None:
    opportunity = compiled(notice(1, value=Money(net=100)))
    assert (opportunity.value_net, opportunity.value_gross) == (100, None)


def test_lots_stand_in_for_a_missing_total_only_when_all_state_it() -> None:
    both = (Lot("1", value=Money(net=10, gross=12)), Lot("2", value=Money(net=20)))
    opportunity = compiled(notice(1, lots=both))
    assert (opportunity.value_net, opportunity.value_gross) == (30, None)
    assert compiled(notice(1, lots=(*both, Lot("3")))).value is None


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Request for applications: voluntary and community sector fund 2026-2029", "", Kind.GRANT),
        ("Young carers small grants", "You can apply for a grant of up to £500.", Kind.GRANT),
        ("Administration of the community grants programme", "", Kind.CONTRACT),
        ("Grant management software", "", Kind.CONTRACT),
        ("Pension fund custody services", "", Kind.CONTRACT),
        ("Community and accommodation based support framework", "", Kind.FRAMEWORK),
        ("DPS for home to school transport", "", Kind.DYNAMIC_MARKET),
        ("Social investment loan scheme", "", Kind.LOAN),
        ("Grounds maintenance", "", Kind.CONTRACT),
        ("Respite", "Successful applicants sign a grant agreement.", Kind.UNCLEAR),
    ],
)
def test_what_the_applicant_gets_decides_the_kind(title: str, text: str, kind: Kind) -> None:
    opportunity = compiled(notice(1, title=title, description=text or None))
    assert opportunity.kind is kind
    assert opportunity.kind_evidence


def test_flags_of_the_notice_go_before_words() -> None:
    assert compiled(notice(1, framework=True)).kind is Kind.FRAMEWORK
    assert compiled(notice(1, concession=True, framework=True)).kind is Kind.CONCESSION
    assert compiled(notice(1, dynamic_market=True)).kind is Kind.DYNAMIC_MARKET
    assert compiled(notice(1, kind=Kind.GRANT, framework=True)).kind is Kind.GRANT


def test_suitability_is_true_false_or_not_stated() -> None:
    assert compiled(notice(1)).vcse_suitable is None
    assert compiled(notice(1, lots=(Lot("1", vcse_suitable=True), Lot("2")))).vcse_suitable is True
    assert compiled(notice(1, lots=(Lot("1", vcse_suitable=False),))).vcse_suitable is False
    assert compiled(notice(1, reservations=("smeVcse",))).reserved_vcse is True


def test_officers_are_masked_in_what_is_published() -> None:
    opportunity = compiled(notice(1, description="Ask pat.doe@council.example, 01632 960123."))
    assert opportunity.description == "Ask [see the notice], [see the notice]."


def test_subjects_that_are_no_codes_are_left_out() -> None:
    subjects = (Subject("85312000", "Social work"), Subject("x"), Subject("SRV.1", scheme="LOCAL"))
    assert [s.code for s in compiled(notice(1, subjects=subjects)).subjects] == ["85312000", "SRV.1"]


@pytest.mark.parametrize(
    ("process", "id"),
    [("ocds-h6vhtk-06d866", "h6vhtk-06d866"), ("ocds-b5fd17-42b417d3-462f-4498", "b5fd17-42b417d3-462f-4498")],
)
def test_an_ocid_gives_the_address(process: str, id: str) -> None:
    assert opportunity_id(process) == id


@given(st.text(min_size=1))
def test_any_process_key_gives_a_safe_address(process: str) -> None:
    assert opportunity_id(process).replace("-", "").isalnum()
    assert opportunity_id(process) == opportunity_id(process)


def test_reach_is_kept_with_rule_and_value() -> None:
    opportunity = compiled(notice(1))
    assert (opportunity.reach, opportunity.reach_rule) == (Reach.LOCAL, "A")
    assert opportunity.reach_value == "The buyer is Stroud District Council (GB-PPON-PRHW-3326-HVMG)."
    assert opportunity.districts == ("stroud",)


def test_a_notice_edited_in_place_counts_from_its_first_publication() -> None:
    first = datetime(2026, 3, 1, 10, tzinfo=UTC)
    found = compiled(notice(20, closes_at=NOON, update=True, first_published_at=first))
    assert found.published_at == first
    assert found.updated_at == datetime(2026, 3, 21, 10, tzinfo=UTC)
    assert found.notice_days == 40
