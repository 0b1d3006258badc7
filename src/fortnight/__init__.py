"""Contact tracing that people agree to: it looks back fourteen days, and forgets on the fifteenth.

The library finds who was where a case was. It cannot know who agreed to that: use it only for
people who did. Tracing people who did not agree may be a crime.
"""

from fortnight.api import Trace, open_index, question, read, trace, trace_cases
from fortnight.contact.index import Index
from fortnight.contact.trace import Case
from fortnight.errors import (
    DiseaseError,
    FortnightError,
    IndexFormatError,
    InputError,
    QuestionError,
)
from fortnight.evidence.schema import Evidence
from fortnight.parameters import Parameters

__all__ = [
    "Case",
    "DiseaseError",
    "Evidence",
    "FortnightError",
    "Index",
    "IndexFormatError",
    "InputError",
    "Parameters",
    "QuestionError",
    "Trace",
    "open_index",
    "question",
    "read",
    "trace",
    "trace_cases",
]
