"""Log lines as JSON that hold nothing of anyone, whatever is handed in.

A line is an event in plain words and some values under names of a closed list. What is not on the
list is left out; texts keep only words without digits, so that no number, coordinate, token or id
gets through; of an error its type and places are kept, never its text, because the texts of
databases and parsers repeat what they were given.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

    Event = MutableMapping[str, Any]

WORDS: Final = frozenset({"event", "level", "logger", "kind", "method", "part"})
"""Names whose values are words."""
NUMBERS: Final = frozenset({"status", "ms", "count", "rows", "files", "port"})
"""Names whose values are small numbers: counts, and milliseconds."""
FAULT: Final = "fault"
"""The name of an error's type."""
PLACES: Final = "places"
"""The name of where an error passed: modules and lines."""
REDACTED: Final = "[redacted]"

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z'/_-]{0,19}(?:\.[A-Za-z]{1,20}){0,3}[.,:;!?]?")
_TYPE: Final = re.compile(r"[A-Za-z_]{1,60}")
_PLACE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,120}:[0-9]{1,5}")
_LARGEST: Final = 999_999  # seven digits could be somebody's number
_MOST_WORDS: Final = 40
_MOST_PLACES: Final = 12
_OWN_HANDLERS: Final = ("_granian", "granian.access", "dbos", "alembic", "sqlalchemy", "litestar")


def scrub(text: str) -> str:
    """Return a text with every word left out that is not plain letters."""
    words = text.split()[:_MOST_WORDS]
    return " ".join(word if _PLAIN.fullmatch(word) else REDACTED for word in words)


def redact(_: object, __: str, event: Event) -> Event:
    """Keep the names of the closed lists and nothing else."""
    kept: Event = {}
    for name, value in event.items():
        if name in WORDS:
            kept[name] = scrub(str(value))
        elif name in NUMBERS:
            kept[name] = _number(value)
        elif name == FAULT:
            kept[name] = value if _TYPE.fullmatch(str(value)) else REDACTED
        elif name == PLACES and isinstance(value, list):
            kept[name] = [one if _PLACE.fullmatch(str(one)) else REDACTED for one in value]
    return kept


def _number(value: object) -> int | str:
    """Return a small whole number; a fraction could be a coordinate."""
    if not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        return REDACTED
    return int(value)


def places(trace: TracebackType | None) -> list[str]:
    """Return where an error passed, as module and line, outermost first."""
    found: list[str] = []
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        found.append(f"{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[-_MOST_PLACES:]


def log_fault(event: str, error: BaseException) -> None:
    """Log an error that nobody foresaw: its type and where it passed."""
    structlog.get_logger().error(
        event, fault=type(error).__name__, places=places(error.__traceback__)
    )


class _Foreign(logging.Handler):
    """Takes the lines of other libraries through the same lists."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; its arguments are left out, its text is scrubbed."""
        event: dict[str, Any] = {"logger": record.name}
        if record.exc_info is not None and record.exc_info[1] is not None:
            error = record.exc_info[1]
            event |= {"fault": type(error).__name__, "places": places(error.__traceback__)}
        structlog.get_logger().log(record.levelno, str(record.msg), **event)


def configure_logging(stream: TextIO | None = None) -> None:
    """Send every line of this process, its libraries' too, through the redaction.

    Parameters
    ----------
    stream : TextIO, optional
        Where the lines go; standard error by default.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            redact,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Foreign(logging.WARNING)]
    for name in _OWN_HANDLERS:  # these bring handlers of their own, which would bypass ours
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
