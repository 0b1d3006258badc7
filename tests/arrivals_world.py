"""What tests of evidence at the door share: people who agreed, messages, and what was stored."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import ipc
from sqlalchemy import select
from tests.services import NOON, Stores

from fortnight.arrivals.bounds import Bounds
from fortnight.consent.texts import current_text
from fortnight.db.tables import arrival, receipt
from fortnight.evidence.packed import unpack_fixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortnight.evidence.packed import Fixes

BOUNDS = Bounds(max_bytes=1 << 20, max_rows=10_000)


def enrolled(stores: Stores, number: str, *kinds: str) -> str:
    """Enrol a phone number with grants; return its person."""
    person = stores.vault.enrol(number, language="en", now=stores.clock())
    for kind in kinds:
        agree(stores, person, kind)
    return person


def agree(stores: Stores, person: str, kind: str) -> None:
    """Give a grant under the present text."""
    version = current_text(kind, "en").version
    stores.consents.give(
        person, kind, text_version=version, language="en", by="self", now=stores.clock()
    )


def fix(place: int = 0, **said: object) -> dict[str, object]:
    """Return a sound fix as a client says it, `place` seconds before noon."""
    known = {"time": NOON - 1_000 * place, "lon": 24.1 + place * 1e-5, "lat": 56.95}
    return {**known, "accuracy": 12.0, "source": "gnss", **said}


def message(kind: str, rows: Iterable[object], batch: str | None = "one") -> bytes:
    """Return a batch in JSON."""
    return json.dumps({"batch": batch, kind: list(rows)}).encode()


def stream(columns: Mapping[str, Any], **options: Any) -> bytes:  # noqa: ANN401 - Arrow's own
    """Return a batch as an Arrow IPC stream."""
    table = pa.table(columns)
    sink = io.BytesIO()
    with ipc.new_stream(sink, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue()


def stored(stores: Stores, kind: str = "fixes") -> list[tuple[str, bytes]]:
    """Return the person and unsealed rows of every arrival of a kind, in order."""
    with stores.database.read() as connection:
        rows = connection.execute(
            select(arrival.c.person, arrival.c.sealed)
            .where(arrival.c.kind == kind)
            .order_by(arrival.c.id)
        ).all()
    return [(row.person, stores.vault.unseal(row.person, row.sealed, b"arrival")) for row in rows]


def times_stored(stores: Stores) -> list[int]:
    """Return the times of every fix that was stored, sorted."""
    return sorted(fixes_of([data for _, data in stored(stores)]).time.tolist())


def fixes_of(parts: Sequence[bytes]) -> Fixes:
    """Return packed fixes as one."""
    return unpack_fixes(parts)[0]


def receipts(stores: Stores) -> int:
    """Return how many receipts are held."""
    with stores.database.read() as connection:
        return len(connection.execute(select(receipt.c.batch)).all())
