"""What became of the rows of one input: received = kept + refused, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.evidence.batches import FixBatch, RawFixes, RawStays, StayBatch
from fortnight.evidence.checks import FIX_RULES, STAY_RULES, Limits, fix_faults, stay_faults
from fortnight.evidence.schema import InputReport, Refusal
from fortnight.evidence.sign_checks import SIGN_RULES, sign_faults
from fortnight.evidence.signs import RawSigns, SignBatch
from fortnight.evidence.tables.cells import SITE_RULES, RawSites, site_faults
from fortnight.evidence.times import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_EXAMPLES: Final = 12
MAX_EXAMPLES_A_REASON: Final = 3
MAX_DETAIL: Final = 100
_TIME_REASONS: Final = frozenset({"bad-time", "no-offset", "future", "outside-window"})


class Tally:
    """Counts the rows of one input, keeps a few examples, and cuts out what was refused."""

    def __init__(self, path: str, place: int, limits: Limits) -> None:
        self.path = path
        self.format = "none"
        self.kept = 0
        self.problem: str | None = None  # why the file was not read at all
        self._place = place
        self._limits = limits
        self._refused: dict[str, int] = {}
        self._examples: list[Refusal] = []
        self._stop: tuple[str, str] | None = None

    @property
    def received(self) -> int:
        """Rows seen so far."""
        return self.kept + sum(self._refused.values())

    def refuse(self, reason: str, where: str, detail: str, count: int = 1) -> None:
        """Count `count` records that never became rows, with one of them as an example."""
        self._refused[reason] = self._refused.get(reason, 0) + count
        self._example(reason, where, detail)

    @property
    def ended_early(self) -> bool:
        """Whether the file, or its rest from some place on, could not be read."""
        return self.problem is not None or self._stop is not None

    def stopped(self, where: str, why: str) -> None:
        """Note that nothing after `where` was read, unless an earlier place is noted already."""
        if self._stop is None:
            self._stop = (where, why)

    def check_fixes(self, rows: RawFixes) -> FixBatch | None:
        """Count `rows` and return those that keep every rule, or None where none does."""
        faults = fix_faults(rows, self._limits)
        keep = self._count(rows, faults, [reason for reason, _ in FIX_RULES])
        if keep is not None and not len(keep):
            return None
        return rows.batch(self._place, keep) if len(rows.who) else None

    def check_stays(self, rows: RawStays) -> StayBatch | None:
        """Count `rows` and return those that keep every rule, or None where none does."""
        faults = stay_faults(rows, self._limits)
        keep = self._count(rows, faults, [reason for reason, _ in STAY_RULES])
        return rows.batch(self._place, keep) if keep is not None and len(keep) else None

    def check_signs(self, rows: RawSigns) -> SignBatch | None:
        """Count `rows` and return those that keep every rule, or None where none does."""
        faults = sign_faults(rows, self._limits)
        keep = self._count(rows, faults, [reason for reason, _ in SIGN_RULES])
        if keep is None or not len(keep):
            return None
        return rows.batch(self._place, keep, self._limits.now)

    def check_sites(self, rows: RawSites) -> NDArray[np.intp]:
        """Count `rows` and return the places of those that keep every rule."""
        faults = site_faults(rows)
        keep = self._count(rows, faults, [reason for reason, _ in SITE_RULES])
        return np.arange(len(rows.cell)) if keep is None else keep

    def refuse_kept(self, reason: str, count: int) -> None:
        """Count `count` rows that were kept until now as refused instead."""
        self.kept -= count
        self._refused[reason] = self._refused.get(reason, 0) + count

    def _count(
        self,
        rows: RawFixes | RawStays | RawSigns | RawSites,
        faults: NDArray[np.uint8] | None,
        reasons: Sequence[str],
    ) -> NDArray[np.intp] | None:
        """Count kept and refused rows; return the places of the kept, None standing for all."""
        if faults is None:
            self.kept += _length(rows)
            return None
        for code in np.unique(faults[faults > 0]):
            reason, broken = reasons[code - 1], np.flatnonzero(faults == code)
            self._refused[reason] = self._refused.get(reason, 0) + len(broken)
            for row in broken[:MAX_EXAMPLES_A_REASON].tolist():
                self._example(reason, rows.where(row), _shown(rows, row, reason))
        keep = np.flatnonzero(faults == 0)
        self.kept += len(keep)
        return keep

    def _example(self, reason: str, where: str, detail: str) -> None:
        """Keep the example unless there are enough, of this reason or of all."""
        alike = sum(example.reason == reason for example in self._examples)
        if alike < MAX_EXAMPLES_A_REASON and len(self._examples) < MAX_EXAMPLES:
            self._examples.append(Refusal(reason, where, shortened(detail)))

    def report(self) -> InputReport:
        """Return the counts as they stand."""
        problem = self.problem
        if problem is None and self._stop is not None:
            problem = f"{self._stop[0]}: {self._stop[1]}; {self._kept_before()}"
        return InputReport(
            path=self.path,
            format=self.format,
            received=self.received,
            kept=self.kept,
            refused=dict(sorted(self._refused.items())),
            examples=tuple(self._examples),
            problem=problem,
        )

    def _kept_before(self) -> str:
        """Say how many rows stood before the place where reading stopped."""
        few = {0: "nothing before it was kept", 1: "the one row before it was kept"}
        return few.get(self.kept, f"the {self.kept:,} rows before it were kept")


def with_refused(report: InputReport, reason: str, count: int) -> InputReport:
    """Return `report` with `count` of its kept rows refused for `reason` instead.

    Raises
    ------
    ValueError
        If that many rows were not kept: ``received = kept + refused`` could not hold.
    """
    if not 0 <= count <= report.kept:
        raise ValueError(f"cannot refuse {count} of the {report.kept} rows kept in {report.path}")
    if count == 0:
        return report
    refused = dict(report.refused)
    refused[reason] = refused.get(reason, 0) + count
    return replace(report, kept=report.kept - count, refused=dict(sorted(refused.items())))


def shortened(text: str) -> str:
    """Return `text` on one line of at most 100 characters, with nothing a terminal obeys."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_DETAIL])
    flat = " ".join(flat.split())
    return flat if len(flat) <= MAX_DETAIL else flat[: MAX_DETAIL - 1] + "…"


def _length(rows: RawFixes | RawStays | RawSigns | RawSites) -> int:
    """Return how many rows there are."""
    return len(rows.cell) if isinstance(rows, RawSites) else len(rows.who)


def _shown(rows: RawFixes | RawStays | RawSigns | RawSites, row: int, reason: str) -> str:
    """Say what was at fault in one row."""
    if isinstance(rows, (RawSigns, RawSites)):
        return rows.shown(row)
    if rows.shown is not None:
        return rows.shown(row)
    if reason == "bad-accuracy":
        return f"accuracy {rows.accuracy[row]:g} m"
    if reason == "no-participant":
        return "no participant"
    if reason in _TIME_REASONS and isinstance(rows, RawFixes):
        return iso(int(rows.time[row]))
    return f"lon {rows.lon[row]:.7g}, lat {rows.lat[row]:.7g}"
