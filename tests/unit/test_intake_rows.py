"""What a row of an upload says, and what is not guessed of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fortnight.errors import InputError
from fortnight.exchange.intake_rows import RowError, case_of, columns_of

UTC_ZONE = ZoneInfo("UTC")
RIGA = ZoneInfo("Europe/Riga")
HEADER = ("token", "number", "disease", "onset", "test_date", "sample")
ROW = ("fncase-abc", "+37120000001", "covid-19", "2026-02-27", "2026-03-01", "2026-03-01 08:15")
DAY = 86_400_000


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


def changed(**cells: object) -> tuple[object, ...]:
    row = dict(zip(HEADER, ROW, strict=True)) | cells
    return tuple(row[name] for name in HEADER)


def test_a_row_is_read_as_a_case() -> None:
    new = case_of(ROW, columns_of(HEADER), UTC_ZONE)
    assert (new.token, new.number, new.disease) == ("fncase-abc", "+37120000001", "covid-19")
    assert (new.onset_day, new.test_day) == (day("2026-02-27"), day("2026-03-01"))
    assert new.sample_at == ms("2026-03-01T08:15:00+00:00")


@pytest.mark.parametrize(
    "header",
    [
        ("Token", "Phone Number", "Pathogen", "Symptom-Onset", "Test Date", "Collected at"),
        ("LAB_TOKEN", " tel ", "Condition", "onset day", "date of test", "specimen"),
        ("токен", "Телефон", "болезнь", "Начало симптомов", "Дата теста", "проба"),
    ],
)
def test_columns_are_known_by_their_usual_names(header: tuple[str, ...]) -> None:
    columns = columns_of(header)
    assert case_of(ROW, columns, UTC_ZONE) == case_of(ROW, columns_of(HEADER), UTC_ZONE)


def test_columns_stand_in_any_order_beside_others() -> None:
    columns = columns_of(("sex", *reversed(HEADER)))
    row = ("f", *reversed(ROW))
    assert case_of(row, columns, UTC_ZONE) == case_of(ROW, columns_of(HEADER), UTC_ZONE)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("token", "number", "disease"), "no column test_date"),
        ((*HEADER, "phone"), "Two columns are number"),
    ],
)
def test_a_header_that_is_not_clear_is_refused(header: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        columns_of(header)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01", "2026-03-01"),
        ("01.03.2026", "2026-03-01"),
        ("1.3.2026", "2026-03-01"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1), "2026-03-01"),  # noqa: DTZ001 - so a workbook gives it
    ],
)
def test_dates_that_mean_one_thing_are_read(written: object, meant: str) -> None:
    new = case_of(changed(onset=written, test_date=written), columns_of(HEADER), UTC_ZONE)
    assert (new.onset_day, new.test_day) == (day(meant), day(meant))


@pytest.mark.parametrize(
    "written",
    ["03/01/2026", "1/3/26", "2026-3-1", "01-03-2026", "2026-02-30", "46082", 46082, 46082.0, True],
)
def test_dates_that_may_mean_another_are_refused(written: object) -> None:
    with pytest.raises(RowError, match="test_date is no date"):
        case_of(changed(test_date=written), columns_of(HEADER), UTC_ZONE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T08:15", "2026-03-01T08:15:00+02:00"),
        ("01.03.2026 08:15:30", "2026-03-01T08:15:30+02:00"),
        ("2026-03-01T08:15:00Z", "2026-03-01T08:15:00+00:00"),
        ("2026-03-01 08:15+0530", "2026-03-01T08:15:00+05:30"),
        ("2026-03-01", "2026-03-01T00:00:00+02:00"),
        (datetime(2026, 3, 1, 8, 15), "2026-03-01T08:15:00+02:00"),  # noqa: DTZ001 - as above
        (datetime(2026, 3, 1, 8, 15, tzinfo=UTC), "2026-03-01T08:15:00+00:00"),
        (None, "2026-03-01T00:00:00+02:00"),  # the day of the test
    ],
)
def test_a_sample_is_read_in_the_zone_of_the_service(written: object, meant: str) -> None:
    assert case_of(changed(sample=written), columns_of(HEADER), RIGA).sample_at == ms(meant)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"token": ""}, "no token"),
        ({"number": "  "}, "no number"),
        ({"number": 37120000001}, "number is no text"),
        ({"token": "x" * 201}, "longer than 200"),
        ({"disease": "cold"}, "none of"),
        ({"sample": "yesterday"}, "sample is no date"),
        ({"sample": "2026-03-01 25:00"}, "does not exist"),
        ({"sample": "2026-03-01 08:00+99:00"}, "does not exist"),
        ({"onset": "last week"}, "onset is no date"),
    ],
)
def test_reasons_name_the_column_and_repeat_no_cell(cells: dict[str, object], words: str) -> None:
    with pytest.raises(RowError, match=words) as refused:
        case_of(changed(**cells), columns_of(HEADER), UTC_ZONE)
    assert len(str(refused.value)) <= 200
    secrets = [str(cell).strip() for cell in (*ROW[:2], *cells.values())]
    assert not any(cell in str(refused.value) for cell in secrets if cell)


@pytest.mark.parametrize("row", [ROW[:5], (*ROW, "more")])
def test_a_row_of_another_width_is_refused(row: tuple[str, ...]) -> None:
    with pytest.raises(RowError, match="cells than the first row names"):
        case_of(row, columns_of(HEADER), UTC_ZONE)
    assert case_of((*ROW, ""), columns_of(HEADER), UTC_ZONE)
