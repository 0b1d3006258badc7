"""Texts through a message centre that speaks SMPP 3.4."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from fortnight.notify.gateway import Incoming, Said
from fortnight.notify.smpp.pdu import (
    Command,
    Pdu,
    PduError,
    ShortMessage,
    Status,
    read_message_id,
)
from fortnight.notify.smpp.receipts import is_receipt, read_receipt
from fortnight.notify.smpp.sending import Fate, Part, Sending, sending
from fortnight.notify.smpp.session import LinkLostError, Session
from fortnight.notify.smpp.words import decode_text, without_header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from fortnight.notify.gateway import Heard, Text
    from fortnight.notify.smpp.link import Backoff, Link

_ROUNDS: Final = 12
"""Tries for the rest of a text of which the centre has a part already."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How texts are handed over.

    Attributes
    ----------
    source : str
        What a phone shows as sender: a number, a short number, or up to 11 letters.
    window : int
        Texts, and questions, on their way at a time.
    per_second : float
        Parts at most; an operator's contract names it.
    in_payload : bool
        Long texts go whole in message_payload, and the centre cuts them.
    """

    source: str
    window: int = 10
    per_second: float = 20.0
    in_payload: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """Time as the gateway sees it, for waits within one turn.

    Attributes
    ----------
    elapsed : callable
        Returns seconds that only grow, such as ``time.monotonic``.
    pause : callable
        Waits so many seconds.
    """

    elapsed: Callable[[], float]
    pause: Callable[[float], object]


class SmppGateway:
    """The gateway: see `fortnight.notify.gateway.Gateway`. Safe for threads."""

    def __init__(self, link: Link, manner: Manner, backoff: Backoff, waits: Waits) -> None:
        self._link, self._manner, self._backoff, self._waits = link, manner, backoff, waits
        self._sending = Lock()
        self._throttled = 0
        self._next_part = 0.0  # of elapsed
        self._easy_until = 0.0

    @property
    def window(self) -> int:
        """How many texts it takes at once."""
        return self._manner.window

    def ready(self, now: int) -> bool:
        """Tell whether the link is up, and the centre did not ask for less a moment ago."""
        self._link.turn(now)
        return self._link.session is not None and self._waits.elapsed() >= self._easy_until

    def turn(self, now: int) -> None:
        """Bring the link up where it is down and it is time to try."""
        self._link.turn(now)

    def close(self) -> None:
        """Sign out."""
        self._link.close()

    def send(self, texts: Sequence[Text]) -> Sequence[Said]:
        """Hand over texts. Never raises: what may have been taken is said to be unknown."""
        manner = self._manner
        works = [sending(text, manner.source, in_payload=manner.in_payload) for text in texts]
        with self._sending:
            self._try(works)
            for tries in range(1, _ROUNDS):
                begun = [work for work in works if work.is_begun]
                if not begun or self._link.session is None:
                    break
                self._waits.pause(self._backoff.wait_ms(tries) / 1_000)
                self._try(begun)
        return [work.said() for work in works]

    # -- one try -----------------------------------------------------------------------------------

    def _try(self, works: Sequence[Sending]) -> None:
        """Submit every part that waits, then hear what is said of each."""
        session = self._link.session
        if session is None:
            return
        asked = [(part, self._submit(session, part)) for work in works for part in work.pending]
        for part, future in asked:
            if future is not None:
                _hear(session, part, future)
        self._ease_off([part for part, _ in asked])

    def _submit(self, session: Session, part: Part) -> Future[Pdu] | None:
        elapsed = self._waits.elapsed()
        if self._next_part > elapsed:
            self._waits.pause(self._next_part - elapsed)
        self._next_part = max(elapsed, self._next_part) + 1 / self._manner.per_second
        try:
            return session.submit(Command.SUBMIT_SM, part.body)
        except LinkLostError:
            part.fate = Fate.UNSENT
            return None

    def _ease_off(self, parts: Sequence[Part]) -> None:
        """Wait longer the more often the centre says that it is too much."""
        if not any(part.fate is Fate.EASE_OFF for part in parts):
            self._throttled = 0
            return
        self._throttled += 1
        wait_s = self._backoff.wait_ms(self._throttled) / 1_000
        self._easy_until = self._waits.elapsed() + wait_s


def _hear(session: Session, part: Part, future: Future[Pdu]) -> None:
    try:
        answer = session.answer(future)
        part.heard(answer, read_message_id(answer.body))
    except LinkLostError:
        part.fate = Fate.UNKNOWN
    except PduError:  # taken, under a name that cannot be read
        part.fate = Fate.UNKNOWN


@dataclass(frozen=True, slots=True)
class Delivered:
    """Takes in what the centre delivers; the status that is returned is the answer to it.

    Attributes
    ----------
    clock : callable
        Returns ms since 1970.
    """

    heard: Heard
    clock: Callable[[], int]

    def __call__(self, pdu: Pdu) -> int:
        """Return OK once it is durable; anything else makes the centre send it again."""
        try:
            message = ShortMessage.decode(pdu.body)
        except PduError:
            return Status.OK  # to hear it again would not make it readable
        try:
            self._take(message)
        except Exception:  # noqa: BLE001 - it is not durable, whatever broke, and comes again
            return Status.LATER
        return Status.OK

    def _take(self, message: ShortMessage) -> None:
        now = self.clock()
        if not is_receipt(message):
            words = without_header(message.content, message.esm_class)
            said = decode_text(words, message.coding)
            self.heard.incoming(Incoming(_plus(message.source.digits), said), now)
        elif (receipt := read_receipt(message)) is not None:
            self.heard.receipt(receipt, now)


def _plus(digits: str) -> str:
    return "+" + digits.lstrip("+")
