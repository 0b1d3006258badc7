"""What a reader is given: an open file, where to count, and how the file is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortnight.evidence.source import Source
    from fortnight.evidence.tally import Tally
    from fortnight.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Reading:
    """One file being read."""

    source: Source
    tally: Tally
    level: int | None  # of JSON records, as in jsonsplit.Splitter; None where one stands a line
    parameters: Parameters
