"""A laboratory's Observation, with elements changed."""

from __future__ import annotations

import json
from typing import Any

NOW = 1_772_366_400_000  # 2026-03-01 12:00 UTC
NUMBER = "+37120000001"
TEST = "https://laboratory.example/tests|2026-000123"


def observation(**changed: Any) -> bytes:  # noqa: ANN401 - any element of a resource
    """Return it as JSON; an element that is None is left out."""
    whole: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "meta": {"profile": ["http://hl7.org/fhir/R4/observation.html"]},
        "identifier": [{"system": "https://laboratory.example/tests", "value": "2026-000123"}],
        "code": {
            "coding": [
                {"system": "http://loinc.org", "code": "94500-6", "display": "SARS-CoV-2 RNA"}
            ]
        },
        "subject": {"reference": "#patient"},
        "contained": [
            {
                "resourceType": "Patient",
                "id": "patient",
                "telecom": [{"system": "phone", "value": NUMBER, "use": "mobile"}],
            }
        ],
        "effectiveDateTime": "2026-02-28T08:15:00+02:00",
        "valueCodeableConcept": {
            "coding": [{"system": "http://snomed.info/sct", "code": "260373001"}]
        },
    }
    return json.dumps({k: v for k, v in (whole | changed).items() if v is not None}).encode()
