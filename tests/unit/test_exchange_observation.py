"""What is read of a laboratory's Observation, and what is refused."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sample_observation import NOW, NUMBER, TEST, observation

from fortnight.exchange.observation import ObservationError, read_observation


def read(**changed: Any) -> Any:  # noqa: ANN401 - any element of a resource
    return read_observation(observation(**changed), NOW)


def test_a_positive_result_is_read() -> None:
    found = read()
    assert (found.test, found.number, found.disease) == (TEST, NUMBER, "covid-19")
    assert found.is_positive
    assert (
        found.sample_at
        == int(datetime.fromisoformat("2026-02-28T08:15:00+02:00").timestamp()) * 1_000
    )


@pytest.mark.parametrize(
    ("value", "is_positive"),
    [
        ({"valueCodeableConcept": {"text": "Detected"}}, True),
        ({"valueCodeableConcept": None, "valueString": " positive "}, True),
        ({"valueCodeableConcept": {"text": "not detected"}}, False),
        (
            {
                "valueCodeableConcept": {
                    "coding": [{"system": "http://loinc.org", "code": "LA6577-6"}],
                    "text": "Negative",
                }
            },
            False,
        ),
    ],
)
def test_a_result_is_read_as_a_code_or_in_words(value: dict[str, Any], is_positive: bool) -> None:  # noqa: FBT001 - what is expected
    assert read(**value).is_positive == is_positive


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_test_that_is_taken_back_needs_no_person(status: str) -> None:
    found = read(status=status, subject=None, contained=None, valueCodeableConcept=None)
    assert (found.test, found.number, found.is_positive) == (TEST, None, False)


@pytest.mark.parametrize(
    ("changed", "code", "where"),
    [
        ({"resourceType": "Patient"}, "structure", "Observation"),
        ({"status": "preliminary"}, "value", "Observation.status"),
        ({"status": None}, "value", "Observation.status"),
        ({"identifier": []}, "required", "Observation.identifier"),
        ({"identifier": [{"value": "1"}, {"value": "2"}]}, "required", "Observation.identifier"),
        ({"identifier": [{"value": "1" * 201}]}, "too-long", "Observation.identifier"),
        ({"code": {"text": "a test"}}, "code-invalid", "Observation.code"),
        (
            {"code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]}},
            "code-invalid",
            "Observation.code",
        ),
        ({"valueCodeableConcept": {"text": "maybe"}}, "value", "Observation.value"),
        ({"valueCodeableConcept": None}, "value", "Observation.value"),
        ({"interpretation": [{"text": "negative"}]}, "value", "Observation.value"),
        ({"subject": {"reference": "Patient/1"}}, "required", "Observation.subject"),
        ({"contained": []}, "required", "Observation.subject"),
        ({"effectiveDateTime": "2026-02-28"}, "value", "Observation.effective"),
        ({"effectiveDateTime": "2026-02-28T08:15:00"}, "value", "Observation.effective"),
        ({"effectiveDateTime": "2026-02-30T08:15:00Z"}, "value", "Observation.effective"),
        ({"effectiveDateTime": "2026-03-02T08:15:00Z"}, "value", "Observation.effective"),
        ({"effectiveDateTime": None}, "value", "Observation.effective"),
    ],
)
def test_what_cannot_be_used_is_refused_where_it_stands(
    changed: dict[str, Any], code: str, where: str
) -> None:
    with pytest.raises(ObservationError) as refused:
        read(**changed)
    assert (refused.value.code, refused.value.expression) == (code, where)
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize(
    ("telecom", "number"),
    [
        ([{"system": "phone", "value": f"tel:{NUMBER}"}], NUMBER),
        (
            [
                {"system": "phone", "value": "+37120000009"},
                {"system": "phone", "value": NUMBER, "use": "mobile"},
            ],
            NUMBER,
        ),
        (
            [
                {"system": "email", "value": "a@b.example"},
                {"system": "phone", "value": "+37120000009", "use": "old"},
                {"system": "sms", "value": NUMBER},
            ],
            NUMBER,
        ),
        (
            [{"system": "phone", "value": NUMBER}, {"system": "phone", "value": "+37120000009"}],
            None,
        ),
        ([{"system": "email", "value": "a@b.example"}], None),
        ([], None),
    ],
)
def test_the_number_is_the_one_that_there_is(
    telecom: list[dict[str, str]], number: str | None
) -> None:
    patient = [{"resourceType": "Patient", "id": "patient", "telecom": telecom}]
    if number is not None:
        assert read(contained=patient).number == number
        return
    with pytest.raises(ObservationError, match="one phone number"):
        read(contained=patient)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(body: bytes) -> None:
    with pytest.raises(ObservationError):
        read_observation(body, NOW)


@given(
    st.sampled_from(sorted(json.loads(observation()))),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
def test_any_value_of_any_element_is_refused_or_read(name: str, value: object) -> None:
    try:
        read(**{name: value})
    except ObservationError as error:
        assert str(error)  # noqa: PT017 - either is right


def test_a_body_that_nests_without_end_is_refused() -> None:
    with pytest.raises(ObservationError, match="no FHIR"):
        read_observation(b'{"resourceType":"Observation","a":' + b"[" * 50_000, NOW)
