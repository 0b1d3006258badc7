"""Reading some people's rows out of a file of the lake, whole or some columns of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from fortnight.lake.files import DAY_MS, SCHEMAS, rows_of, write_rows

if TYPE_CHECKING:
    from pathlib import Path

DAY = 20_000
ANNA, BORIS, CLARA = (bytes([letter] * 16) for letter in b"abc")
TOLD = ("pseudonym", "time", "received")


def rows(*people: bytes) -> pa.Table:
    """Return two fixes of each person."""
    who = [person for person in people for _ in range(2)]
    number = range(len(who))
    values: dict[str, list[Any]] = {
        "pseudonym": who,
        "time": [DAY * DAY_MS + k for k in number],
        "received": [DAY * 24 + k for k in number],
    }
    whole = {name: values.get(name, list(number)) for name in SCHEMAS["fixes"].names}
    return pa.table(whole, schema=SCHEMAS["fixes"])


def test_some_columns_are_those_of_the_whole_rows(tmp_path: Path) -> None:
    write_rows(tmp_path, "one.parquet", DAY, "fixes", rows(CLARA, ANNA))
    write_rows(tmp_path, "two.parquet", DAY, "fixes", rows(BORIS, ANNA))
    asked = (tmp_path, ["two.parquet", "one.parquet"], "fixes", {ANNA, BORIS})
    whole = rows_of(*asked)
    assert whole["pseudonym"].to_pylist() == [ANNA, ANNA, ANNA, ANNA, BORIS, BORIS]
    assert rows_of(*asked, TOLD) == whole.select(list(TOLD))


def test_nobody_has_no_rows_but_the_columns_that_were_asked_for(tmp_path: Path) -> None:
    write_rows(tmp_path, "one.parquet", DAY, "fixes", rows(ANNA))
    none = rows_of(tmp_path, ["one.parquet"], "fixes", {BORIS}, TOLD)
    assert (none.num_rows, none.column_names) == (0, list(TOLD))
