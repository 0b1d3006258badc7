"""What a person never sends is kept nowhere: any hours, any places, through every door."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.secret import SecretBox
from sqlalchemy import select
from tests.arrivals_world import BOUNDS, agree, stored
from tests.services import DAY, HOUR, MINUTE, NOON, Clock, Stores, seeded, stores_in

from fortnight.arrivals.choices import Choices
from fortnight.arrivals.journal import Journal
from fortnight.arrivals.never_sent import NOTHING, Hours, NeverSent, Place, hidden_instants
from fortnight.arrivals.operators import Deliveries
from fortnight.arrivals.owntracks import read_post
from fortnight.arrivals.rows import encounters_of_json, fixes_of_json, visits_of_json
from fortnight.db.tables import delivery, operator
from fortnight.errors import QuestionError
from fortnight.evidence.packed import unpack_encounters, unpack_fixes, unpack_visits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ZONE = ZoneInfo("Europe/Riga")
KEY = bytes(range(32))
DOORS = ("owntracks", "encrypted", "fixes", "upload", "operator")
EARTH_M = 6_371_008.8

minutes = st.integers(0, 1_439)
hours = st.builds(Hours, minutes, minutes)
# Around one crossroads, so that places and fixes meet.
lons, lats = st.floats(24.10, 24.12), st.floats(56.94, 56.96)
places = st.builds(Place, lons, lats, st.sampled_from((50, 200, 500)))
choices = st.builds(
    NeverSent,
    st.lists(hours, max_size=3).map(tuple),
    st.lists(places, max_size=3).map(tuple),
)
fixes = st.tuples(
    st.integers(0, 13 * 24 * 60).map(lambda ago: NOON - ago * MINUTE),
    lons,
    lats,
    st.sampled_from((None, 5.0, 40.0, 900.0)),
)
said = st.lists(fixes, min_size=1, max_size=12, unique_by=lambda fix: fix[0])


@dataclass
class World:
    """A vault, one person who agreed to everything, and every door."""

    stores: Stores
    choices: Choices
    journal: Journal
    person: str = ""
    sent: int = 0
    people: int = 0

    def newcomer(self) -> str:
        """Enrol somebody who agrees to everything, and act for them from now on."""
        self.people += 1
        self.person = self.stores.vault.enrol(self.number, language="en", now=NOON)
        for kind in ("phone", "operator", "visits", "bluetooth"):
            agree(self.stores, self.person, f"trace.{kind}")
        return self.person

    @property
    def number(self) -> str:
        return f"+3712{self.people:07}"

    def send(self, door: str, rows: Sequence[tuple[int, float, float, float | None]]) -> None:
        self.sent += 1
        name = f"batch-{self.sent}"
        if door in {"owntracks", "encrypted"}:
            for row in rows:
                self._track(row, is_sealed=door == "encrypted")
        elif door == "operator":
            self._deliver(name, rows)
        else:
            body = json.dumps({"batch": name, "fixes": [_row(*row) for row in rows]}).encode()
            found = fixes_of_json(body, BOUNDS, NOON).checked
            origin = "upload" if door == "upload" else "phone"
            self.journal.put(self.person, "fixes", origin, name, found)

    def _track(self, row: tuple[int, float, float, float | None], *, is_sealed: bool) -> None:
        at, lon, lat, accuracy = row
        plain = {"_type": "location", "tst": at // 1_000, "lon": lon, "lat": lat, "acc": accuracy}
        body = json.dumps(plain).encode()
        if is_sealed:
            box = b64encode(SecretBox(KEY).encrypt(body)).decode()
            body = json.dumps({"_type": "encrypted", "data": box}).encode()
        post = read_post(body, f"phone-{self.sent}", lambda: KEY, NOON, BOUNDS)
        if post.checked.kept:
            self.journal.put(self.person, "fixes", "phone", post.batch, post.checked)

    def _deliver(self, name: str, rows: Sequence[tuple[int, float, float, float | None]]) -> None:
        lines = ["number,time,lon,lat,accuracy"]
        lines += [f"{self.number},{at},{lon!r},{lat!r},{acc or ''}" for at, lon, lat, acc in rows]
        data = "\n".join(lines).encode()
        file = {"name": "f.csv", "rows": len(rows), "sha256": sha256(data).hexdigest()}
        at, chance = self.stores, seeded(1_000 + self.sent).randbytes
        doors = Deliveries(
            at.database, at.vault, at.consents, chance, BOUNDS, KEY, "north", self.choices,
        )  # fmt: skip
        manifest = json.dumps({"batch": name, "files": [file]}).encode()
        coming = doors.begin("0" * 32, manifest, NOON)
        coming.part("f.csv", data)
        coming.finish(NOON)

    def arrived(self, kind: str) -> list[bytes]:
        return [data for person, data in stored(self.stores, kind) if person == self.person]

    def kept(self) -> list[tuple[int, float, float, float]]:
        rows = unpack_fixes(self.arrived("fixes"))[0]
        columns = (rows.time, rows.lon_e7 / 1e7, rows.lat_e7 / 1e7, rows.accuracy)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def _row(at: int, lon: float, lat: float, accuracy: float | None) -> dict[str, object]:
    return {"time": at, "lon": lon, "lat": lat, "accuracy": accuracy}


@pytest.fixture(scope="module")
def here(world_folders: pytest.TempPathFactory) -> Iterator[World]:
    """Yield one vault for all examples; each enrols somebody of its own."""
    with stores_in(world_folders.mktemp("never"), Clock()) as stores:
        with stores.database.write() as connection:
            values = {"id": "0" * 32, "name": "Operator", "key_hash": KEY, "made_at": NOON}
            connection.execute(operator.insert().values(values))
        choices = Choices(stores.database, stores.vault, ZONE)
        journal = Journal(stores.database, stores.vault, stores.consents, stores.clock, choices)
        with closing(journal):
            yield World(stores, choices, journal)


def is_hidden(at: int, lon: float, lat: float, chosen: NeverSent) -> bool:
    """Tell by another way than the rule's: the clock on the wall, and the spherical cosine."""
    local = datetime.fromtimestamp(at / 1_000, tz=UTC).astimezone(ZONE)
    minute = local.hour * 60 + local.minute
    for one in chosen.hours:
        through = one.start >= one.until
        if (
            (minute >= one.start or minute < one.until)
            if through
            else (one.start <= minute < one.until)
        ):
            return True
    return any(metres(lon, lat, place) <= place.radius_m - 0.5 for place in chosen.places)


