"""One family of errors. Each message says what was wrong, where, and what to do."""

from __future__ import annotations


class FortnightError(Exception):
    """Base of every error that Fortnight raises on purpose; its text is for the user."""


class InputError(FortnightError):
    """A file or folder that cannot be used at all: missing, unreadable, or of no known format."""


class IndexFormatError(FortnightError):
    """A folder that is not an index, or one written by another version of the format."""


class QuestionError(FortnightError):
    """A question that cannot be asked: unknown case, impossible dates, contradictory options."""


class DiseaseError(FortnightError):
    """A disease file that cannot be used, with the key at fault."""
