"""Texts through a real message centre: long and Cyrillic ones, receipts, refusals, lost links."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.databases import new_main
from tests.message_centre import SOURCE, Manners, gateway_to, running_centre, until
from tests.served import free_port
from tests.services import Clock, seeded
from tests.text_world import PEOPLE_A_TEXT, RunningClock, Texts, check, number_of

from fortnight.notify.gateway import Answer, Incoming, Outcome, Receipt, Said, Text
from fortnight.notify.segments import segments
from fortnight.notify.smpp.gateway import Manner
from fortnight.notify.smpp.link import Backoff
from fortnight.notify.smpp.pdu import Command, decode
from fortnight.notify.smpp.session import LinkLostError, Session, Times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = int(os.environ.get("FORTNIGHT_TEST_MESSAGES", "300"))
"""How many go through a bad centre; the claim is for 10,000."""


@pytest.fixture
def texts(world_folder: Path) -> Iterator[Texts]:
    with new_main(world_folder / "fortnight.db") as database:
        yield Texts(database, seeded(7).randbytes, MESSAGES // PEOPLE_A_TEXT)


def test_through_throttling_dropped_links_and_late_receipts_none_goes_twice_and_none_is_lost(
    texts: Texts, tmp_path: Path
) -> None:
    manners = Manners(throttle=0.05, drop=0.005, late=2_000)
    texts.queue(MESSAGES)
    with running_centre(tmp_path, manners) as centre:
        gateway = gateway_to(centre.port, texts.post, texts.clock, seeded(3).randbytes)
        texts.drain(gateway)
        until(lambda: gateway.ready(texts.clock()) and texts.count("sent") == 0, 120)
        states = check(texts.rows(), centre.taken(), MESSAGES)
        gateway.close()
    assert states["queued"] == 0
    assert states["unknown"] < MESSAGES / 10
    assert sum("bind" in line for line in centre.lines()) > 1  # links were dropped, and came back


# -- one text at a time ----------------------------------------------------------------------------


@dataclass
class Heard:
    """Remembers what a gateway heard; refuses the first so many times."""

    busy: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    texts: list[Incoming] = field(default_factory=list)

    def receipt(self, receipt: Receipt, _now: int) -> None:
        if self.busy:
            self.busy -= 1
            raise OSError
        self.receipts.append(receipt)

    def incoming(self, incoming: Incoming, _now: int) -> None:
        self.texts.append(incoming)


WORDS = {
    "short": "your code is 123456 {[~]} €",
    "long": "a text of {many} parts, " * 20,
    "Cyrillic": "ваш код 123456",
    "long Cyrillic": "у нас есть для вас сообщение 😀 " * 10,  # noqa: RUF001 - Russian
}


@pytest.mark.parametrize("in_payload", [False, True], ids=["parts", "payload"])
def test_the_centre_reads_what_was_written_in_any_alphabet_and_length(
    tmp_path: Path, *, in_payload: bool
) -> None:
    clock, heard = RunningClock(), Heard()
    manner = Manner(SOURCE, per_second=1_000.0, in_payload=in_payload)
    with running_centre(tmp_path, Manners()) as centre:
        gateway = gateway_to(centre.port, heard, clock, seeded().randbytes, manner=manner)
        gateway.turn(clock())
        for place, words in enumerate(WORDS.values()):
            text = Text(f"{place:032x}", number_of(place), words, clock())
            (said,) = gateway.send([text])
            assert said.answer is Answer.TAKEN
            parts = [part for part in centre.taken() if part["to"] == number_of(place)[1:]]
            assert len(parts) == (1 if in_payload else segments(words).count)
            assert "".join(part["words"] for part in parts) == words
            assert [part["id"] for part in parts] == list(said.references)
        gateway.close()


@pytest.mark.parametrize(
    "manners",
    [Manners(receipt="text"), Manners(receipt="tags"), Manners(receipt="both", bare=True)],
    ids=["text", "tags", "bare"],
)
def test_receipts_in_every_form_say_which_text_arrived(tmp_path: Path, manners: Manners) -> None:
    clock, heard = RunningClock(), Heard(busy=1)
    with running_centre(tmp_path, manners) as centre:
        gateway = gateway_to(centre.port, heard, clock, seeded().randbytes)
        gateway.turn(clock())
        (said,) = gateway.send([Text("ab" * 16, number_of(1), "words", clock())])
        until(lambda: heard.receipts)  # the first time it was not durable: it came again
        gateway.close()
    (receipt,) = heard.receipts
    assert (receipt.reference, receipt.number) == (said.references[0], number_of(1))
    assert receipt.outcome is Outcome.DELIVERED
    assert receipt.marker == (None if manners.bare else 0xABAB)


def test_replies_come_in_their_alphabet(tmp_path: Path) -> None:
    clock, heard = RunningClock(), Heard()
    said = ("STOP", "стоп", "{4} €")
    with running_centre(tmp_path, Manners()) as centre:
        gateway = gateway_to(centre.port, heard, clock, seeded().randbytes)
        gateway.turn(clock())
        for words in said:
            centre.reply(number_of(1), words)
        until(lambda: len(heard.texts) == len(said))
        gateway.close()
    assert heard.texts == [Incoming(number_of(1), one) for one in said]


def test_a_wrong_password_is_alarmed_and_not_tried_again_for_a_while(tmp_path: Path) -> None:
    heard, alarms, clock = Heard(), list[str](), Clock()
    with running_centre(tmp_path, Manners()) as centre:
        gateway = gateway_to(
            centre.port,
            heard,
            clock,
            seeded().randbytes,
            password="wrong",  # noqa: S106 - it is
            alarm=lambda words, _now: alarms.append(words),
        )
        for _ in range(60 * 15):
            assert not gateway.ready(clock())
            clock.advance(1_000)
        assert len(alarms) == sum("bind" in line for line in centre.lines()) == 1
        assert "wrong" not in alarms[0].replace("is wrong", "")
        gateway.ready(clock())
        assert len(alarms) == 2
        gateway.close()


def test_a_centre_that_is_gone_takes_nothing_and_nothing_is_in_doubt() -> None:
    clock = Clock()
    gateway = gateway_to(free_port(), Heard(), clock, seeded().randbytes)
    assert not gateway.ready(clock())
    (said,) = gateway.send([Text("ab" * 16, number_of(1), "words", clock())])
    assert said == Said(Answer.BUSY)
    gateway.close()


@given(st.integers(1, 200), st.binary(min_size=4, max_size=4))
def test_waits_double_up_to_a_limit_and_half_of_each_is_chance(tries: int, drawn: bytes) -> None:
    backoff = Backoff(lambda _: drawn, first_ms=1_000, most_ms=300_000)
    whole = min(300_000, 1_000 * 2 ** min(tries - 1, 30))
    assert whole / 2 - 1 <= backoff.wait_ms(tries) <= whole


def test_a_link_that_said_nothing_for_too_long_is_asked_and_then_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        ours = socket.create_connection(deaf.getsockname())
        theirs, _ = deaf.accept()
        session = Session(ours, lambda _: 0, window=1, times=Times(answer=0.5, quiet=0.05))
        with theirs:
            asked = decode(theirs.recv(100))
            assert asked.command == Command.ENQUIRE_LINK
            until(lambda: session.is_lost)
            with pytest.raises(LinkLostError):
                session.submit(Command.SUBMIT_SM, b"")


def certificate_in(folder: Path) -> Path:
    """Make a key and a certificate of this machine that signs itself, in one file."""
    made = folder / "centre.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, "-keyout", str(made), "-out", str(folder / "own.pem")],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + (folder / "own.pem").read_bytes())
    return made


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_link_with_tls_is_made_with_the_centre_whose_certificate_is_known_alone(
    tmp_path: Path,
) -> None:
    clock, heard, manner = RunningClock(), Heard(), Manner(SOURCE, per_second=1_000.0)
    made = certificate_in(tmp_path)
    text = Text("0" * 32, number_of(0), "How are you today?", clock())
    with running_centre(tmp_path, Manners(tls=str(made))) as centre:
        known, unknown = ssl.create_default_context(cafile=made), ssl.create_default_context()
        for context, answer in ((unknown, Answer.BUSY), (known, Answer.TAKEN)):
            gateway = gateway_to(
                centre.port, heard, clock, seeded().randbytes, manner=manner, tls=context
            )
            gateway.turn(clock())
            assert gateway.ready(clock()) is (answer is Answer.TAKEN)
            (said,) = gateway.send([text])
            assert said.answer is answer
            gateway.close()
        assert [one["words"] for one in centre.taken()] == ["How are you today?"]
