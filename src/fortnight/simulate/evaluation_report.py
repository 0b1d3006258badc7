"""An evaluation as a Markdown page and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fortnight.simulate.markdown import NO_NUMBER, iso, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortnight.simulate.evaluation import Calibration, Evaluation, Score


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything as dicts, lists, numbers and strings, ready for JSON.

    Scores carry their recall and precision; times are ISO 8601.
    """
    plain = asdict(evaluation)
    plain["window"] = [iso(time) for time in evaluation.window]
    for group, holder in (
        *zip((rule.scores for rule in evaluation.rules), plain["rules"], strict=True),
        *zip((split.scores for split in evaluation.splits), plain["splits"], strict=True),
    ):
        for score, entry in zip(group, holder["scores"], strict=True):
            entry["recall"], entry["precision"] = score.recall, score.precision
    return plain


def as_markdown(evaluation: Evaluation) -> str:
    """Return tables: what was found by every rule, where, with which phones, how well believed."""
    minimum = f"{evaluation.min_minutes:g}"
    start, end = (iso(time) for time in evaluation.window)
    head = (
        f"{len(evaluation.cases)} cases, {start} to {end}. Near means a true distance of at most "
        f"{evaluation.radius_m:g} m, whatever walls are between. A true pair was so for at least "
        f"{minimum} minutes in some 24 hours."
    )
    parts = [
        head,
        *(
            f"### Found by the rule “{rule.rule}”\n\n" + _scores("truth", rule.scores)
            for rule in evaluation.rules
        ),
    ]
    parts.append(
        "### Probability against truth\n\n" + _calibration("probability", evaluation.reliability)
    )
    parts.append(_calibration("", (evaluation.overall,)))
    for split in evaluation.splits:
        parts.append(f"### By {split.by}\n\n" + _scores(split.by, split.scores))
        parts.append(_calibration(split.by, split.calibration))
    return "\n\n".join(parts) + "\n"


def _scores(title: str, scores: Iterable[Score]) -> str:
    rows = [
        (s.label, str(s.true), str(s.found), str(s.both), percent(s.recall), percent(s.precision))
        for s in scores
    ]
    return table((title, "true pairs", "found", "both", "recall", "precision"), rows)


def _calibration(title: str, entries: Iterable[Calibration]) -> str:
    rows = [
        (
            c.label,
            str(c.episodes),
            f"{c.minutes:.0f}",
            percent(c.claimed),
            percent(c.near),
            NO_NUMBER if c.brier is None else f"{c.brier:.3f}",
        )
        for c in entries
    ]
    return table((title, "episodes", "minutes", "claimed", "truly near", "Brier"), rows)