def metres(lon: float, lat: float, place: Place) -> float:
    a, b = math.radians(lat), math.radians(place.lat)
    cosine = math.sin(a) * math.sin(b)
    cosine += math.cos(a) * math.cos(b) * math.cos(math.radians(lon - place.lon))
    return math.acos(max(-1.0, min(1.0, cosine))) * EARTH_M


@settings(max_examples=25, deadline=None)
@given(
    chosen=choices,
    rows=said,
    doors=st.lists(st.sampled_from(DOORS), min_size=1, max_size=5, unique=True),
)
def test_no_fix_that_is_kept_lies_within_a_chosen_hour_or_place(
    here: World,
    chosen: NeverSent,
    rows: list[tuple[int, float, float, float | None]],
    doors: list[str],
) -> None:
    here.newcomer()
    here.choices.choose(here.person, chosen, NOON)
    for door in doors:
        here.send(door, rows)
    kept = here.kept()
    for at, lon, lat, _ in kept:
        assert not is_hidden(at, lon, lat, chosen)
    counted = sum(here.choices.counts(here.person).values())
    assert len(kept) + counted == len(rows) * len(doors)


@settings(max_examples=15, deadline=None)
@given(rows=said)
def test_who_chose_nothing_loses_nothing_and_a_repeat_counts_once(
    here: World,
    rows: list[tuple[int, float, float, float | None]],
) -> None:
    here.newcomer()
    here.send("fixes", rows)
    assert len(here.kept()) == len(rows)
    assert here.choices.counts(here.person) == {}
    here.choices.choose(here.person, NeverSent((Hours(0, 0),)), NOON)
    body = json.dumps({"batch": "again", "fixes": [_row(*row) for row in rows]}).encode()
    found = fixes_of_json(body, BOUNDS, NOON).checked
    answers = {
        here.journal.put(here.person, "fixes", "phone", "again", found).answer for _ in range(3)
    }
    assert len(answers) == 1
    told = json.loads(answers.pop())
    assert (told["received"], told["kept"]) == (len(rows), 0)
    assert told["refused"] == {"never-sent": len(rows)}
    assert here.choices.counts(here.person) == {NOON // DAY: len(rows)}
    here.choices.choose(here.person, NOTHING, NOON)
    here.send("fixes", [(NOON - MINUTE, 24.11, 56.95, 5.0)])
    assert len(here.kept()) == len(rows) + 1


@settings(max_examples=20, deadline=None)
@given(chosen=hours, ago=st.integers(0, 3 * 24 * 60), lasts=st.integers(1, 1_440))
def test_no_visit_and_no_encounter_touches_a_chosen_hour(
    here: World, chosen: Hours, ago: int, lasts: int
) -> None:
    start = NOON - DAY - ago * MINUTE
    end = start + lasts * MINUTE
    touched = any(
        is_hidden(at, 0.0, 0.0, NeverSent((chosen,))) for at in range(start, end + 1, MINUTE)
    )
    visit = {"venue": "v", "start": start, "end": end}
    heard = {"seen": "ab" * 16, "start": start, "end": end, "attenuation": 50}
    here.newcomer()
    here.choices.choose(here.person, NeverSent((chosen,)), NOON)
    visits = visits_of_json(_body("visits", visit), BOUNDS, NOON).checked
    encounters = encounters_of_json(_body("encounters", heard), BOUNDS, NOON).checked
    here.journal.put(here.person, "visits", "phone", "v", visits)
    here.journal.put(here.person, "encounters", "phone", "e", encounters)
    kept = here.arrived("visits")
    others = here.arrived("encounters")
    assert len(unpack_visits(kept)[0].start) == (0 if touched else 1)
    if encounters.kept:
        assert len(unpack_encounters(others)[0].start) == (0 if touched else 1)


def _body(kind: str, row: dict[str, object]) -> bytes:
    return json.dumps({"batch": "b", kind: [row]}).encode()


def test_the_choice_lies_under_the_person_s_key_alone(here: World) -> None:
    here.newcomer()
    home = Place(24.1052, 56.9496, 200)
    here.choices.choose(here.person, NeverSent((Hours(1_320, 360),), (home,)), NOON)
    for file in here.stores.folder.rglob("*.db*"):
        content = file.read_bytes()
        assert b"24.1052" not in content
        assert b"56.9496" not in content
    again = Choices(here.stores.database, here.stores.vault, ZONE)
    assert again.of(here.person).places == (home,)


def test_the_clock_is_the_district_s_and_goes_on_over_a_change_of_it() -> None:
    # On 29 March 2026 at 03:00 in Riga the clock went on to 04:00.
    chosen = NeverSent((Hours(22 * 60, 6 * 60),))
    night = 1_774_735_200_000  # 28 March, 22:00 UTC: midnight in Riga
    times = np.array(
        [night - 2 * HOUR - 1, night - 2 * HOUR, night + 5 * HOUR - 1, night + 5 * HOUR]
    )
    assert hidden_instants(times, chosen, ZONE).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    "chosen",
    [
        NeverSent((Hours(0, 1_440),)),
        NeverSent((Hours(-1, 5),)),
        NeverSent((), (Place(181.0, 0.0, 200),)),
        NeverSent((), (Place(float("nan"), 0.0, 200),)),
        NeverSent((), (Place(24.1, 56.9, 10),)),
        NeverSent((Hours(1, 2),) * 21),
    ],
    ids=["no such hour", "before the day", "no place", "no number", "too small", "too many"],
)
def test_a_choice_that_means_nothing_is_refused_with_what_to_do(chosen: NeverSent) -> None:
    with pytest.raises(QuestionError):
        chosen.check()


def test_a_delivery_of_what_is_never_sent_is_receipted_like_any_other(here: World) -> None:
    rows = [(NOON - HOUR, 24.11, 56.95, 5.0)]
    here.newcomer()
    here.choices.choose(here.person, NeverSent((Hours(0, 0),)), NOON)
    here.send("operator", rows)
    assert here.kept() == []
    assert here.choices.counts(here.person) == {NOON // DAY: 1}
    with here.stores.database.read() as connection:
        named = delivery.c.batch == f"batch-{here.sent}"
        assert connection.scalar(select(delivery.c.rows).where(named)) == 1
