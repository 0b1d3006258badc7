"""Many people, many texts to them, and the claim: none twice, none lost."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from tests.case_world import SECRET, Office
from tests.services import NOON

from fortnight.db.tables import message
from fortnight.notify.gateway import marker_of
from fortnight.notify.post import Post
from fortnight.notify.replies import NoQuestions
from fortnight.notify.segments import segments
from fortnight.notify.templates import Template, preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database
    from fortnight.notify.gateway import Gateway
    from fortnight.notify.replies import Answers

PEOPLE_A_TEXT = 10
ENDS = {"delivered", "queued", "unknown"}


@dataclass
class RunningClock:
    """Real time, that began at a noon in March 2026."""

    begun: float = field(default_factory=time.monotonic)

    def __call__(self) -> int:
        """Return ms since 1970."""
        return NOON + int((time.monotonic() - self.begun) * 1_000)


def number_of(place: int) -> str:
    """Return the number of a person."""
    return f"+3706{place:07d}"


class Texts:
    """A service's texts to some hundred people, half of them in Russian."""

    def __init__(
        self,
        database: Database,
        random: Callable[[int], bytes],
        people: int,
        *,
        known: bool = False,
        answers: Answers | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.clock = clock or RunningClock()
        self.office = Office(database, self.clock, random, known=known)  # type: ignore[arg-type] # a clock all the same
        self.people = [
            self.office.fake.enrol(number_of(place), f"{place:032x}", ("en", "ru")[place % 2])
            for place in range(people)
        ]
        self.post = Post(
            database,
            self.office.vault,
            self.office.consents,
            self.office.outbox,
            answers or NoQuestions(),
            random,
            SECRET,
        )

    def queue(self, count: int) -> None:
        """Queue so many texts, each with a number of its own in its words."""
        with self.office.database.write() as connection:
            for place in range(count):
                person, values = self.people[place % len(self.people)], {"code": f"{place:06d}"}
                self.office.outbox.queue(
                    connection, person, str(place), Template.CODE, values, None, self.clock()
                )

    def drain(self, gateway: Gateway) -> None:
        """Send until nothing is queued."""
        while self.count("queued"):
            self.office.outbox.drain(gateway, self.clock())
            time.sleep(0.001)

    def count(self, state: str) -> int:
        """Return how many texts are in a state."""
        with self.office.database.read() as connection:
            query = select(func.count()).where(message.c.state == state)
            return int(connection.scalar(query) or 0)

    def rows(self) -> list[Any]:
        """Return every text."""
        return self.office.messages()


def parts_in(language: str) -> int:
    """Return in how many parts a code is sent."""
    said = {one.language: one.words for one in preview(Template.CODE, {"code": "000000"})}
    return segments(said[language]).count


def check(rows: list[Any], taken: list[dict[str, Any]], count: int) -> Counter[str]:
    """Assert that none was sent twice and none lost, by the centre's own log; count the states."""
    states = Counter(row.state for row in rows)
    assert len(rows) == count
    assert set(states) <= ENDS, states
    ours = Counter(_key(row) for row in rows)
    theirs = Counter((part["to"], part["marker"], _place(part)) for part in taken)
    for (number, marker, place), times in theirs.items():
        assert times <= ours[number, marker], f"part {place} was taken {times} times"
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, marker, place in theirs:
        places[number, marker].add(place)
    for row in rows:
        if ours[_key(row)] > 1:
            continue  # two texts to one person with the same 16 bits: counted above
        if row.state == "delivered":
            assert len(places[_key(row)]) == parts_in(row.language), row
        if row.state == "queued":
            assert not places[_key(row)], row
    return states


def _key(row: Any) -> tuple[str, int]:  # noqa: ANN401 - a row
    return _number(row), marker_of(row.id)


def _number(row: Any) -> str:  # noqa: ANN401 - a row
    return number_of(int(row.person, 16)).removeprefix("+")


def _place(part: dict[str, Any]) -> int:
    """Return which part of its text this is, by the header that a phone reads."""
    return int(part["udh"][-1]) if part["udh"] else 1
