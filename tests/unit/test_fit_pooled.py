"""Tenths of several folders taken together, as ``bench.fits.judged`` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench.fits import everybody
from bench.fits.clusters import around
from bench.fits.judged import Judged, of_all, tables
from bench.fits.pooled import HEAD, Pairs, tenth_rows, together
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact.calibration import FACE_TO_FACE, WITHIN_RADIUS
from fortnight.simulate.evaluation import Score
from fortnight.simulate.kinds import ALL, FIXES, Comparison, Found, Ranked
from fortnight.simulate.ranking import tenths

if TYPE_CHECKING:
    from pathlib import Path

NEAR = (FIXES, WITHIN_RADIUS)
"""What the tests claim, and by what."""


def pairs(claimed: list[float], true: list[bool], case: list[int]) -> Pairs:
    return Pairs(np.array(claimed), np.array(true, dtype=np.bool_), np.array(case, dtype=np.int64))


NOBODY = Found("near", (Ranked(Score(FIXES, true=0, found=0, both=0), area=0.0),))
NOTHING = Comparison((), (0, 0), 15.0, found=(NOBODY,), said_room=(), claimed=())


CONTACT = st.tuples(st.integers(0, 40), st.booleans())  # fortieths: edges of tenths among them


@given(st.lists(st.lists(CONTACT, min_size=1, max_size=12), min_size=1, max_size=4))
def test_every_contact_of_every_folder_is_in_one_tenth(
    folders: list[list[tuple[int, bool]]],
) -> None:
    parts = [
        pairs([chance / 40.0 for chance, _ in rows], [so for _, so in rows], [0] * len(rows))
        for rows in folders
    ]
    found = together([{NEAR: part} for part in parts])[NEAR]
    of_each = [tenths(part.claimed, part.true) for part in parts]
    for tenth in tenths(found.claimed, found.true):
        same = [one for some in of_each for one in some if one.low == tenth.low]
        assert tenth.count == sum(one.count for one in same)
        assert tenth.true == sum(one.true for one in same)
        claimed = sum(one.claimed * one.count for one in same)
        assert tenth.claimed * tenth.count == pytest.approx(claimed)


def test_cases_of_two_folders_are_not_one_case_though_their_numbers_are() -> None:
    whose = [0] * 10 + [3] * 10
    one = pairs([0.45] * 20, [True] * 10 + [False] * 10, whose)
    other = pairs([0.45] * 20, [False] * 10 + [True] * 10, whose)
    found = together([{NEAR: one}, {NEAR: other}])[NEAR]
    assert len(np.unique(found.case)) == 4
    assert np.array_equal(found.case[:20], one.case)
    low, high = around(*found)[4]
    assert low == 0.0
    assert high == 1.0  # were 0 and 0 one case, half of it would be true in every draw


def test_a_claim_that_one_folder_alone_makes_is_kept() -> None:
    alone = (ALL, FACE_TO_FACE)
    found = together([{NEAR: pairs([0.2], [True], [5])}, {alone: pairs([0.9], [True], [5])}])
    assert {kind: len(part.true) for kind, part in found.items()} == {NEAR: 1, alone: 1}


def test_a_large_tenth_is_held_to_five_points_and_a_small_one_to_chance() -> None:
    many = pairs([0.35] * 1_000 + [0.75] * 999, [False] * 1_000 + [True] * 999, [0] * 1_999)
    off, by_chance = tenth_rows({NEAR: many})
    assert len(HEAD) == len(off)
    assert off[2:7] == ("0.3 to 0.4", "1000", "35.0 %", "0.0 %", "")
    assert by_chance[2:7] == ("0.7 to 0.8", "999", "75.0 %", "100.0 %", "99.5 to 100.0")
    assert (off[-1], by_chance[-1]) == ("**fail**", "**fail**")


def test_two_towns_that_miss_on_either_side_hold_together() -> None:
    low = pairs([0.55] * 1_000, [True] * 480 + [False] * 520, [0] * 1_000)
    high = pairs([0.55] * 1_000, [True] * 620 + [False] * 380, [0] * 1_000)
    face = (ALL, FACE_TO_FACE)
    judged = {
        "town 301": Judged(NOTHING, {face: low}),
        "town 302": Judged(NOTHING, {face: high}),
        "InVS15": Judged(NOTHING, {face: low}),
    }
    assert "| 2000 | 55.0 % | 55.0 % |  |" in of_all(judged, "town 30")
    assert "fail" not in of_all(judged, "town 30")
    text = tables(judged, "town 30")
    assert text.count("**fail**") == 3
    assert "taken together" in text
    assert "taken together" not in tables(judged)


def test_words_that_are_in_no_name_are_refused() -> None:
    with pytest.raises(SystemExit, match="No folder is called 'village'"):
        of_all({"town 301": Judged(NOTHING, {})}, "village")


def test_a_whole_town_says_how_far_each_tenth_is_off() -> None:
    town = pairs(
        [0.35] * 1_000 + [0.75] * 10, [True] * 410 + [False] * 590 + [True] * 10, [0] * 1_010
    )
    text = everybody.tables({"never looked at": {"501": {FIXES: town, ALL: town}}})
    scores = "| 501 | 1,010 | 41.6 % | 0.2437 | 0.2429 "
    row = f"{scores}|  |  |  | **+6.0** |  |  |  | +25.0 (10) |  |  | 1 of 2 |"
    assert text.count(row) == 2
    assert text.count(row.replace("501", "together")) == 2
    assert text.index("**By fixes; towns never looked at:**") < text.index("**By all together;")


def test_what_a_town_claimed_is_kept_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []

    def judge(seed: int) -> everybody.Claims:
        judged.append(seed)
        return {FIXES: pairs([0.4], [True], [3]), ALL: pairs([0.6], [False], [4])}

    monkeypatch.setattr(everybody, "FOLDER", tmp_path)
    monkeypatch.setattr(everybody, "_judge", judge)
    first, second = everybody.claims_of(7), everybody.claims_of(7)
    assert judged == [7]
    for kind in (FIXES, ALL):
        for one, other in zip(first[kind], second[kind], strict=True):
            assert one.tolist() == other.tolist()
    monkeypatch.setattr(everybody, "_WEIGHTS", (np.zeros(1),))
    everybody.claims_of(7)
    assert judged == [7, 7]  # what other weights claimed is no claim of these
