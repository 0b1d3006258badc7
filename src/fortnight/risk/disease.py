"""Diseases as files: the windows, the minimum, and how infectious a case is on each day."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec

from fortnight.errors import DiseaseError

_LEAST_MASS = 0.9  # published tables leave out the tails


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ValueError("the source is empty: say where the figure comes from")


class ContactRule(_Part, frozen=True):
    """How long people must be near each other, added up in how many hours."""

    min_minutes: float
    within_hours: float


class Days(_Part, frozen=True):
    """First and last day of a window, counted from onset, both included."""

    first_day: int
    last_day: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        super().__post_init__()
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")


class Infectiousness(_Part, frozen=True):
    """Share of all transmission on each day from ``first_day`` on."""

    first_day: int
    mass: list[float]

    def __post_init__(self) -> None:
        """Refuse a curve that is no distribution."""
        super().__post_init__()
        if not self.mass or min(self.mass) < 0 or not _LEAST_MASS <= sum(self.mass) <= 1.0 + 1e-9:
            raise ValueError("mass must be shares of a whole: none negative, 0.9 to 1 in all")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str
    contact: ContactRule
    look_back: Days
    look_forward: Days
    infectiousness: Infectiousness


@dataclass(frozen=True, slots=True)
class Disease:
    """One disease's rules. Days count from onset (or from the test where there is no onset)."""

    id: str
    name: str
    version: str
    contact: ContactRule
    look_back: Days
    look_forward: Days
    infectiousness: Infectiousness

    def relative_infectiousness(self, day: int) -> float:
        """Infectiousness on ``day`` as a share of the highest day's; 0 outside the curve."""
        curve = self.infectiousness
        place = day - curve.first_day
        inside = 0 <= place < len(curve.mass)
        return curve.mass[place] / max(curve.mass) if inside else 0.0


def diseases() -> tuple[str, ...]:
    """Return the ids of the diseases that come with the library."""
    folder = resources.files("fortnight.risk").joinpath("diseases")
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")),
    )


def load_disease(which: str) -> Disease:
    """Return a disease by id, or from a TOML file of the same layout.

    Raises
    ------
    DiseaseError
        Unknown id, unreadable file, unknown key, missing source or an impossible window.
    """
    if which in diseases():
        text = resources.files("fortnight.risk").joinpath(f"diseases/{which}.toml").read_text()
        return _parsed(which, text, which)
    path = Path(which)
    if path.suffix != ".toml" or not path.is_file():
        raise DiseaseError(
            f"There is no disease {which!r}. Known: {', '.join(diseases())}; "
            "or give a .toml file of the same layout.",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise DiseaseError(f"{path}: cannot be read as text: {error}.") from error
    return _parsed(path.stem, text, str(path))


def _parsed(identifier: str, text: str, where: str) -> Disease:
    try:
        parts = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DiseaseError(f"{where}: {error}.") from error
    return Disease(
        id=identifier,
        name=parts.name,
        version=parts.version,
        contact=parts.contact,
        look_back=parts.look_back,
        look_forward=parts.look_forward,
        infectiousness=parts.infectiousness,
    )
