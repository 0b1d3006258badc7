"""A service that a simulated town is enrolled in, with the town's fixes in its lake.

Fixes go in as the door leaves them, sealed arrivals, and from there into the lake by the drain.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import insert

from fortnight.consent.many import give_many
from fortnight.consent.texts import current_text
from fortnight.db.tables import arrival
from fortnight.evidence.packed import Fixes, pack_fixes
from fortnight.evidence.schema import SOURCES
from fortnight.service import open_service
from fortnight.settings import Settings
from fortnight.simulate.files import FIXES_FILE
from fortnight.vault.keys import FileKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fortnight.service import Service

ALL_DAY: Final = range(24)
_GRANTS: Final = ("trace.phone",)
_ROWS_A_DRAIN: Final = 10_000_000
_MOST_SENT: Final = 20


class Several(NamedTuple):
    """Everything that some people's phones recorded: person ``k`` has rows between two bounds."""

    names: list[str]  # as p0000017
    bounds: NDArray[np.int64]
    fixes: Fixes


def service_in(folder: Path, now: int, database_url: str) -> Service:
    """Open a service in a folder, made where it is missing, whose clock stands still."""
    settings = Settings(
        home=folder / "home",
        keys=folder / "keys",
        programme_end=(datetime.fromtimestamp(now / 1_000, tz=UTC) + timedelta(days=300)).date(),
        database_url=database_url,
    )
    if not settings.keys.exists():
        FileKeys.create(settings.keys).close()
    return open_service(settings, clock=lambda: now, random=token_bytes)


def fill(service: Service, town: Path, now: int, hours: range = ALL_DAY) -> list[str]:
    """Enrol everybody, and drain what their phones sent; return the names who sent most.

    ``hours``: of each day (UTC) only what was recorded in these is taken.
    """
    sent: dict[str, int] = {}
    waiting = 0
    with timed("enrolling, and fixes into the lake"):
        for some in several(town / FIXES_FILE, hours):
            _arrive(service, some, now)
            sent |= dict(zip(some.names, np.diff(some.bounds).tolist(), strict=True))
            waiting += len(some.fixes.time)
            if waiting > _ROWS_A_DRAIN:
                service.drain.drain(now)
                waiting = 0
        service.drain.drain(now)
    with timed("every day's index"):
        service.days.refresh(now)
    service.log.sequence(now)
    return sorted(sent, key=lambda name: (-sent[name], name))[:_MOST_SENT]


def number_of(name: str) -> str:
    """Return the phone number of somebody of a town."""
    return f"+3712{int(name[1:]):07d}"


def several(file: Path, hours: range = ALL_DAY) -> Iterator[Several]:
    """Yield everybody's fixes of some hours, some people at a time, as the file is sorted."""
    rest: Any = None
    with pq.ParquetFile(file) as town:
        for group in range(town.metadata.num_row_groups):
            table = _within(town.read_row_group(group), hours)
            table = table if rest is None else pa.concat_tables([rest, table])
            names = table["participant"].combine_chunks().dictionary_encode()
            last = int(np.searchsorted(names.indices.to_numpy(), len(names.dictionary) - 1))
            rest = table.slice(last)  # the next group may go on with them
            if last:
                yield _several(table.slice(0, last))
    yield _several(rest)


def _within(table: Any, hours: range) -> Any:  # noqa: ANN401 - Arrow's own types
    hour = table["time"].to_numpy().astype("datetime64[h]").astype(np.int64) % len(ALL_DAY)
    return table.filter(pa.array(np.isin(hour, np.array(hours))))


def _several(table: Any) -> Several:  # noqa: ANN401 - Arrow's own types
    names = table["participant"].combine_chunks().dictionary_encode()
    people = names.dictionary.to_pylist()
    bounds = np.searchsorted(names.indices.to_numpy(), np.arange(len(people) + 1))
    sources = {name: code for code, name in enumerate(SOURCES)}
    codes = table["source"].combine_chunks().dictionary_encode()
    known = np.array([sources[name] for name in codes.dictionary.to_pylist()], dtype=np.uint8)
    lon, lat = (np.rint(table[name].to_numpy() * 1e7).astype(np.int32) for name in ("lon", "lat"))
    fixes = Fixes(
        table["time"].to_numpy().astype("datetime64[ms]").astype(np.int64),
        lon,
        lat,
        table["accuracy"].to_numpy().astype(np.float32),
        known[codes.indices.to_numpy()],
    )
    return Several(people, bounds, fixes)


def _arrive(service: Service, some: Several, now: int) -> None:
    people = service.vault.enrol_many(
        [number_of(name) for name in some.names], language="en", now=now
    )
    versions = {kind: current_text(kind, "en").version for kind in _GRANTS}
    give_many(service.consents, people, versions, language="en", by="self", now=now)
    rows = [
        {
            "person": person,
            "kind": "fixes",
            "origin": "phone",
            "received_at": now,
            "rows": int(end - first),
            "sealed": service.vault.seal(person, _packed(some.fixes, first, end), b"arrival"),
        }
        for person, first, end in zip(people, some.bounds[:-1], some.bounds[1:], strict=True)
    ]
    with service.database.write() as connection:
        connection.execute(insert(arrival), rows)


def _packed(whole: Fixes, first: int, end: int) -> bytes:
    rows = slice(first, end)
    return pack_fixes(
        Fixes(
            whole.time[rows],
            whole.lon_e7[rows],
            whole.lat_e7[rows],
            whole.accuracy[rows],
            whole.source[rows],
        )
    )


@contextmanager
def timed(what: str, told: Callable[[str], None] = print) -> Iterator[None]:
    """Say how long something took."""
    begun = time.perf_counter()
    yield
    told(f"{what}: {time.perf_counter() - begun:.1f} s")
