"""Until when somebody is asked to stay home: the day, the rule behind it, what changes it. Pure.

Nothing else is an argument here: not whether they answered, not where they were. So neither can
make a release later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fortnight.risk.disease import Disease
    from fortnight.risk.support import Isolation

Rule = Literal[
    "not-asked",
    "days-after-exposure",
    "immunity-first",
    "immune",
    "days-after-onset",
    "days-without-symptoms",
    "days-after-test",
    "treatment",
    "clinician",
    "no-rule",
]
Changer = Literal[
    "last-exposure",
    "tier",
    "disease",
    "immunity",
    "onset",
    "last-symptom",
    "treatment",
    "clinician",
    "test-withdrawn",
]


@dataclass(frozen=True, slots=True)
class Ill:
    """What a case's release follows from; days since 1970.

    ``last_symptom_day`` is the last day on which they said that they had any; None where they
    never had, or never said: nobody is kept at home for having said nothing.
    """

    onset_day: int | None
    test_day: int
    last_symptom_day: int | None = None
    treatment_day: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The last day at home (days since 1970), and why that one.

    Attributes
    ----------
    day : int or None
        None where nobody asks them to stay home, or a person decides when it ends.
    rule : str
        A word of ``texts/release.toml``.
    values : tuple
        What stands in the rule's sentence.
    source, checked : str
        Whose rule it is, and how far that was checked.
    changes : tuple of str
        What would change the day: words of ``texts/release.toml``.
    """

    day: int | None
    rule: Rule
    values: tuple[tuple[str, int], ...]
    source: str
    checked: str
    changes: tuple[Changer, ...]


def release_of_contact(
    disease: Disease, last_day: int, tier: str | None, *, immune: bool | None
) -> Release:
    """Return until when a contact is asked to stay home, after the last exposure."""
    own: tuple[Changer, ...] = ("last-exposure", "tier", "disease", "test-withdrawn")
    if tier == "asked-to-stay-home" and disease.stay_home is not None:
        home = disease.stay_home
        values = (("days", home.days), ("last_day", last_day))
        day = last_day + home.days
        return Release(day, "days-after-exposure", values, home.source, home.checked, own)
    if tier == "asked-about-immunity" and disease.immunity is not None:
        asked = disease.immunity
        rule: Rule = "immunity-first" if immune is None else "immune"
        if immune is False:
            values = (("days", asked.stay_home_last_day), ("last_day", last_day))
            day = last_day + asked.stay_home_last_day
            changes: tuple[Changer, ...] = ("immunity", *own)
            return Release(day, "days-after-exposure", values, asked.source, asked.checked, changes)
        return Release(None, rule, (), asked.source, asked.checked, ("immunity", *own))
    tiers = disease.tiers
    return Release(None, "not-asked", (), tiers.source, tiers.checked, own)


def release_of_case(disease: Disease, ill: Ill) -> Release:
    """Return until when a person who tested positive is asked to stay home."""
    rule = disease.isolation
    if rule is None:
        return Release(None, "no-rule", (), "", "unchecked", ("clinician", "test-withdrawn"))
    treated = _treated(rule, ill)
    by_days = _by_days(rule, ill)
    if treated is not None and (by_days is None or treated[0] < by_days[0]):
        return _release(rule, *treated)
    return (
        _release(rule, *by_days) if by_days is not None else _release(rule, None, "clinician", ())
    )


def _release(
    rule: Isolation, day: int | None, name: Rule, values: tuple[tuple[str, int], ...]
) -> Release:
    changes: list[Changer] = ["onset"] if rule.days is not None else []
    changes += ["last-symptom"] if rule.symptom_free_days else []
    changes += ["treatment"] if rule.treatment_days is not None else []
    changes += ["clinician", "disease", "test-withdrawn"]
    return Release(day, name, values, rule.source, rule.checked, tuple(changes))


def _treated(rule: Isolation, ill: Ill) -> tuple[int, Rule, tuple[tuple[str, int], ...]] | None:
    if rule.treatment_days is None or ill.treatment_day is None:
        return None
    values = (("days", rule.treatment_days), ("treatment_day", ill.treatment_day))
    return ill.treatment_day + rule.treatment_days, "treatment", values


def _by_days(rule: Isolation, ill: Ill) -> tuple[int, Rule, tuple[tuple[str, int], ...]] | None:
    if rule.days is None:
        return None
    if ill.onset_day is None:
        days = rule.without_symptoms_days or rule.days
        values = (("days", days), ("test_day", ill.test_day))
        return ill.test_day + days, "days-after-test", values
    by_onset = ill.onset_day + rule.days
    last = ill.onset_day if ill.last_symptom_day is None else ill.last_symptom_day
    free = last + rule.symptom_free_days
    if rule.symptom_free_days and free > by_onset:
        said = (("days", rule.symptom_free_days), ("last_symptom_day", last))
        return free, "days-without-symptoms", said
    return by_onset, "days-after-onset", (("days", rule.days), ("onset_day", ill.onset_day))
