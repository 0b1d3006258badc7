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
    database = open_sqlite(folder / "fortnight.db")
    texts = Texts(database, secrets.token_bytes, people, known=True, clock=now_ms)
    outbox = texts.office.outbox
    outbox.recover(now_ms())
    gateway = gateway_to(port, texts.post, now_ms, secrets.token_bytes)
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
        for _ in range(KILLS):
            turns = chance.randrange(max(2, MESSAGES // (20 * max(KILLS, 1))))
            killed += _send(tmp_path, centre, people, turns, max(0.0, chance.random() - 0.5) / 25)
        _send(tmp_path, centre, people, None, 0.0)
        states = check(texts.rows(), centre.taken(), MESSAGES)
    database.close()
    assert killed == KILLS
    assert states["queued"] == 0
    assert states["unknown"] <= KILLS * 10  # a window of texts a kill, at most


def _send(
    folder: Path, centre: MessageCentre, people: int, turns: int | None, delay_s: float
) -> bool:
    """Start a sender, and kill it after some turns and a moment; return whether it was at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SENDER), str(folder), str(centre.port), str(people)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout as said:
        if turns is None:
            assert said.read().endswith(b"done\n")
            return process.wait() != 0
        for _ in range(turns + 1):
            said.readline()
        heard = centre.log.stat().st_size
        end = time.monotonic() + 5.0
        while centre.log.stat().st_size == heard and time.monotonic() < end:
            time.sleep(0.0002)  # until the centre has taken more than we may have heard of
        time.sleep(delay_s)  # where in a turn it dies is left to chance
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
