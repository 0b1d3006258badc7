"""What a laboratory's FHIR R4 Observation says of one test. Pure.

Read is what a token needs, and nothing else of it is kept: the test's own identifier, the tested
person's number, which disease, whether it was found, and when the sample was taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from fortnight.errors import FortnightError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
TESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # hl7.org/fhir/uv/saner/ValueSet-Covid19Labs.html: RNA in respiratory, unspecified specimen
        "94500-6": "covid-19",
        "94309-2": "covid-19",
        # hl7.org/fhir/us/covid19library: influenza A RNA; A and B antigen, rapid immunoassay
        "92142-9": "influenza",
        "80382-5": "influenza",
        "80383-3": "influenza",
        # loinc.org/85362-2: M. tuberculosis complex DNA in sputum or bronchial
        "85362-2": "tuberculosis",
        # mayocliniclabs.com/test-catalog/overview/75817: monkeypox virus DNA
        "100888-7": "mpox",
    }
)
"""LOINC codes of tests, each with the disease that it finds."""
_FOUND: Final[Mapping[tuple[str, str], bool]] = MappingProxyType(
    {
        (SNOMED, "260373001"): True,  # Detected
        (SNOMED, "10828004"): True,  # Positive
        (SNOMED, "260415000"): False,  # Not detected
        (SNOMED, "260385009"): False,  # Negative
        (LOINC, "LA11882-0"): True,  # Detected
        (LOINC, "LA6576-8"): True,  # Positive
        (LOINC, "LA11883-8"): False,  # Not detected
        (LOINC, "LA6577-6"): False,  # Negative
        (INTERPRETATION, "POS"): True,
        (INTERPRETATION, "DET"): True,
        (INTERPRETATION, "NEG"): False,
        (INTERPRETATION, "ND"): False,
    }
)
_FOUND_WORDS: Final[Mapping[str, bool]] = MappingProxyType(
    {"detected": True, "positive": True, "not detected": False, "negative": False}
)
RESULTS: Final = frozenset({"final", "amended", "corrected"})
TAKEN_BACK: Final = frozenset({"cancelled", "entered-in-error"})
_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_MOST_TEST: Final = 200


class ObservationError(FortnightError):
    """An Observation that cannot be used.

    Attributes
    ----------
    code : str
        FHIR's issue type, such as ``required`` or ``value``.
    expression : str
        FHIRPath of the element at fault.
    """

    def __init__(self, code: str, expression: str, text: str) -> None:
        super().__init__(text)
        self.code, self.expression = code, expression


class Coding(msgspec.Struct, frozen=True):
    """A code of a system."""

    system: str = ""
    code: str = ""


class Concept(msgspec.Struct, frozen=True):
    """A concept, by codes and in words."""

    coding: list[Coding] = []
    text: str = ""


class Identifier(msgspec.Struct, frozen=True):
    """A name that somebody gave."""

    system: str = ""
    value: str = ""


class Telecom(msgspec.Struct, frozen=True):
    """A way to reach somebody."""

    system: str = ""
    value: str = ""
    use: str = ""


class Contained(msgspec.Struct, frozen=True, rename="camel"):
    """A resource inside: of a Patient, what is read."""

    resource_type: str
    id: str = ""
    telecom: list[Telecom] = []


class Reference(msgspec.Struct, frozen=True):
    """Where a resource stands; ``#id`` for a contained one."""

    reference: str = ""


class Resource(msgspec.Struct, frozen=True, rename="camel"):
    """An Observation, as far as it is read."""

    resource_type: str
    status: str = ""
    identifier: list[Identifier] = []
    code: Concept | None = None
    subject: Reference | None = None
    contained: list[Contained] = []
    effective_date_time: str = ""
    value_codeable_concept: Concept | None = None
    value_string: str = ""
    interpretation: list[Concept] = []


@dataclass(frozen=True, slots=True)
class Observed:
    """What an Observation says of one test.

    Attributes
    ----------
    test : str
        The laboratory's identifier of the test, with its system where it names one.
    number : str or None
        Of the tested person; None for a test that is taken back.
    is_positive : bool
        False also for one that is taken back.
    """

    test: str
    number: str | None = field(repr=False)
    disease: str
    is_positive: bool
    sample_at: int | None


