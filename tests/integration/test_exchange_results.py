"""A laboratory's results on real rooms: token, case, and the test that was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.case_world import WORKER, Office
from tests.services import seeded
from tests.unit.sample_observation import NUMBER, observation

from fortnight.case.state import State
from fortnight.errors import ConflictError, RefusedError
from fortnight.exchange.observation import read_observation
from fortnight.exchange.results import Results, Taken

if TYPE_CHECKING:
    from tests.services import Clock

    from fortnight.db.engine import Database


@pytest.fixture
def office(database: Database, clock: Clock) -> Office:
    return Office(database, clock, seeded(5).randbytes)


def send(office: Office, laboratory: str | None = None, **changed: Any) -> Taken:  # noqa: ANN401 - any element of a resource
    results = Results(office.laboratories, office.cases, "north")
    observed = read_observation(observation(**changed), office.clock())
    return results.take(laboratory or office.laboratory.id, observed, office.clock())


def test_a_positive_result_opens_nothing_by_itself_and_its_token_opens_one_case(
    office: Office,
) -> None:
    token = send(office).token
    assert token is not None
    with pytest.raises(RefusedError):
        office.cases.open(office.new(token, "+37120000009"), WORKER, office.clock())
    case_id = office.cases.open(office.new(token, NUMBER), WORKER, office.clock())
    assert office.cases.case(case_id).state is State.OPENED
    with pytest.raises(ConflictError):  # one test, one token
        send(office)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "corrected", "valueCodeableConcept": {"text": "not detected"}},
    ],
)
def test_a_test_that_was_wrong_withdraws_its_case_once(
    office: Office, changed: dict[str, Any]
) -> None:
    token = send(office).token
    assert token is not None
    case_id = office.cases.open(office.new(token, NUMBER), WORKER, office.clock())
    assert send(office, **changed) == Taken(has_withdrawn=True)
    assert office.cases.case(case_id).state is State.WITHDRAWN
    assert send(office, **changed) == Taken(has_withdrawn=False)


def test_a_test_that_was_wrong_voids_a_token_that_was_not_used(office: Office) -> None:
    token = send(office).token
    assert token is not None
    assert send(office, status="cancelled") == Taken(has_withdrawn=False)
    with pytest.raises(RefusedError):
        office.cases.open(office.new(token, NUMBER), WORKER, office.clock())


def test_no_laboratory_takes_back_the_test_of_another(office: Office) -> None:
    token = send(office).token
    assert token is not None
    other = office.laboratories.register("Other laboratory", office.clock())
    assert send(office, other.id, status="cancelled") == Taken(has_withdrawn=False)
    case_id = office.cases.open(office.new(token, NUMBER), WORKER, office.clock())
    assert send(office, other.id, status="cancelled") == Taken(has_withdrawn=False)
    assert office.cases.case(case_id).state is State.OPENED


def test_a_key_that_ended_gives_no_token(office: Office) -> None:
    office.laboratories.revoke(office.laboratory.id, office.clock())
    assert office.laboratories.authenticate(office.laboratory.key) is None
    with pytest.raises(RefusedError, match="no laboratory"):
        send(office)


def test_a_key_that_holds_names_its_laboratory(office: Office) -> None:
    assert office.laboratories.authenticate(office.laboratory.key) == office.laboratory.id
    assert office.laboratories.authenticate("fnlab-none") is None
