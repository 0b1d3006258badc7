"""A service that texts by a message centre, and people who met: a case and three contacts each."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from tests.browser.office_world import Town, serving, wait
from tests.browser.phone_world import EVERYTHING, evenings
from tests.message_centre import PASSWORD, SOURCE, Manners, running_centre
from tests.whole_service import send_fixes

from fortnight.consent.texts import current_text
from fortnight.db.message_tables import inbound
from fortnight.db.support_tables import follow_up
from fortnight.db.tables import message
from fortnight.notify.gateway import marker_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.message_centre import MessageCentre

CONTACTS: Final = 3
_WENT: Final = ("sent", "delivered")


@dataclass(frozen=True)
class Helped(Town):
    """The town, its message centre, and whose number is whose."""

    centre: MessageCentre = field(kw_only=True)
    people: dict[str, str] = field(default_factory=dict, kw_only=True)  # number: person
    replies: list[str] = field(default_factory=list, kw_only=True)

    def texts(self, number: str) -> list[str]:
        """Return the texts that the centre took for a phone, long ones put together."""
        parts: dict[int, dict[int, str]] = {}
        for one in self.centre.taken():
            if one["to"] == number.removeprefix("+"):
                place = one["udh"][-1] if one["udh"] else 1
                parts.setdefault(one["marker"], {})[place] = one["words"]
        return ["".join(words for _, words in sorted(one.items())) for one in parts.values()]

    def reply(self, number: str, words: str) -> None:
        """Send a text from a phone."""
        self.replies.append(words)
        self.centre.reply(number, words)

    def turn(self) -> None:
        """Let the clock of follow-up take its turn, which comes once a minute by itself."""
        self.service.support.turn(self.service.clock())

    def follow_ups(self) -> dict[str, str]:
        """Return the running follow-ups of contacts by the number of whom they are of."""
        numbers = {person: number for number, person in self.people.items()}
        c = follow_up.c
        query = select(c.id, c.person).where(c.state == "running", c.contact != "case")
        with self.service.database.read() as connection:
            return {numbers[row.person]: row.id for row in connection.execute(query)}

    def check_logs(self) -> None:
        """Hold every text and every reply of ours against the centre's own log."""
        self.await_texts()
        numbers = {person: number for number, person in self.people.items()}
        with self.service.database.read() as connection:
            rows: list[Any] = list(connection.execute(select(message)))
            heard = len(list(connection.execute(select(inbound.c.id))))
        assert {row.state for row in rows} <= {*_WENT, "stopped"}
        ours = Counter(
            (numbers[row.person].removeprefix("+"), marker_of(row.id))
            for row in rows
            if row.state in _WENT
        )
        taken = Counter((one["to"], one["marker"], str(one["udh"])) for one in self.centre.taken())
        assert set(taken.values()) == {1}  # no part twice
        assert {(number, marker) for number, marker, _ in taken} == set(ours)
        assert heard == len(self.replies)


@contextmanager
def helped_in(folder: Path, languages: tuple[str, ...]) -> Iterator[Helped]:
    """Serve it until the block ends; each language has a cafe of its own."""
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    with running_centre(folder, Manners()) as centre:
        more = {
            "FORTNIGHT_TEXTS_BY": "smpp",
            "FORTNIGHT_SMPP_HOST": "127.0.0.1",
            "FORTNIGHT_SMPP_PORT": str(centre.port),
            "FORTNIGHT_SMPP_SYSTEM_ID": "fortnight",
            "FORTNIGHT_SMPP_PASSWORD_FILE": str(password),
            "FORTNIGHT_SMPP_SOURCE": SOURCE,
            "FORTNIGHT_SMPP_PER_SECOND": "500",
            "FORTNIGHT_TEXTS_A_DAY": "24",
        }
        with serving(folder, more) as town:
            found = Helped(town.home, town.port, town.service, centre=centre)
            for place, language in enumerate(languages):
                _meet(found, place, language)
            wait(lambda: not town.service.waiting(), "what was sent was not filed")
            yield found


def numbers_of(place: int) -> list[str]:
    """Return the numbers of one cafe: the case's, then the contacts'."""
    return [f"+3712{place}00000{one}" for one in range(CONTACTS + 1)]


def _meet(town: Helped, place: int, language: str) -> None:
    service = town.service
    now = service.clock()
    for one, number in enumerate(numbers_of(place)):
        person = service.vault.enrol(number, language=language, now=now)
        for kind in EVERYTHING:
            version = current_text(kind, language).version
            service.consents.give(
                person, kind, text_version=version, language=language, by="self", now=now
            )
        town.people[number] = person
        there = evenings(now, (24.10 + one / 50, 56.95))
        away = [(at, lon + place, lat) for at, lon, lat in there]
        send_fixes(service, person, away, "history")
