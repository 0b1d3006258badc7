"""A comparison of kinds of evidence as a Markdown page and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from fortnight.simulate.kinds import FIXES
from fortnight.simulate.markdown import iso, percent, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortnight.simulate.evaluation import Score
    from fortnight.simulate.kinds import Claimed, Comparison, Found
    from fortnight.simulate.ranking import Tenth

_WORDS: Final = {
    "room": "in one room",
    "near": "within 25 m",
    "close": "face to face",
}
_DECIMALS: Final = 3  # of an area
_GAINS: Final = {
    "fusing_gains": "all together over the best single source",
    "beats_plain": "over the plain rule",
    "beats_plain_everybody": "fixes over the plain rule, everybody ranked by either",
}


def comparison_as_dict(comparison: Comparison) -> dict[str, Any]:
    """Return everything as dicts, lists, numbers and strings, ready for JSON.

    Scores carry precision and recall, tenths whether they hold; times are ISO 8601.
    """
    plain = asdict(comparison)
    plain["window"] = [iso(time) for time in comparison.window]
    for found, entry in zip(comparison.found, plain["found"], strict=True):
        entry |= {name: getattr(found, name) for name in _GAINS}
        for row, held in zip(found.rows, entry["rows"], strict=True):
            held["score"] |= {"precision": row.score.precision, "recall": row.score.recall}
    for score, entry in zip(comparison.said_room, plain["said_room"], strict=True):
        entry |= {"precision": score.precision, "recall": score.recall}
    for claimed, entry in zip(comparison.claimed, plain["claimed"], strict=True):
        for tenth, held in zip(claimed.tenths, entry["tenths"], strict=True):
            held |= {"share": tenth.share, "interval": tenth.interval, "holds": tenth.holds}
    return plain


def comparison_as_markdown(comparison: Comparison) -> str:
    """Return tables: what every kind of evidence finds, side by side, and what it claims."""
    start, end = (iso(time) for time in comparison.window)
    head = (
        f"{len(comparison.cases)} cases, {start} to {end}. A pair of a case and another is true "
        f"where it was so for at least {comparison.min_minutes:g} minutes in some 24 hours."
    )
    parts = [head]
    for found in comparison.found:
        parts += _found(found)
    if comparison.said_room:
        parts.append("### Where the trace says “same room”")
        parts.append(_said(comparison.said_room))
    for claimed in comparison.claimed:
        parts += _claimed(claimed)
    return "\n\n".join(parts) + "\n"


def _found(found: Found) -> list[str]:
    rows = [(*_counts(row.score), f"{row.area:.3f}") for row in found.rows]
    head = ("evidence", "true pairs", "listed", "both", "precision", "recall", "area")
    gains = [
        f"{words} {getattr(found, name):+.3f}"
        for name, words in _GAINS.items()
        if getattr(found, name) is not None
    ]
    said = f"Area: {'; '.join(gains)}." if gains else f"Area: of {FIXES} alone."
    worse = round(found.fusing_gains or 0.0, _DECIMALS) < 0.0
    verdict = "**Fusing is worse than the best single source here.**" if worse else ""
    return [f"### Found: {_WORDS[found.truth]}", table(head, rows), f"{said} {verdict}".rstrip()]


def _said(scores: Iterable[Score]) -> str:
    head = ("evidence", "true pairs", "said", "both", "precision", "recall")
    return table(head, [_counts(score) for score in scores])


def _counts(score: Score) -> tuple[str, ...]:
    numbers = (str(number) for number in (score.true, score.found, score.both))
    return score.label, *numbers, percent(score.precision), percent(score.recall)


def _claimed(claimed: Claimed) -> list[str]:
    head = ("claimed", "contacts", "mean", "true", "99 % by chance", "holds")
    failed = sum(not tenth.holds for tenth in claimed.tenths)
    verdict = f"{failed} of {len(claimed.tenths)} rows fail."
    return [
        f"### Claimed by {claimed.kind}: {claimed.claim}",
        table(head, [_tenth(tenth) for tenth in claimed.tenths]),
        f"{claimed.count} contacts, Brier score {claimed.brier:.4f}; {verdict}",
    ]


def _tenth(tenth: Tenth) -> tuple[str, ...]:
    around = tenth.interval
    return (
        f"{tenth.low:.1f} to {tenth.low + 0.1:.1f}",
        str(tenth.count),
        percent(tenth.claimed),
        percent(tenth.share),
        "" if around is None else f"{100 * around[0]:.1f} to {100 * around[1]:.1f}",
        "pass" if tenth.holds else "**fail**",
    )
