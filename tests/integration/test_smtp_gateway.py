"""Texts by e-mail, through a real mail server that we did not write: npm's `smtp-server`."""

from __future__ import annotations

import email
import json
import shutil
import subprocess
from contextlib import contextmanager
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from tests.message_centre import FOLDER
from tests.served import free_port

from fortnight.notify.gateway import Answer, Text
from fortnight.notify.smtp_gateway import MailServer, SmtpGateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "secret"  # noqa: S105 - of the server that the test starts


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """Start a mail server, and yield its port."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "smtp-server").is_dir():
        pytest.skip("no mail server here: `npm install --prefix tests/smsc` (.ci/run does)")
    told = {
        "log": str(folder / "mail.jsonl"),
        "refuse": "2@sms.example",
        "later": "3@sms.example",
        "drop": "4@sms.example",
        "password": PASSWORD,
    }
    with subprocess.Popen(
        [node, str(FOLDER / "mail.cjs"), json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()


def gateway_to(port: int, password: str = PASSWORD) -> SmtpGateway:
    server = MailServer(
        "127.0.0.1",
        port,
        "texts@health.example",
        "{number}@sms.example",
        "fortnight",
        lambda: password,
    )
    return SmtpGateway(server)


def send(gateway: SmtpGateway, number: str, words: str = "ваш код 123456") -> Answer:
    (said,) = gateway.send([Text("ab" * 16, number, words, 0)])
    return said.answer


def mails(folder: Path) -> list[dict[str, Any]]:
    path = folder / "mail.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_a_mail_is_taken_refused_put_off_or_unknown_as_the_server_says(tmp_path: Path) -> None:
    with running(tmp_path) as port:
        gateway = gateway_to(port)
        answers = [send(gateway, f"+{number}") for number in range(1, 5)]
    assert answers == [Answer.TAKEN, Answer.REFUSED, Answer.BUSY, Answer.UNKNOWN]
    assert [mail["to"] for mail in mails(tmp_path)] == ["1@sms.example", "4@sms.example"]
    first = mails(tmp_path)[0]
    read = email.message_from_bytes(first["words"].encode("latin-1"), policy=default)
    assert read.get_body().get_content().strip() == "ваш код 123456"  # type: ignore[union-attr] # it has one
    assert read["Subject"] is None
    assert read["Message-ID"] == f"<{'ab' * 16}@health.example>"
    assert first["user"] == "fortnight"


def test_a_wrong_password_and_a_server_that_is_gone_take_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as port:
        assert send(gateway_to(port, "wrong"), "+1") is Answer.BUSY
    assert send(gateway_to(free_port()), "+1") is Answer.BUSY
    assert mails(tmp_path) == []
