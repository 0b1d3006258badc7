"""Contact tracing that people agree to: it looks back fourteen days, and forgets on the fifteenth.

The library finds who was where a case was. It cannot know who agreed to that: use it only for
people who did. Tracing people who did not agree may be a crime.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_ROOMS = {
    "Case": "contact.trace",
    "DiseaseError": "errors",
    "Evidence": "evidence.schema",
    "FortnightError": "errors",
    "Index": "contact.index",
    "IndexFormatError": "errors",
    "InputError": "errors",
    "Parameters": "parameters",
    "QuestionError": "errors",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: ``fortnight --help`` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'api')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
