"""Diseases as files: periods, windows, rules, and how infectious a case is on each day."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fortnight.errors import DiseaseError
from fortnight.risk.actions import (
    FollowUp,
    Immunity,
    Setting,
    StayHome,
    Testing,
    TierRule,
    Transmission,
)
from fortnight.risk.figures import AnyPeriod, ContactRule, Days, Infectiousness
from fortnight.risk.infectiousness import relative_since_test, since_test
from fortnight.risk.support import Isolation, Masks, Symptoms

if TYPE_CHECKING:
    from fortnight.risk.infectiousness import Curve

_LEAST_FOLLOWED = 0.25


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a disease file holds; every part but the last ones must be there."""

    name: str
    variant: str
    version: str
    onset: str
    contact: ContactRule
    look_back: Days
    look_forward: Days
    infectiousness: Infectiousness
    incubation: AnyPeriod
    latent: AnyPeriod
    follow_up: FollowUp
    testing: Testing
    tiers: TierRule
    onset_to_test: AnyPeriod | None = None
    stay_home: StayHome | None = None
    immunity: Immunity | None = None
    setting: Setting | None = None
    transmission: Transmission | None = None
    symptoms: Symptoms | None = None
    isolation: Isolation | None = None
    masks: Masks | None = None

    def __post_init__(self) -> None:
        """Refuse parts that contradict each other."""
        for key in ("name", "variant", "version", "onset"):
            if not getattr(self, key).strip():
                raise ValueError(f"{key} is empty")
        self._check_windows()
        self._check_follow_up()
        self._check_tiers()

    def _check_windows(self) -> None:
        back, forward = self.look_back, self.look_forward
        if back.first_day > forward.first_day or back.last_day > forward.last_day:
            raise ValueError(
                f"look_back ({back.first_day} to {back.last_day}) comes after look_forward "
                f"({forward.first_day} to {forward.last_day}): a case was infected before it "
                "could infect",
            )
        if self.infectiousness.curve().inside(forward.first_day, forward.last_day) <= 0.0:
            raise ValueError("look_forward has no day on which infectiousness is above 0")

    def _check_follow_up(self) -> None:
        days = self.follow_up.days
        if self.incubation.cdf(days) < _LEAST_FOLLOWED:
            raise ValueError(
                f"follow_up.days is {days}: by then not a quarter of those infected would have "
                "fallen ill, by the incubation given",
            )
        home = self.stay_home.days if self.stay_home else 0
        if home > days:
            raise ValueError(f"stay_home.days is {home}, longer than follow_up.days {days}")

    def _check_tiers(self) -> None:
        asked = self.tiers.close, self.tiers.place
        if "asked-to-stay-home" in asked and self.stay_home is None:
            raise ValueError("tiers asks to stay home, but stay_home, the days, is missing")
        if ("asked-about-immunity" in asked) != (self.immunity is not None):
            raise ValueError("immunity and a tier that asks about it go together")
        if self.contact.kind != "shared-air" and self.tiers.place == "asked-to-stay-home":
            raise ValueError(
                "tiers.place: nobody is asked to stay home for a shared place with a disease "
                f"of contact.kind {self.contact.kind!r}",
            )
        if self.contact.kind == "prompts" and self.tiers.place != "to-ask":
            raise ValueError('tiers.place must be "to-ask" where a place only prompts questions')


class Disease(_File, frozen=True, kw_only=True):
    """One disease's rules. Days count from onset (or from the test where there is no onset)."""

    id: str

    @property
    def curve(self) -> Curve:
        """Share of all transmission by day since onset."""
        return self.infectiousness.curve()

    @property
    def curve_checked(self) -> bool:
        """Whether the curve was measured on this variant, and read where it was published."""
        measured = self.variant in self.infectiousness.measured_on
        return measured and self.infectiousness.checked != "unchecked"

    @property
    def curve_since_test(self) -> Curve:
        """The curve by day since the test, averaged over when the onset may have been.

        The curve since onset itself where no ``onset_to_test`` is held: the test then stands for
        the onset.
        """
        if self.onset_to_test is None:
            return self.curve
        return since_test(self.curve, self.onset_to_test.law())

    def relative_infectiousness(self, day: int) -> float:
        """Infectiousness on ``day`` as a share of the highest day's; 0 outside the curve."""
        return self.curve.relative(day)

    def relative_infectiousness_since_test(self, day: int) -> float:
        """Return the mean relative infectiousness ``day`` days after the test, onset unknown."""
        if self.onset_to_test is None:
            return self.curve.relative(day)
        return relative_since_test(self.curve, self.onset_to_test.law(), day)


@cache  # they come with the library: a page would list the folder several times
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
        return _own(which)
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


@lru_cache(maxsize=64)
def _own(which: str) -> Disease:
    text = resources.files("fortnight.risk").joinpath(f"diseases/{which}.toml")
    return _parsed(which, text.read_text(encoding="utf-8"), which)


def _parsed(identifier: str, text: str, where: str) -> Disease:
    try:
        parts = tomllib.loads(text)
        msgspec.convert(parts, _File)  # so that a file's own `id` is refused as unknown
        return msgspec.convert(parts | {"id": identifier}, Disease)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DiseaseError(f"{where}: {error}.") from error
