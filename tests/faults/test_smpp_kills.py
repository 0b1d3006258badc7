"""Kill -9 at random while texts go out: by the message centre's own log none twice, none lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from tests.message_centre import Manners, MessageCentre, running_centre
from tests.services import seeded
from tests.text_world import PEOPLE_A_TEXT, Texts, check

from fortnight.clock import now_ms
from fortnight.db.engine import open_sqlite
from fortnight.db.tables import metadata

MESSAGES = int(os.environ.get("FORTNIGHT_TEST_KILLED_MESSAGES", "150"))
KILLS = int(os.environ.get("FORTNIGHT_TEST_KILLS", "3"))
"""The claim is for 50 kills during 5,000."""
ROOT = Path(__file__).parents[2]
SENDER = """
    import secrets
    import sys
    from pathlib import Path
    from tests.message_centre import gateway_to, until
    from tests.text_world import Texts
    from fortnight.clock import now_ms
    from fortnight.db.engine import open_sqlite

    folder, port, people = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    doomed = int(sys.argv[4])  # after handing over so often: before what was said is written down
    database = open_sqlite(folder / "fortnight.db")
    texts = Texts(database, secrets.token_bytes, people, known=True, clock=now_ms)
    outbox = texts.office.outbox
    outbox.recover(now_ms())
    gateway = gateway_to(port, texts.post, now_ms, secrets.token_bytes)
    send = gateway.send

    def handed(given):
        global doomed
        said = send(given)
        doomed -= 1
        if doomed == 0:
            print("handed", flush=True)
            sys.stdin.read()  # until it is killed
        return said

    gateway.send = handed
    print("up", flush=True)
    while texts.count("queued"):
        outbox.drain(gateway, now_ms(), most=20)
        print("turn", flush=True)
    until(lambda: gateway.ready(now_ms()) and texts.count("sent") == 0)
    print("done", flush=True)
"""


def test_kills_at_random_send_none_twice_and_lose_none(tmp_path: Path) -> None:
    database = open_sqlite(tmp_path / "fortnight.db")
    with database.write() as connection:
        metadata.create_all(connection)
    people = MESSAGES // PEOPLE_A_TEXT
    texts = Texts(database, seeded(8).randbytes, people, clock=now_ms)
    texts.queue(MESSAGES)
    chance = random.Random(5)  # noqa: S311 - repeatable
    killed = 0
    with running_centre(tmp_path, Manners(throttle=0.02, late=300)) as centre:
        for place in range(KILLS):
            turns = 1 + chance.randrange(max(1, MESSAGES // (20 * max(KILLS, 1)) - 1))
            doomed = turns if place % 2 == 0 else 0
            killed += _send(tmp_path, centre, people, turns, doomed, chance.random() / 50)
        _send(tmp_path, centre, people, None, 0, 0.0)
        states = check(texts.rows(), centre.taken(), MESSAGES)
    database.close()
    assert killed == KILLS
    assert states["queued"] == 0
    assert states["unknown"] <= KILLS * 10  # a window of texts a kill, at most


def _send(
    folder: Path,
    centre: MessageCentre,
    people: int,
    turns: int | None,
    doomed: int,
    delay_s: float,
) -> bool:
    """Start a sender and kill it; return whether it was at work.

    Some moment after so many turns; or, ``doomed``, between what the centre took at that turn and
    the commit of what it said.
    """
    given = [str(folder), str(centre.port), str(people), str(doomed)]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SENDER), *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout as said:
        if turns is None:
            assert said.read().endswith(b"done\n")
            return process.wait() != 0
        wanted = b"handed\n" if doomed else b"turn\n"
        for line in said:
            turns -= line == wanted
            if turns == 0 or (doomed and line == wanted):
                break
        time.sleep(0.0 if doomed else delay_s)  # where in a turn is left to chance
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
