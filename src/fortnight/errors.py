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


class SettingsError(FortnightError):
    """A setting that is unknown, unreadable, dangerous, or contradicts another."""


class DatabaseError(FortnightError):
    """A database that cannot be used as it is: not there, not migrated, or of a newer version."""


class RefusedError(FortnightError):
    """Something that Fortnight does not do: no grant, no case, no token, no look."""


class GoneError(FortnightError):
    """Data whose key was destroyed. Nothing can bring it back, and nothing should."""


class ConflictError(FortnightError):
    """A step that does not follow from the present state of a case, grant or delivery."""
