"""The signs of one day that are of a case: what phones heard, calls, check-ins at one venue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fortnight.evidence.arrange import arrange
from fortnight.evidence.pile import batches_of
from fortnight.evidence.schema import NO_SIGNS, SIGNS, Signs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fortnight.contact.window import Window
    from fortnight.lake.own import Hidden

GRANTS: Final[Mapping[str, str]] = {
    "encounters": "trace.bluetooth",
    "visits": "trace.visits",
    "ties": "trace.ties",
}
"""The grant that each kind of sign needs."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Signs of a case on one day; people by their names of that day."""

    signs: Signs
    others: Mapping[str, frozenset[str]]  # name -> kinds of sign


def check_ins(signs: Signs, name: str | None, hidden: Hidden) -> pa.Table:
    """Return the case's own check-ins of a day that they did not hide."""
    table = signs.visits.filter(pc.equal(signs.visits["participant"], _text(name)))
    return table.filter(pa.array(~hidden.touches(_ms(table["start"]), _ms(table["end"]))))


def shared_on(
    signs: Signs, name: str | None, own_visits: pa.Table, window: Window, hidden: Hidden
) -> Shared:
    """Return what a day's signs say of the case (``name``; None where the day has none).

    ``own_visits`` are the case's check-ins of all days: one that begins before midnight is shared
    with whoever came after.
    """
    encounters = _between(signs.encounters, name, window, hidden)
    ties = _between(signs.ties, name, window, hidden)
    visits = _at_same_venues(signs.visits, name, own_visits, window)
    others: dict[str, set[str]] = {}
    for kind, table in (("encounters", encounters), ("ties", ties), ("visits", visits)):
        for column in {"participant", "other"} & set(table.column_names):
            for other in map(str, table[column].to_pylist()):
                if other != name:
                    others.setdefault(other, set()).add(kind)
    mine = own_visits.filter(pc.equal(own_visits["participant"], _text(name)))
    found = Signs(encounters, NO_SIGNS.windows, pa.concat_tables([visits, mine]), ties)
    return Shared(found, {other: frozenset(kinds) for other, kinds in others.items()})


def _between(table: pa.Table, name: str | None, window: Window, hidden: Hidden) -> pa.Table:
    """Return the rows that name the case and begin in the window, without the hidden."""
    mine: Any = pc.or_(
        pc.equal(table["participant"], _text(name)), pc.equal(table["other"], _text(name))
    )
    table = table.filter(mine)
    start = _ms(table["start"])
    end = _ms(table["end"]) if "end" in table.column_names else start
    kept = (start >= window.start) & (start < window.end) & ~hidden.touches(start, end)
    return table.filter(pa.array(kept))


def _at_same_venues(table: pa.Table, name: str | None, own: pa.Table, window: Window) -> pa.Table:
    """Return the others' check-ins that overlap one of the case's at its venue, in the window."""
    at_venue: Any = pc.is_in(table["venue"], value_set=own["venue"].combine_chunks())
    table = table.filter(at_venue)
    if name is not None:
        table = table.filter(pc.not_equal(table["participant"], _text(name)))
    start, end = _ms(table["start"]), _ms(table["end"])
    venues = np.array(table["venue"].to_pylist(), dtype=object)
    kept = np.zeros(table.num_rows, dtype=np.bool_)
    rows = zip(own["venue"].to_pylist(), _ms(own["start"]), _ms(own["end"]), strict=True)
    for venue, low, high in rows:
        first, last = max(low, window.start), min(high, window.end)
        kept |= (venues == venue) & (np.minimum(end, last) > np.maximum(start, first))
    return table.filter(pa.array(kept))


def renamed(parts: list[tuple[Signs, Callable[[str], str | None]]]) -> Signs:
    """Return the signs of several days under other names, in order, each once.

    A row that names somebody without a new name is left out.
    """
    tables: dict[str, list[pa.Table]] = {kind: [SIGNS[kind].empty_table()] for kind in SIGNS}
    for signs, name_of in parts:
        for kind, table in signs.tables().items():
            if table.num_rows:
                tables[kind].append(_renamed(table, name_of))
    whole = Signs(**{kind: pa.concat_tables(some) for kind, some in tables.items()})
    return arrange(batches_of(whole), lambda: ()).signs


def _renamed(table: pa.Table, name_of: Callable[[str], str | None]) -> pa.Table:
    known = np.ones(table.num_rows, dtype=np.bool_)
    for column in ("participant", "other"):
        if column in table.column_names:
            names = [name_of(str(name)) for name in table[column].to_pylist()]
            known &= np.array([name is not None for name in names], dtype=np.bool_)
            place = table.column_names.index(column)
            field = table.schema.field(column)
            table = table.set_column(place, field, pa.array([n or "" for n in names], pa.string()))
    return table.filter(pa.array(known))


def _text(name: str | None) -> Any:  # noqa: ANN401 - Arrow's scalars are not typed
    return pa.scalar(name or "", pa.string())


def _ms(column: pa.ChunkedArray[Any]) -> NDArray[np.int64]:
    return column.cast(pa.int64()).to_numpy()
