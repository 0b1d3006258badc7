"""Where replies find the daily question: texts are opened before follow-up, which sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortnight.notify.replies import Answers


class LateAnswers:
    """Takes answers once follow-up is open; before that nothing was asked."""

    def __init__(self) -> None:
        self._answers: Answers | None = None

    def give_to(self, answers: Answers) -> None:
        """Hand answers on from now on."""
        self._answers = answers

    def taken(self, person: str, day: int, number: int) -> bool:
        """Take a person's answer for a day; False where nothing was asked."""
        return self._answers is not None and self._answers.taken(person, day, number)
