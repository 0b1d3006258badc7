"""How many phones there were about a case, and what that makes of a claim of face to face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference.effort import FEWER

from fortnight.contact.calibration import POSITION_WEIGHTS, face_chance, position_chance
from fortnight.contact.features import FACE_FEATURES, FEATURES, circles, face_features
from fortnight.contact.fusing import (
    F_FACE_24H,
    F_FACE_BOUT,
    F_HEARD,
    F_HEARD_24H,
    FUSED_COLUMNS,
)


def heard_for(minutes: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the sums of somebody who was heard, a fifth of that face to face."""
    sums = np.zeros((1, FUSED_COLUMNS))
    sums[0, [F_HEARD, F_HEARD_24H, F_FACE_24H, F_FACE_BOUT]] = minutes, minutes, minutes / 5, 4.0
    return sums


def test_a_circle_is_the_phones_heard_on_the_days_of_a_contact() -> None:
    heard_days = np.array([[30.0, 10.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 8.0], [0.0, 0.0, 0.0]])
    assert circles(heard_days) == pytest.approx([(2 * 30 + 1 * 10) / 40, 2.0, 1.0, 1.0])


def test_the_same_sounds_are_likelier_face_to_face_at_home_than_in_a_hall() -> None:
    sums = np.repeat(heard_for(300.0), 4, axis=0)
    chance = face_chance(sums, np.array([6.0, 25.0, 90.0, 400.0]))
    assert (np.diff(chance) < 0.0).all()
    assert chance[0] > 0.1
    assert chance[3] < 0.01


def test_who_was_heard_for_less_than_half_of_fifteen_minutes_is_not_claimed() -> None:
    assert face_chance(heard_for(7.0), np.array([3.0]))[0] == 0.0


def test_the_circle_is_among_the_features() -> None:
    row = dict(zip(FACE_FEATURES, face_features(heard_for(60.0), np.array([40.0]))[0], strict=True))
    assert (row["home"], row["circle"]) == pytest.approx((0.5, np.log(40.0)))


def test_who_is_there_again_and_again_is_likelier_to_have_been_face_to_face() -> None:
    sums = np.repeat(heard_for(300.0), 3, axis=0)
    sums[:, F_HEARD] = 300.0, 900.0, 2700.0
    rows = face_features(sums, np.full(3, 60.0))
    again = rows[:, FACE_FEATURES.index("again")]
    assert again == pytest.approx([0.0, np.log(3.0), np.log(9.0)])
    assert (np.diff(face_chance(sums, np.full(3, 60.0))) > 0.0).all()


def test_the_curve_of_positions_never_falls() -> None:
    features = np.zeros((50, len(FEATURES)))
    features[:, 0] = np.linspace(-5.0, 5.0, 50) / POSITION_WEIGHTS[0]
    assert (np.diff(position_chance(features)) > 0.0).all()


minutes = st.just(0.0) | st.floats(0.0, 1_440.0)


@FEWER
@given(
    rows=st.lists(st.tuples(minutes, minutes, minutes, minutes), min_size=1, max_size=5),
    about=st.floats(1.0, 500.0),
)
def test_what_tells_of_a_face_is_as_by_the_plain_twin(
    rows: list[tuple[float, float, float, float]], about: float
) -> None:
    sums = np.zeros((len(rows), FUSED_COLUMNS))
    sums[:, [F_FACE_24H, F_FACE_BOUT, F_HEARD, F_HEARD_24H]] = rows
    face, bout, heard, most = np.array(rows).T
    share = np.log(np.minimum(1.0, face / np.maximum(most, 1e-9)) + 0.01)
    bouts = np.log((bout + 0.5) / 15.5)
    again = np.log(np.maximum(1.0, heard / np.maximum(most, 1e-9)))
    wanted = {
        "one": np.ones(len(rows)),
        "face": np.log((face + 0.5) / 15.5),
        "share": share,
        "bout": bouts,
        "home": np.full(len(rows), 1.0 / (1.0 + (about / 40.0) ** 8)),
        "again": again,
        "again x share": again * share,
        "again x bout": again * bouts,
        "circle": np.full(len(rows), np.log(about)),
    }
    found = face_features(sums, np.full(len(rows), about))
    assert list(wanted) == list(FACE_FEATURES)
    assert np.allclose(found, np.stack(list(wanted.values()), axis=1))