def read_observation(body: bytes, now: int) -> Observed:
    """Return what an Observation says.

    Parameters
    ----------
    now : int
        Milliseconds since 1970: no sample is taken later.

    Raises
    ------
    ObservationError
        For the first element that is missing or cannot be used. Its text repeats no content.
    """
    one = _decoded(body)
    test, disease = _test(one), _disease(one)
    if one.status in TAKEN_BACK:
        return Observed(test, None, disease, False, None)
    if one.status not in RESULTS:
        raise ObservationError(
            "value",
            "Observation.status",
            f"The status has to be one of {', '.join(sorted(RESULTS | TAKEN_BACK))}: a result "
            "that is not final opens nothing.",
        )
    if not _is_positive(one):
        return Observed(test, None, disease, False, None)
    return Observed(test, _number(one), disease, True, _sample(one, now))


def _decoded(body: bytes) -> Resource:
    try:
        one = msgspec.json.decode(body, type=Resource)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ObservationError(
            "structure", "Observation", "The body is no FHIR R4 Observation in JSON."
        ) from error
    if one.resource_type != "Observation":
        raise ObservationError("structure", "Observation", "The resource is no Observation.")
    return one


def _test(one: Resource) -> str:
    if len(one.identifier) != 1 or not one.identifier[0].value.strip():
        raise ObservationError(
            "required",
            "Observation.identifier",
            "Name the test by one identifier: one test, one token.",
        )
    held = one.identifier[0]
    test = f"{held.system}|{held.value.strip()}" if held.system else held.value.strip()
    if len(test) > _MOST_TEST:
        raise ObservationError(
            "too-long", "Observation.identifier", f"At most {_MOST_TEST} characters name a test."
        )
    return test


def _disease(one: Resource) -> str:
    codes = [] if one.code is None else one.code.coding
    found = {TESTS[held.code] for held in codes if held.system == LOINC and held.code in TESTS}
    if len(found) != 1:
        raise ObservationError(
            "code-invalid",
            "Observation.code",
            f"The test has to have one LOINC code of {', '.join(TESTS)}.",
        )
    return found.pop()


def _is_positive(one: Resource) -> bool:
    """Return whether it was found, where everything that says so agrees."""
    value = one.value_codeable_concept
    concepts = [*([] if value is None else [value]), *one.interpretation]
    words = [concept.text for concept in concepts] + [one.value_string]
    said = {
        _FOUND[held.system, held.code]
        for concept in concepts
        for held in concept.coding
        if (held.system, held.code) in _FOUND
    }
    said |= {_FOUND_WORDS[word] for text in words if (word := text.strip().lower()) in _FOUND_WORDS}
    if len(said) != 1:
        raise ObservationError(
            "value",
            "Observation.value",
            "The result is not clear: say detected (SNOMED CT 260373001) or not (260415000), as a "
            "code or in words, and nothing that contradicts it.",
        )
    return said.pop()


def _number(one: Resource) -> str:
    """Return the tested person's one number. Which of several is theirs is not guessed."""
    reference = "" if one.subject is None else one.subject.reference
    patients = [
        held
        for held in one.contained
        if held.resource_type == "Patient" and reference == f"#{held.id}"
    ]
    phones = [
        held
        for patient in patients
        for held in patient.telecom
        if held.system in {"phone", "sms"} and held.use != "old"
    ]
    mobile = [held for held in phones if held.use == "mobile"]
    numbers = {held.value.removeprefix("tel:").strip() for held in mobile or phones}
    if len(numbers) != 1 or not (number := numbers.pop()):
        raise ObservationError(
            "required",
            "Observation.subject",
            "The subject has to be a contained Patient with one phone number, or one that is "
            "marked as mobile.",
        )
    return number


def _sample(one: Resource, now: int) -> int:
    text = one.effective_date_time
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError(text)  # noqa: TRY301 - a day, or a time without an offset
        at = int(datetime.fromisoformat(text).timestamp() * 1_000)
    except (ValueError, OverflowError) as error:
        raise ObservationError(
            "value",
            "Observation.effective",
            "effectiveDateTime has to say when the sample was taken, with its offset from UTC, "
            "such as 2026-03-01T08:15:00+02:00.",
        ) from error
    if at > now:
        raise ObservationError(
            "value", "Observation.effective", "The sample was taken in the future."
        )
    return at
