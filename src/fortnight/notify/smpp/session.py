"""One bound connection to a message centre: who asks waits for the answer to that very question.

One thread reads. It answers what the centre asks, takes in what it delivers, and gives each
response to whoever waits for its number. Once the link is lost everything that waits is told so:
whatever was written and not answered may have been taken.
"""

from __future__ import annotations

import socket
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock, Thread
from typing import TYPE_CHECKING, Final

from fortnight.errors import FortnightError
from fortnight.notify.smpp.pdu import (
    HEAD,
    Bind,
    Command,
    Pdu,
    PduError,
    Status,
    decode,
    encode,
    length_of,
    message_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_SEQUENCE: Final = 0x7FFFFFFF
_RESPONSE: Final = 0x80000000
_REFUSALS: Final = frozenset({Status.WRONG_PASSWORD, Status.WRONG_SYSTEM_ID, Status.BIND_FAILED})
_LENGTH_BYTES: Final = 4


class LinkLostError(FortnightError):
    """The link to the message centre is not there."""


class BindRefusedError(FortnightError):
    """The message centre does not let us in: the system id or the password is wrong."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long to wait, in seconds.

    Attributes
    ----------
    answer : float
        For a response. A link that answers later is given up: nobody knows what it took.
    quiet : float
        Without a word from the centre, before it is asked whether it is there.
    """

    answer: float = 30.0
    quiet: float = 20.0


class Session:
    """A bound link. Safe for threads.

    Parameters
    ----------
    connection : socket
        Connected, and with TLS where that is wanted; the session closes it.
    delivered : callable
        Takes a ``deliver_sm`` and returns the status to answer with, once it is durable.
    window : int
        Questions that may wait for an answer at a time.
    """

    def __init__(
        self,
        connection: socket.socket,
        delivered: Callable[[Pdu], int],
        *,
        window: int,
        times: Times,
    ) -> None:
        self._connection, self._delivered, self._times = connection, delivered, times
        self._room = BoundedSemaphore(window)
        self._writing, self._state = Lock(), Lock()
        self._waiting: dict[int, Future[Pdu]] = {}
        self._sequence = 0
        self._is_lost = False
        connection.settimeout(times.quiet)
        self._reader = Thread(target=self._read, name="fortnight-smpp", daemon=True)
        self._reader.start()

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._is_lost

    def bind(self, bind: Bind) -> None:
        """Sign in. Raises BindRefusedError for a wrong name or password, LinkLostError else."""
        answer = self.ask(Command.BIND_TRANSCEIVER, bind.encode())
        if answer.status in _REFUSALS:
            self.drop()
            raise BindRefusedError(f"The message centre refused the sign-in ({answer.status:#x}).")
        if answer.status != Status.OK:
            self.drop()
            raise LinkLostError(f"The message centre let nobody in ({answer.status:#x}).")

    def ask(self, command: int, body: bytes = b"") -> Pdu:
        """Send a question and wait for its answer. Raises LinkLostError where none comes."""
        return self.answer(self.submit(command, body))

    def submit(self, command: int, body: bytes) -> Future[Pdu]:
        """Send a question; the answer comes later, or LinkLostError does.

        Raises LinkLostError at once where nothing was sent: the link was lost before.
        """
        if not self._room.acquire(timeout=self._times.answer):
            self.drop()
        future: Future[Pdu] = Future()
        future.add_done_callback(lambda _: self._room.release())
        with self._state:
            if self._is_lost:
                lost = LinkLostError("The link was lost before.")
                future.set_exception(lost)
                raise lost
            self._sequence = self._sequence % _MOST_SEQUENCE + 1
            sequence = self._sequence
            self._waiting[sequence] = future
        self._write(Pdu(command, Status.OK, sequence, body))
        return future

    def answer(self, future: Future[Pdu]) -> Pdu:
        """Wait for an answer. Raises LinkLostError where none comes: the link is dropped then."""
        try:
            return future.result(self._times.answer)
        except TimeoutError:
            self.drop()
            raise LinkLostError("The message centre did not answer.") from None

    def close(self) -> None:
        """End the link in good order; what waits for an answer is told that none came."""
        with suppress(LinkLostError):
            self.ask(Command.UNBIND)
        self.drop()
        self._reader.join()

    def drop(self) -> None:
        """End the link at once."""
        with self._state:
            was_lost, self._is_lost = self._is_lost, True
            waiting, self._waiting = self._waiting, {}
        if not was_lost:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            self._connection.close()
        for future in waiting.values():
            future.set_exception(LinkLostError("The link was lost before the answer came."))

    # -- the thread that reads ---------------------------------------------------------------------

    def _read(self) -> None:
        try:
            while not self._is_lost:
                self._take(decode(self._next()))
        except (OSError, PduError, LinkLostError):
            pass  # whatever it was, the link is of no use any more
        finally:
            self.drop()

    def _next(self) -> bytes:
        start = self._received(_LENGTH_BYTES, may_be_quiet=True)
        return start + self._received(max(length_of(start), HEAD) - _LENGTH_BYTES)

    def _received(self, count: int, *, may_be_quiet: bool = False) -> bytes:
        data, asked = b"", False
        while len(data) < count:
            try:
                more = self._connection.recv(count - len(data))
            except TimeoutError:
                if asked or not may_be_quiet:
                    raise
                asked = True
                self._write(Pdu(Command.ENQUIRE_LINK, Status.OK, self._next_sequence()))
                continue
            if not more:
                raise LinkLostError("The message centre ended the link.")
            data += more
        return data

    def _next_sequence(self) -> int:
        with self._state:
            self._sequence = self._sequence % _MOST_SEQUENCE + 1
            return self._sequence

    def _take(self, pdu: Pdu) -> None:
        if pdu.is_response:
            with self._state:
                future = self._waiting.pop(pdu.sequence, None)
            if future is not None:
                future.set_result(pdu)
        elif pdu.command == Command.DELIVER_SM:
            self._reply(pdu, self._delivered(pdu), message_id(""))
        elif pdu.command in (Command.ENQUIRE_LINK, Command.UNBIND):
            self._reply(pdu, Status.OK)
            if pdu.command == Command.UNBIND:
                raise LinkLostError("The message centre signed us out.")
        else:
            self._write(Pdu(Command.GENERIC_NACK, Status.INVALID_COMMAND, pdu.sequence))

    def _reply(self, pdu: Pdu, status: int, body: bytes = b"") -> None:
        self._write(Pdu(pdu.command | _RESPONSE, status, pdu.sequence, body))

    def _write(self, pdu: Pdu) -> None:
        try:
            with self._writing:
                self._connection.sendall(encode(pdu))
        except OSError:  # part of it may have gone: whoever waits is told that the link is lost
            self.drop()
