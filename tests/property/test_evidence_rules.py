"""The vectorised rules and clocks against plain Python that shares no code with them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortnight.evidence.batches import RawFixes, RawStays
from fortnight.evidence.checks import FIX_RULES, STAY_RULES, Limits, fix_faults, stay_faults
from fortnight.evidence.times import (
    NO_OFFSET,
    NOT_A_TIME,
    epoch_scale,
    from_epoch,
    from_whole_epoch,
    instant,
    instant_of,
    instants,
)

NOW = 1_714_557_600_000
DAY = 86_400_000
WINDOW = (NOW - 5 * DAY, NOW - 2 * DAY)
FIRST = WINDOW[0] // DAY * DAY - DAY
STOP = WINDOW[1] // DAY * DAY + 2 * DAY

DEGREES = st.sampled_from(
    [0.0, -0.0, 1e-9, 90.0, -90.0, 90.0000001, 180.0, -180.0, 180.0000001, 53.5, math.nan,
     math.inf, -math.inf],
)  # fmt: skip
TIMES = st.sampled_from(
    [NOT_A_TIME, NO_OFFSET, 0, FIRST - 1, FIRST, WINDOW[0], WINDOW[1], STOP - 1, STOP, NOW,
     NOW + 1, 2**60],
)  # fmt: skip
METRES = st.sampled_from(
    [math.nan, 0.0, -0.0, 5.0, 10_000.0, 10_001.0, -1.0, math.inf, -math.inf],
)
NAMED = st.sampled_from([-1, 0])
FIXES = st.lists(st.tuples(NAMED, TIMES, DEGREES, DEGREES, METRES), min_size=1, max_size=12)
STAYS = st.lists(st.tuples(NAMED, TIMES, TIMES, DEGREES, DEGREES, METRES), min_size=1, max_size=12)
SOUND = (0, WINDOW[0], 9.9, 53.5, 5.0)


def place_fault(who: int, lon: float, lat: float) -> str | None:
    if who < 0:
        return "no-participant"
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return "not-a-number"
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return "off-globe"
    return "null-island" if lon == lat == 0 else None


def accuracy_fault(metres: float) -> str | None:
    return None if math.isnan(metres) or 0 <= metres <= 10_000 else "bad-accuracy"


def fix_fault(who: int, time: int, lon: float, lat: float, metres: float) -> str | None:
    if fault := place_fault(who, lon, lat):
        return fault
    if time == NOT_A_TIME:
        return "bad-time"
    if time == NO_OFFSET:
        return "no-offset"
    if time > NOW:
        return "future"
    return accuracy_fault(metres) if FIRST <= time < STOP else "outside-window"


def stay_fault(
    who: int, times: tuple[int, int], place: tuple[float, float], m: float
) -> str | None:
    start, end = times
    if fault := place_fault(who, *place):
        return fault
    if NOT_A_TIME in times:
        return "bad-time"
    if NO_OFFSET in times:
        return "no-offset"
    if end < start:
        return "bad-interval"
    if end > NOW:
        return "future"
    return accuracy_fault(m) if end >= FIRST and start < STOP else "outside-window"


@given(FIXES)
@example([SOUND])
@example([SOUND, (0, WINDOW[0], 0.0, 53.5, 5.0), (0, WINDOW[0], 9.9, 0.0, math.nan)])
@settings(deadline=None)
def test_each_fix_has_the_first_reason_that_applies(
    rows: list[tuple[int, int, float, float, float]],
) -> None:
    who, time, lon, lat, accuracy = zip(*rows, strict=True)
    raw = RawFixes(
        pa.array(["ann"], pa.string()),
        np.array(who, dtype=np.int32),
        np.array(time, dtype=np.int64),
        np.array(lon),
        np.array(lat),
        np.array(accuracy, dtype=np.float32),
        np.zeros(len(rows), dtype=np.uint8),
        str,
    )
    codes = fix_faults(raw, Limits.of(NOW, WINDOW))
    found = [0] * len(rows) if codes is None else codes.tolist()
    reasons = [None, *(reason for reason, _ in FIX_RULES)]
    assert [reasons[code] for code in found] == [fix_fault(*row) for row in rows]


@given(STAYS)
@settings(deadline=None)
def test_each_stay_has_the_first_reason_that_applies(
    rows: list[tuple[int, int, int, float, float, float]],
) -> None:
    who, start, end, lon, lat, accuracy = zip(*rows, strict=True)
    raw = RawStays(
        pa.array(["ann"], pa.string()),
        np.array(who, dtype=np.int32),
        np.array(start, dtype=np.int64),
        np.array(end, dtype=np.int64),
        np.array(lon),
        np.array(lat),
        np.array(accuracy, dtype=np.float32),
        str,
        str,
    )
    reasons = [None, *(reason for reason, _ in STAY_RULES)]
    found = [reasons[code] for code in stay_faults(raw, Limits.of(NOW, WINDOW)).tolist()]
    assert found == [
        stay_fault(who, (start, end), (lon, lat), metres)
        for who, start, end, lon, lat, metres in rows
    ]


MOMENTS = st.datetimes(
    datetime(1950, 1, 1),  # noqa: DTZ001 - what is tested - Hypothesis wants its bounds without a zone
    datetime(2150, 1, 1),  # noqa: DTZ001 - what is tested
    timezones=st.builds(
        lambda minutes: timezone(timedelta(minutes=minutes)),
        st.integers(-14 * 60, 14 * 60),
    ),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.sampled_from("T "), st.booleans())
@settings(deadline=None)
def test_iso_text_is_read_as_python_reads_it(
    moments: list[datetime],
    between: str,
    spoiled: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    texts = [moment.isoformat(between) for moment in moments]
    expected = [(moment - EPOCH) // timedelta(milliseconds=1) for moment in moments]
    if spoiled:  # one bad cell sends the column down the slow path
        texts.append("no time")
        expected.append(NOT_A_TIME)
    assert instants(pa.array(texts, pa.string())).tolist() == expected
    assert [instant(text) for text in texts] == expected


@given(MOMENTS)
@settings(deadline=None)
def test_a_clock_without_offset_is_no_instant_unless_the_format_says_utc(moment: datetime) -> None:
    text = moment.replace(tzinfo=None).isoformat()
    assert instant(text) == NO_OFFSET
    assert instants(pa.array([text], pa.string())).tolist() == [NO_OFFSET]
    as_utc = (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
    assert instant(text, naive_is_utc=True) == as_utc


@given(
    st.lists(st.integers(200_000_000_000, 4_000_000_000_000), min_size=1, max_size=9),
    st.sampled_from([(1e6, 1e-3), (1e3, 1.0), (1.0, 1e3), (1e-3, 1e6)]),
)
@settings(deadline=None)
def test_the_unit_of_an_epoch_shows_in_its_size(
    milliseconds: list[int], unit: tuple[float, float]
) -> None:
    scale, factor = unit
    floats = np.array(milliseconds, dtype=np.float64) * factor
    assert epoch_scale(floats) == scale
    assert from_epoch(floats, scale).tolist() == milliseconds
    if factor >= 1:
        whole = np.array(milliseconds, dtype=np.int64) * int(factor)
        assert from_whole_epoch(whole, None, scale).tolist() == milliseconds
        assert [instant_of(int(value)) for value in whole] == milliseconds
    assert [instant_of(str(value // 1_000)) for value in milliseconds] == [
        value // 1_000 * 1_000 for value in milliseconds
    ]
