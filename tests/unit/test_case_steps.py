"""A case from its opening to its end: told at once, traced after its own yes, gone when wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update
from tests.case_world import CONTACT_NUMBER, STRANGER_NUMBER, WORKER, FakeGateway, Office
from tests.services import DAY, HOUR, Clock, seeded

from fortnight.case.codes import CODES, TRIES
from fortnight.case.exposures import Exposure, may_tell
from fortnight.case.state import State
from fortnight.db.tables import case_file, exposure, exposure_detail, hidden_stay, trace_run
from fortnight.errors import ConflictError, QuestionError, RefusedError

if TYPE_CHECKING:
    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    return Office(database, clock, seeded().randbytes)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def traced(office: Office, **changed: object) -> str:
    """Return a case with one contact, as a finished trace leaves it."""
    case_id = office.agreed()
    run_id = office.cases.request_trace(case_id, WORKER, office.clock())
    row = {
        "case_id": case_id,
        "contact": "c1",
        "run_id": run_id,
        "rank": 1,
        "first_day": 1,
        "last_day": 2,
        "minutes": 30,
        "tier": "test",
        "kinds": "fixes",
        "origins": "phone",
        "late": False,
    }
    with office.database.write() as connection:
        connection.execute(insert(exposure).values(row | changed))
        connection.execute(
            insert(exposure_detail).values(
                case_id=case_id, contact="c1", last_day=2, sealed=b"sealed"
            )
        )
        connection.execute(update(trace_run).values(state="done"))
        connection.execute(update(case_file).values(state="traced"))
    office.fake.contacts["c1"] = office.contact
    return case_id


# -- opening and the yes -----------------------------------------------------------------------


def test_the_case_is_told_at_once_and_sent_a_code(office: Office) -> None:
    case_id = office.opened()
    assert [row.template for row in office.messages()] == ["code", "case-opened"]
    gateway = FakeGateway()
    assert office.outbox.drain(gateway, office.clock()).sent == 2  # with no grant to be written to
    assert all("Fortnight" in text.words for text in gateway.taken)
    assert office.cases.case(case_id).state is State.OPENED


def test_a_tested_person_who_is_not_enrolled_is_a_case_that_nothing_is_sent_to(
    office: Office,
) -> None:
    token = office.token(STRANGER_NUMBER)
    case_id = office.cases.open(office.new(token, STRANGER_NUMBER), WORKER, office.clock())
    assert not office.cases.case(case_id).enrolled
    assert office.messages() == []
    with pytest.raises(ConflictError, match="not enrolled"):
        office.cases.send_code(case_id, WORKER, office.clock())


def test_the_code_is_six_digits_that_the_database_does_not_hold(office: Office) -> None:
    case_id = office.opened()
    code = office.code()
    assert len(code) == 6
    assert code.isdigit()
    with office.database.read() as connection:
        (row,) = connection.execute(select(case_file))
    assert code.encode() not in row.code_hash
    office.cases.agree(case_id, f"{code[:3]} {code[3:]}", office.clock())
    with office.database.read() as connection:
        (row,) = connection.execute(select(case_file))
    assert (row.state, row.code_hash, row.agreed_at) == ("agreed", None, office.clock())


def test_a_code_has_five_tries_that_outlive_each_refusal(office: Office) -> None:
    case_id = office.opened()
    code = office.code()
    for _ in range(TRIES):
        with pytest.raises(RefusedError, match="not the code"):
            office.cases.agree(case_id, wrong(code), office.clock())
    with pytest.raises(RefusedError, match="not the code"):
        office.cases.agree(case_id, code, office.clock())
    office.cases.send_code(case_id, WORKER, office.clock())
    office.cases.agree(case_id, office.code(), office.clock())


def test_a_code_holds_for_a_day_and_not_beside_a_new_one(office: Office) -> None:
    case_id = office.opened()
    first = office.code()
    office.clock.advance(24 * HOUR)
    with pytest.raises(RefusedError):
        office.cases.agree(case_id, first, office.clock())
    office.cases.send_code(case_id, WORKER, office.clock())
    second = office.code()
    assert second != first
    with pytest.raises(RefusedError):
        office.cases.agree(case_id, first, office.clock())
    office.cases.agree(case_id, second, office.clock())


def test_a_case_is_sent_no_more_than_five_codes(office: Office) -> None:
    case_id = office.opened()
    for _ in range(CODES - 1):
        office.cases.send_code(case_id, WORKER, office.clock())
    with pytest.raises(ConflictError, match="no more"):
        office.cases.send_code(case_id, WORKER, office.clock())


@pytest.mark.parametrize(
    "changed",
    [
        {"disease": "/etc/passwd"},
        {"onset_day": 30_000},
        {"test_day": 30_000},
        {"sample_at": 1 << 45},
    ],
)
def test_a_case_with_an_impossible_date_or_disease_is_not_opened(
    office: Office, changed: dict[str, object]
) -> None:
    token = office.token()
    new = replace(office.new(token), **changed)  # type: ignore[arg-type] # by its own test
    with pytest.raises(QuestionError):
        office.cases.open(new, WORKER, office.clock())
    assert office.opened()


def test_an_unknown_case_is_refused_by_every_step(office: Office) -> None:
    with pytest.raises(RefusedError, match="no case"):
        office.cases.agree("f" * 32, "1", office.clock())
    with pytest.raises(RefusedError, match="no case"):
        office.cases.case("f" * 32)
    with pytest.raises(RefusedError, match="no trace"):
        office.cases.run("f" * 32)


# -- trace ---------------------------------------------------------------------------------------


def test_no_trace_before_the_cases_own_yes(office: Office) -> None:
    case_id = office.opened()
    with pytest.raises(ConflictError, match="case is opened"):
        office.cases.request_trace(case_id, WORKER, office.clock())
    assert office.queue.queued == []


def test_a_trace_asked_for_twice_is_one_run(office: Office) -> None:
    case_id = office.agreed()
    run_id = office.cases.request_trace(case_id, WORKER, office.clock())
    assert office.cases.request_trace(case_id, WORKER, office.clock()) == run_id
    assert office.queue.queued == [run_id]
    run = office.cases.run(run_id)
    assert (run.state, run.case_id, run.window) == ("queued", case_id, None)
    assert office.leaves("trace") == 1


def test_stays_are_hidden_before_the_trace_and_not_after(office: Office) -> None:
    case_id = office.agreed()
    office.cases.hide(case_id, 5, 9, office.clock())
    with pytest.raises(QuestionError):
        office.cases.hide(case_id, 9, 5, office.clock())
    with office.database.write() as connection:
        assert [(row.start, row.end) for row in connection.execute(select(hidden_stay))] == [(5, 9)]
        connection.execute(update(case_file).values(state="traced"))
    with pytest.raises(ConflictError):
        office.cases.hide(case_id, 5, 9, office.clock())


# -- telling -------------------------------------------------------------------------------------


def test_telling_resolves_one_contact_and_queues_one_text(office: Office) -> None:
    case_id = traced(office)
    office.grant(office.contact, "notify")
    queued = office.cases.tell(case_id, "c1", WORKER, office.clock())
    assert office.cases.tell(case_id, "c1", WORKER, office.clock()) == queued
    gateway = FakeGateway()
    office.outbox.drain(gateway, office.clock())
    assert [text.number for text in gateway.taken if text.id == queued] == [CONTACT_NUMBER]


def test_who_agreed_to_no_texts_gets_none_and_is_to_be_called(office: Office) -> None:
    case_id = traced(office)
    told = office.cases.tell(case_id, "c1", WORKER, office.clock())
    assert office.cases.tell(case_id, "c1", WORKER, office.clock()) == told
    (row,) = (row for row in office.messages() if row.id == told)
    assert (row.state, row.sealed) == ("stopped", None)
    assert office.cases.takes_a_call(case_id, "c1")
    assert not office.cases.takes_a_call(case_id, "c10")
    gateway = FakeGateway()
    office.grant(office.contact, "notify")  # later: what was decided before stays a call
    office.outbox.drain(gateway, office.clock())
    assert told not in [text.id for text in gateway.taken]


def test_who_agreed_to_texts_is_called_once_none_can_reach_them(office: Office) -> None:
    case_id = traced(office)
    office.grant(office.contact, "notify")
    office.cases.tell(case_id, "c1", WORKER, office.clock())
    assert not office.cases.takes_a_call(case_id, "c1")
    office.consents.withdraw(office.contact, "notify", office.clock())
    assert office.cases.takes_a_call(case_id, "c1")


def test_a_file_or_an_operator_alone_tells_nobody_but_an_interview_may(office: Office) -> None:
    case_id = traced(office, kinds="fixes,ties", origins="operator,upload")
    with pytest.raises(RefusedError, match="uploaded file or an operator"):
        office.cases.tell(case_id, "c1", WORKER, office.clock())
    assert office.cases.tell(case_id, "c1", WORKER, office.clock(), interviewed=True)


def test_a_contact_that_the_trace_did_not_return_is_not_told(office: Office) -> None:
    case_id = traced(office)
    with pytest.raises(RefusedError, match="no contact c2"):
        office.cases.tell(case_id, "c2", WORKER, office.clock())


@pytest.mark.parametrize(
    ("kinds", "origins", "told"),
    [
        (("fixes",), ("phone",), True),
        (("fixes",), ("upload",), False),
        (("fixes",), ("operator",), False),
        (("fixes", "ties"), ("operator", "upload"), False),
        (("ties",), ("phone",), False),
        (("bluetooth",), (), True),
        (("fixes", "visit"), ("upload",), True),
        (("fixes", "visit-room"), ("operator",), True),
        ((), (), False),
    ],
)
def test_who_may_be_told_on_which_evidence(
    kinds: tuple[str, ...], origins: tuple[str, ...], *, told: bool
) -> None:
    found = Exposure("c1", 1, 1, 2, 30, "test", kinds, origins, late=False)
    assert (may_tell(found) is None) is told
    assert may_tell(found, interviewed=True) is None


# -- endings -------------------------------------------------------------------------------------


def test_a_withdrawn_test_stops_texts_and_traces_and_forgets_the_places(office: Office) -> None:
    case_id = traced(office)
    office.cases.tell(case_id, "c1", WORKER, office.clock())
    run_id = office.cases.request_trace(case_id, WORKER, office.clock())
    office.cases.withdraw_test(case_id, WORKER, office.clock())
    assert {row.state for row in office.messages()} == {"stopped"}
    assert office.cases.run(run_id).problem == "The test was withdrawn."
    with office.database.read() as connection:
        assert connection.execute(select(exposure_detail)).all() == []
    file = office.cases.case(case_id)
    assert (file.state, file.follow_up_end_day) == (State.WITHDRAWN, office.clock() // DAY)
    with pytest.raises(ConflictError):
        office.cases.tell(case_id, "c1", WORKER, office.clock())
    with pytest.raises(ConflictError):
        office.cases.withdraw_test(case_id, WORKER, office.clock())


def test_a_closed_case_is_traced_no_more_but_its_test_may_still_prove_wrong(
    office: Office,
) -> None:
    case_id = traced(office)
    office.cases.close(case_id, WORKER, office.clock())
    with pytest.raises(ConflictError, match="case is closed"):
        office.cases.request_trace(case_id, WORKER, office.clock())
    assert len(office.cases.exposures(case_id)) == 1
    office.cases.withdraw_test(case_id, WORKER, office.clock())


def test_a_case_keeps_the_follow_up_of_its_disease(office: Office) -> None:
    file = office.cases.case(office.opened())
    assert file.onset_day is not None
    assert file.follow_up_end_day is not None
    assert file.follow_up_end_day > file.onset_day


def test_every_step_is_in_the_log(office: Office) -> None:
    before = office.leaves("case")
    case_id = office.opened()
    office.cases.send_code(case_id, WORKER, office.clock())
    office.cases.agree(case_id, office.code(), office.clock())
    office.cases.hide(case_id, 1, 2, office.clock())
    office.cases.close(case_id, WORKER, office.clock())
    office.cases.withdraw_test(case_id, WORKER, office.clock())
    assert office.leaves("case") == before + 7  # the token is the first
