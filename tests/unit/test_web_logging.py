"""What is logged holds nothing of anyone, whatever is handed in."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from fortnight.web.logging import (
    NUMBERS,
    REDACTED,
    WORDS,
    configure_logging,
    log_fault,
    redact,
    scrub,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = ("person", "number", "lat", "token", "id", "error", "fault", "places", "timestamp")
HOSTILE = [
    "+371 20 012 345",
    "+37120012345",
    "20012345",
    "56.949650, 24.105190",
    "-33.8688",
    "9f86d081884c7d659a2feaa0c55ad015",
    "9f86d081-884c-7d65-9a2f-eaa0c55ad015",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoaXM",
    "Bearer dGhpcyBpcyBhIHRva2VuIHRoYXQgaXMgc2VjcmV0",
    "correct-horse-battery-staple-and-more",
    "203.0.113.7",
    "2001:db8::7",
    "person@example.invalid",
    "postgresql://user:password@host/db",
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
]


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """Yield what is logged."""
    stream = StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logging(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def leaks(logged: str, value: str) -> list[str]:
    """Return the parts of a value that lines hold; words alone say nothing."""
    kept = [json.loads(line) for line in logged.splitlines()]
    text = str([line for line in kept if line.pop("timestamp")])
    telling = [part for part in value.split() if any(sign in part for sign in "0123456789@:=+")]
    return [part for part in [value, *telling] if part in text]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_not_logged_under_any_name(lines: StringIO, value: str) -> None:
    logger = structlog.get_logger()
    logger.info(value)
    for name in [*OTHERS, *WORDS - {"event"}, *NUMBERS]:
        logger.warning("something happened", **{name: value})
        logger.warning("something happened", **{name: {"nested": [value]}})
        logger.warning("something happened", **{name: [value]})
    logging.getLogger("sqlalchemy.engine").error("failed for %s", value)
    logging.getLogger(value).error(value)
    assert lines.getvalue().count("\n") >= 10
    assert leaks(lines.getvalue(), value) == []


@pytest.mark.parametrize("value", [56.949650, 24.1, 37120012345, 20012345, 10**30, float("nan")])
def test_numbers_that_could_be_somebodys_are_not_logged(lines: StringIO, value: float) -> None:
    for name in [*NUMBERS, "lat", "number"]:
        structlog.get_logger().info("something happened", **{name: value})
    assert str(value) not in lines.getvalue()


def test_counts_and_words_are_logged(lines: StringIO) -> None:
    structlog.get_logger().info("rows were filed", rows=1_234, kind="fixes", ms=12.7)
    line = json.loads(lines.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "rows were filed",
        "kind": "fixes",
        "level": "info",
        "ms": 12,
        "rows": 1_234,
    }


def fail(value: str) -> None:
    raise ValueError(value)


@pytest.mark.parametrize("value", HOSTILE)
def test_of_an_error_its_type_and_places_are_logged(lines: StringIO, value: str) -> None:
    try:
        fail(value)
    except ValueError as error:
        log_fault("it failed", error)
        logging.getLogger("somewhere").exception(value)
    first, second = map(json.loads, lines.getvalue().splitlines())
    for line in (first, second):
        assert line["fault"] == "ValueError"
        assert line["places"][-1].startswith(f"{__name__}:")
    assert leaks(lines.getvalue(), value) == []


def test_other_libraries_are_heard_only_when_something_is_wrong(lines: StringIO) -> None:
    logging.getLogger("httpx").info("a request")
    assert not lines.getvalue()
    logging.getLogger("httpx").warning("a warning")
    assert json.loads(lines.getvalue())["logger"] == "httpx"


@given(st.text(max_size=200))
def test_no_digit_gets_through_a_text(text: str) -> None:
    assert not any(sign.isdigit() for sign in scrub(text).replace(REDACTED, ""))


@given(st.dictionaries(st.text(max_size=10), st.text() | st.integers() | st.floats()))
def test_names_that_are_not_listed_are_left_out(event: dict[str, Any]) -> None:
    assert set(redact(None, "", dict(event))) == set(event) & (WORDS | NUMBERS | {"fault"})
