"""Simulated phones on top of real badges: what they hear, and what was true."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fortnight.errors import InputError
from fortnight.simulate.agreed import Shares
from fortnight.simulate.badges import Badges, read_badges
from fortnight.simulate.crowd import FACE_M, HALL_M, Crowd, make_crowd, overlaps_on, present_on
from fortnight.simulate.gathering import simulate_gathering
from fortnight.simulate.sociopatterns import STEP_S, together

if TYPE_CHECKING:
    from pathlib import Path

    from fortnight.simulate.arrays import Ints
    from fortnight.simulate.proximity import Overlaps

FILES = {
    "conference": "SFHH_tij.dat.gz",
    "workplace-2013": "workplace_InVS_tij.dat.zip",
    "workplace-2015": "workplace_InVS15_tij.dat.gz",
    "households": "scc2034_household_contact_dataset.zip",
}
FEW = Shares(bluetooth=0.25)


@pytest.fixture(scope="module", params=FILES)
def badges(request: pytest.FixtureRequest, shared_data: Path) -> Badges:
    return read_badges(shared_data / "sociopatterns" / FILES[request.param], "venue", seed=1)


@pytest.fixture(scope="module")
def crowd(badges: Badges) -> Crowd:
    return make_crowd(badges, seed=1)


def of_first_day(crowd: Crowd) -> Overlaps:
    return overlaps_on(crowd, 0, np.ones(crowd.people, dtype=np.bool_), seed=1)


def test_people_are_apart_as_the_badges_say(crowd: Crowd) -> None:
    found = of_first_day(crowd)
    assert len(found) > 1_000
    pair = found.first * crowd.people + found.second
    spells = crowd.spells
    key = spells.first * crowd.people + spells.second
    together_now = np.zeros(len(found), dtype=np.bool_)
    for start, end, own in zip(spells.start, spells.end, key, strict=True):
        together_now |= (pair == own) & (found.start >= start) & (found.end <= end)
        if start >= 6 * 3_600 + 40_000:
            break
    face = (found.metres >= FACE_M[0]) & (found.metres <= FACE_M[1])
    assert np.all(face[together_now])
    assert np.all(face | ((found.metres >= HALL_M[0]) & (found.metres <= HALL_M[1])))


def test_face_to_face_time_is_all_there(crowd: Crowd) -> None:
    found = of_first_day(crowd)
    face = found.metres <= FACE_M[1]
    today = crowd.spells.start < 86_400
    true_s = int(np.sum((crowd.spells.end - crowd.spells.start)[today]))
    assert int(np.sum((found.end - found.start)[face])) == true_s


def test_a_pair_is_at_one_place_at_a_time_and_only_while_both_are_there(crowd: Crowd) -> None:
    found = of_first_day(crowd)
    order = np.lexsort((found.start, found.second, found.first))
    pair = (found.first * crowd.people + found.second)[order]
    same = pair[1:] == pair[:-1]
    assert np.all(found.start[order][1:][same] >= found.end[order][:-1][same])
    present = present_on(crowd, 0)
    begin, finish = (np.zeros(crowd.people, dtype=np.int64) for _ in range(2))
    begin[present.person], finish[present.person] = present.start, present.end
    for person in (found.first, found.second):
        assert np.all((begin[person] <= found.start) & (found.end <= finish[person]))


def test_communities_are_nearer(crowd: Crowd) -> None:
    found = of_first_day(crowd)
    hall = found.metres >= HALL_M[0]
    one, other = crowd.community[found.first], crowd.community[found.second]
    same = one == other
    assert 1 < len(np.unique(crowd.community)) < crowd.people
    if np.any(hall & ~same):
        assert found.metres[hall & same].mean() < found.metres[hall & ~same].mean() - 2


def written(shared_data: Path, name: str, out: Path, seed: int = 2) -> list[str]:
    simulate_gathering(shared_data / "sociopatterns" / FILES[name], seed, out, shares=FEW)
    names = ("fixes.parquet", "people.parquet", "truth.parquet", "encounters.parquet")
    return [hashlib.sha256((out / file).read_bytes()).hexdigest() for file in names]


def test_same_seed_same_bytes(shared_data: Path, tmp_path: Path) -> None:
    first = written(shared_data, "workplace-2013", tmp_path / "a")
    assert written(shared_data, "workplace-2013", tmp_path / "b") == first
    other = written(shared_data, "workplace-2013", tmp_path / "c", seed=3)
    assert other[3] != first[3]
    assert other[2] == first[2]  # the badges are what they are


def ints(table: pa.Table, column: str) -> Ints:
    return np.asarray(table[column].cast(pa.int64()).to_numpy(), dtype=np.int64)


def test_truth_is_the_badges_and_sightings_are_of_people_who_were_there(
    shared_data: Path, tmp_path: Path
) -> None:
    written(shared_data, "workplace-2013", tmp_path)
    truth = pq.read_table(tmp_path / "truth.parquet")
    badges = read_badges(shared_data / "sociopatterns" / FILES["workplace-2013"], "venue", 2)
    spells = together(badges.contacts, STEP_S)
    assert truth.num_rows == len(spells.start)
    lengths = ints(truth, "end") - ints(truth, "start")
    assert lengths.sum() == 1_000 * np.sum(spells.end - spells.start)
    assert set(truth["kind"].to_pylist()) == {"close"}
    assert all(
        a < b for a, b in zip(*(truth[c].to_pylist() for c in ("first", "second")), strict=True)
    )
    people = pq.read_table(tmp_path / "people.parquet")
    heard = pq.read_table(tmp_path / "encounters.parquet")
    named = set(people["participant"].to_pylist())
    assert set(heard["seen"].to_pylist()) | set(heard["seen_by"].to_pylist()) <= named
    assert not any(
        a == b for a, b in zip(heard["seen"].to_pylist(), heard["seen_by"].to_pylist(), strict=True)
    )


def test_archives_of_several_files_and_broken_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.dat", "20 1 2\n")
        archive.writestr("b.dat", "20 1 2\n")
    with pytest.raises(InputError, match="2 files"):
        read_badges(path, "venue", 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "h1,m1,h2,m2,age1,age2,duration,day,hour\nB,1,B,2,3,3,x,1,7\n")
    with pytest.raises(InputError, match="line 2"):
        read_badges(path, "venue", 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "h1,m1\nB,1\n")
    with pytest.raises(InputError, match="no column h2"):
        read_badges(path, "venue", 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no contact"),
        (b"5 5 5\n", "no contact"),
        (b"PK\x03\x04 and no more", "broken archive"),
        (b"\x1f\x8b and no more", "broken gzip"),
        (b"20 1 2\n90000000 1 2\n", "1042 days"),
        (b"".join(b"20 %d 0\n" % n for n in range(1, 1_001)), "1001 people"),
    ],
)
def test_what_is_no_gathering_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "contacts.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_badges(path, "venue", 1)


def test_a_file_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_badges(tmp_path / "none.dat", "venue", 1)


def test_times_since_1970_are_days_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "contacts.dat"
    path.write_text("1709535620 7 9\n1709535640 7 9\n")
    contacts = read_badges(path, "venue", 1).contacts
    assert contacts.time.tolist() == [25_220, 25_240]


def test_hours_of_a_household_hold_their_contacts_whole(tmp_path: Path) -> None:
    path = tmp_path / "home.zip"
    with zipfile.ZipFile(path, "w") as archive:
        rows = "B,1,B,2,3,0,40,1,7\nB,2,B,1,0,3,60,1,7\nB,1,B,2,3,0,3600,2,8\n"
        archive.writestr("a.csv", "h1,m1,h2,m2,age1,age2,duration,day,hour\n" + rows)
    badges = read_badges(path, "venue", 5)
    day = (badges.contacts.time - STEP_S) // 86_400
    assert np.bincount(day).tolist() == [5, 180]
    hour = (badges.contacts.time - STEP_S) % 86_400 // 3_600
    assert set(hour[day == 0].tolist()) == {6}
    assert set(hour[day == 1].tolist()) == {7}
    assert [(w.name, w.hall, w.age_group) for w in badges.wearers] == [
        ("B1", "B", "18-64"),
        ("B2", "B", "0-5"),
    ]
    assert badges.setting == "home"
