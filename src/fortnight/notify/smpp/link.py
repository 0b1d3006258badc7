"""Keeps one session up: again after a loss, each time later, and no hammering at a locked door."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from fortnight.notify.smpp.session import BindRefusedError, LinkLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.notify.smpp.session import Session

REFUSED_MS: Final = 15 * 60_000
"""After a refused sign-in. Centres lock accounts that try a wrong password again and again."""
_STEADY_MS: Final = 30_000
"""A link that held so long was well: the next loss counts as the first."""
_MOST_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the n-th try: doubled each time, half of it by chance.

    By chance, so that all who lost the same centre do not come back in the same second.
    """

    random: Callable[[int], bytes]
    first_ms: int = 1_000
    most_ms: int = 5 * 60_000

    def wait_ms(self, tries: int) -> int:
        """Return the wait after so many tries in vain, 1 or more, in milliseconds."""
        whole = min(self.most_ms, self.first_ms << min(tries - 1, _MOST_DOUBLINGS))
        chance = int.from_bytes(self.random(4), "big") / (1 << 32)
        return int(whole / 2 + whole / 2 * chance)


class Link:
    """A session that is there again once it can be.

    Parameters
    ----------
    connect : callable
        Opens a session and signs in; raises OSError, LinkLostError or BindRefusedError.
    alarm : callable
        Told in plain words, and when (ms since 1970), that the centre refused the sign-in.
    """

    def __init__(
        self, connect: Callable[[], Session], backoff: Backoff, alarm: Callable[[str, int], None]
    ) -> None:
        self._connect, self._backoff, self._alarm = connect, backoff, alarm
        self._turning = Lock()
        self._session: Session | None = None
        self._opened_at = 0
        self._tries = 0
        self._next_at = 0

    @property
    def session(self) -> Session | None:
        """The session, where one is up."""
        there = self._session
        return None if there is None or there.is_lost else there

    def turn(self, now: int) -> None:
        """Open a session where none is up and it is time to try."""
        with self._turning:
            if self.session is not None:
                return
            if self._session is not None:
                self._note_loss(now)
            if now >= self._next_at:
                self._open(now)

    def close(self) -> None:
        """End the session."""
        with self._turning:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _note_loss(self, now: int) -> None:
        self._session = None
        if now - self._opened_at >= _STEADY_MS:
            self._tries = 0
        self._later(now)

    def _open(self, now: int) -> None:
        try:
            self._session = self._connect()
            self._opened_at = now
        except BindRefusedError as error:
            self._next_at = now + REFUSED_MS
            self._alarm(str(error), now)
        except (OSError, LinkLostError):
            self._later(now)

    def _later(self, now: int) -> None:
        self._tries += 1
        self._next_at = now + self._backoff.wait_ms(self._tries)
