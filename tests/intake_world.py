"""An office with accounts, laboratories and a place for uploads, on one database."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from tests.case_world import Office

from fortnight.db.office_tables import staff_account
from fortnight.db.tables import case_file
from fortnight.exchange.intake import Intake
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.services import Clock

    from fortnight.db.engine import Database

HEADER = ("token", "number", "disease", "onset", "test_date", "sample")
ACCOUNT = "c" * 32
WORKER = Reader("case-worker", ACCOUNT, "north")


@dataclass
class IntakeOffice:
    """Where cases are uploaded."""

    database: Database
    clock: Clock
    random: Callable[[int], bytes]
    office: Office = field(init=False)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        self.office = Office(self.database, self.clock, self.random)
        self.intake = Intake(
            self.database, self.office.cases, self.clock, self.random, ZoneInfo("UTC")
        )
        account = {"id": ACCOUNT, "login": "w", "name": "W", "role": "case-worker"}
        with self.database.write() as connection:
            rest = {"district": "north", "made_at": self.clock()}
            connection.execute(insert(staff_account).values(account | rest))

    def row(self, place: int) -> tuple[str, ...]:
        """Return a row with a token that the laboratory gave for it."""
        number = f"+37060{place:06d}"
        token = self.office.token(number, f"test {place}")
        return (token, number, "covid-19", "2026-02-27", "2026-03-01", "2026-03-01 08:15")

    def cases(self) -> int:
        """Return how many case files there are."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(case_file)) or 0


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Return rows under the header as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()
