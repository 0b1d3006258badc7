"""What a laboratory's result does: a token for a positive test; a test taken back ends its case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fortnight.case.state import State
from fortnight.vault.purposes import Reader

if TYPE_CHECKING:
    from fortnight.case.cases import Cases
    from fortnight.case.token import Laboratories
    from fortnight.exchange.observation import Observed


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done: a token was given, a case withdrawn, or neither."""

    token: str | None = field(default=None, repr=False)
    has_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """Where laboratories send results.

    Parameters
    ----------
    district : str
        Of this service; stands in the log for what a laboratory withdrew.
    """

    laboratories: Laboratories
    cases: Cases
    district: str

    def take(self, laboratory: str, observed: Observed, now: int) -> Taken:
        """Do what one result of a laboratory (its id) asks for.

        A positive one gets a token and opens nothing by itself. One that is taken back, or was
        corrected to negative, voids the test's token and withdraws the case that it opened. Raises
        RefusedError for what is no number, ConflictError where the test's token was used or is
        another person's.
        """
        if observed.is_positive and observed.number is not None:
            token = self.laboratories.issue_for(laboratory, observed.test, observed.number, now)
            return Taken(token=token)
        return Taken(has_withdrawn=self._withdraw(laboratory, observed.test, now))

    def _withdraw(self, laboratory: str, test: str, now: int) -> bool:
        case_id = self.laboratories.void(laboratory, test, now)
        if case_id is None or self.cases.case(case_id).state is State.WITHDRAWN:
            return False
        self.cases.withdraw_test(case_id, Reader("laboratory", laboratory, self.district), now)
        return True
