"""Our PDUs read by the message centre of Kannel's own tests (Debian's kannel-extras), its by us.

It knows neither transceivers nor receipts, so only the session is tried against it.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.message_centre import until
from tests.served import free_port

from fortnight.notify.gateway import Text
from fortnight.notify.smpp.pdu import Bind, Command, Pdu, ShortMessage, Status
from fortnight.notify.smpp.sending import sending
from fortnight.notify.smpp.session import Session, Times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CENTRE = Path("/usr/lib/kannel/test/drive_smpp")
RECEIVER, TRANSMITTER = 1, 2
DELIVERED = 3
BOX = 13_001


@contextmanager
def running(folder: Path) -> Iterator[tuple[int, Path]]:
    """Start it, and what it takes for its own box of messages; yield its port and its log."""
    if not CENTRE.exists():
        pytest.skip("no Kannel here: `apt-get install kannel kannel-extras`")
    port, log = free_port(), folder / "kannel.log"
    with _box() as box:
        threading.Thread(target=_listen, args=(box,), daemon=True).start()
        command = [str(CENTRE), "-v", "0", "-p", str(port), "-m", str(DELIVERED)]
        with log.open("w") as file, subprocess.Popen(command, stderr=file, cwd=folder) as centre:
            try:
                yield port, log
            finally:
                centre.kill()


def _box() -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", BOX))
    except OSError:
        pytest.skip(f"port {BOX} is taken: Kannel's test has no other")


def _listen(box: socket.socket) -> None:
    try:
        link, _ = box.accept()
    except OSError:  # it never came
        return
    with link:
        while link.recv(4_096):
            pass


def bound(port: int, command: int, delivered: Callable[[Pdu], int]) -> Session:
    """Connect once it listens, and sign in."""
    end = time.monotonic() + 10
    while True:
        try:
            link = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.02)
    session = Session(link, delivered, window=5, times=Times(answer=10.0, quiet=10.0))
    assert session.ask(command, Bind("user", "password").encode()).status == Status.OK
    return session


def test_kannel_reads_our_texts_and_we_read_its(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def hear(pdu: Pdu) -> int:
        heard.append(ShortMessage.decode(pdu.body).content)
        return Status.OK

    with running(tmp_path) as (port, log):
        sender = bound(port, TRANSMITTER, hear)
        for words in ("a code {123}", "ваш код 123456 " * 10):
            text = Text("ab" * 16, "+37060000001", words, 0)
            for part in sending(text, "1234", in_payload=False).parts:
                answer = sender.ask(Command.SUBMIT_SM, part.body)
                assert (answer.command, answer.status) == (Command.SUBMIT_SM_RESP, Status.OK)
        receiver = bound(port, RECEIVER, hear)
        until(lambda: len(heard) == DELIVERED)
        until(lambda: log.read_text(errors="replace").count("deliver_sm_resp") == DELIVERED)
        sender.drop()
        receiver.drop()
    said = log.read_text(errors="replace")
    assert "short_message = <a code \x1b(123\x1b)>" in said  # escapes, as its log shows them
    assert "WARNING" not in said
