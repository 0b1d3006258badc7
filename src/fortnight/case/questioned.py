"""What the data protection officer is shown of a look that somebody questions.

Enough to ask whoever looked: never whom it was about, nor for which case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from fortnight.db.office_tables import staff_account
from fortnight.db.tables import look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fortnight.db.engine import Database

_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class QuestionedLook:
    """One look.

    Attributes
    ----------
    hour : int
        Its first instant, ms since 1970; the log tells no more either.
    by_name : str or None
        Who looked; None for the service itself, or whose account is gone.
    """

    hour: int
    role: str
    district: str
    purpose: str
    fields: tuple[str, ...]
    by_name: str | None


@dataclass(frozen=True, slots=True)
class Questioned:
    """The looks that reviews are about."""

    database: Database

    def looks(self, subjects: Iterable[str]) -> Mapping[str, QuestionedLook]:
        """Return those of the subjects of reviews that are looks, by their ids."""
        query = (
            select(look, staff_account.c.name)
            .outerjoin(staff_account, staff_account.c.id == look.c.actor)
            .where(look.c.id.in_(sorted(set(subjects))))
        )
        with self.database.read() as connection:
            return {
                row.id: QuestionedLook(
                    hour=row.at // _HOUR_MS * _HOUR_MS,
                    role=row.role,
                    district=row.district,
                    purpose=row.purpose,
                    fields=tuple(row.fields.split(",")),
                    by_name=row.name,
                )
                for row in connection.execute(query)
            }
