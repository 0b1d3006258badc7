"""Who sat where in the NHS's six Bluetooth experiments, read off the pictures that lie beside them.

The office (``office-*_ground_truths.png``) is three rows of three seats in columns. Both gaps
between columns carry the label "2m", though they are drawn 247 and 292 pixels wide: columns are
known to some decimetres. The rows' distance carries no label. They are drawn 180 pixels apart,
1.2 to 1.5 m by the two scales of the columns; we take 1.5 m.

The pub (``pub_ground_truths.png``) is two tables of four seats. Opposite seats are 2 m apart
(labelled, and drawn to one scale both ways); between the nearest seats of the two tables the
picture says ">2m". We take 2.5 m. Pub-2 and pub-3 carry no labels and are drawn alike.

How high phones lay, and on which side of whom, nobody wrote down. ``bench.fits.bluetooth``
repeats the fit with other rows and gaps, to show how much hangs on these two readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Seat: TypeAlias = tuple[float, float]  # metres


@dataclass(frozen=True, slots=True)
class Spacing:
    """What the pictures leave open, metres."""

    office_row: float = 1.5
    table_gap: float = 2.5


OFFICE_COLUMN_M: Final = 2.0
PUB_OPPOSITE_M: Final = 2.0

_OFFICES: Final = {
    "office/office-1": (
        ("7008", "7004", "7016"),
        ("7014", "7015", "7002"),
        ("7018", "7030", "7019"),
    ),
    "office/office-2": (
        ("7030", "7002", "7008"),
        ("7004", "7016", "7015"),
        ("7014", "7001", "7018"),
    ),
    "office/office-3": (
        ("7018", "7016", "7015"),
        ("7014", "7030", "7002"),
        ("7008", "7004", "7019"),
    ),
}
# North, west, east and south of the western table, then of the eastern one.
_PUBS: Final = {
    "pub/pub-1": (("7008", "7016", "7030", "7014"), ("7019", "7018", "7004", "7002")),
    "pub/pub-2": (("7030", "7002", "7019", "7008"), ("7004", "7016", "7014", "7018")),
    "pub/pub-3": (("7016", "7002", "7019", "7030"), ("7018", "7008", "7004", "7014")),
}
_AROUND: Final = ((0.0, 1.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0))
EXPERIMENTS: Final = (*_OFFICES, *_PUBS)


def seats(experiment: str, spacing: Spacing) -> dict[str, Seat]:
    """Return where each device of an experiment was."""
    if experiment in _OFFICES:
        return {
            device: (column * OFFICE_COLUMN_M, row * spacing.office_row)
            for row, devices in enumerate(_OFFICES[experiment])
            for column, device in enumerate(devices)
        }
    radius = PUB_OPPOSITE_M / 2
    return {
        device: (table * (2 * radius + spacing.table_gap) + x * radius, y * radius)
        for table, devices in enumerate(_PUBS[experiment])
        for device, (x, y) in zip(devices, _AROUND, strict=True)
    }
