"""What a reader is given: an open file, where to count, and how the file is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fortnight.evidence.batches import FixBatch, RawFixes, RawStays, StayBatch
    from fortnight.evidence.signs import RawSigns, SignBatch
    from fortnight.evidence.source import Source
    from fortnight.evidence.tables.cells import RawEvents, RawSites
    from fortnight.evidence.tally import Tally
    from fortnight.parameters import Parameters

    Raw: TypeAlias = RawFixes | RawStays | RawSigns | RawSites | RawEvents
    """Rows as a reader understood them, before any check."""
    Batch: TypeAlias = FixBatch | StayBatch | SignBatch
    """Rows that passed every check."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One file being read."""

    source: Source
    tally: Tally
    level: int | None  # of JSON records, as in jsonsplit.Splitter; None where one stands a line
    parameters: Parameters
    enrolled: frozenset[str] | None = None  # those who agreed that an operator gives their data
