"""Hold folders of ``fortnight simulate`` to their truth, and write the tables into the documents.

    python -m bench.fits.judged "judged, town 301=FOLDER:100" "fitted, InVS13=FOLDER:92" --write

Each argument is what a folder is called, where it lies and how many cases are traced. The tables
are a part of what ``fortnight evaluate FOLDER`` prints, side by side.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bench.fits.clusters import around
from fortnight.cli.selections import trace_by_evidence
from fortnight.simulate.claims import CLAIMS, read_claims
from fortnight.simulate.kinds import (
    ALL,
    BLUETOOTH,
    CHECK_INS,
    FIXES,
    FIXES_EVERYBODY,
    PLAIN,
    PLAIN_EVERYBODY,
    compare,
    true_pairs,
)
from fortnight.simulate.known import (
    choose_cases,
    days_of,
    read_kinds,
    read_people,
    read_truth,
    town_window,
)
from fortnight.simulate.markdown import percent, table
from fortnight.simulate.ranking import TENTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortnight.cli.selections import Said
    from fortnight.simulate.kinds import Claimed, Comparison

PAGE: Final = Path(__file__).parents[2] / "docs" / "how-contacts-are-decided.md"
BEGIN: Final = "<!-- judged: begin -->"
END: Final = "<!-- judged: end -->"
AREAS: Final = (FIXES, BLUETOOTH, CHECK_INS, ALL, PLAIN, FIXES_EVERYBODY, PLAIN_EVERYBODY)
TRUTHS: Final = {"room": "one room", "near": "25 m", "close": "face to face"}


class Judged(NamedTuple):
    """How every kind of evidence does in one folder, and how far cases drawn anew move tenths."""

    compared: Comparison
    moved: dict[tuple[str, str], dict[int, tuple[float, float]]]  # by evidence and claim


def judge(folder: Path, cases: int, households: str = "") -> Judged:
    """Judge one folder, with cases of some households or all."""
    chosen = choose_cases(folder, cases, 1)
    chosen = [case for case in chosen if not households or case[0] in households]
    traces = trace_by_evidence(folder, chosen, days_of(town_window(folder)), _silent)
    return Judged(compare(folder, tuple(chosen), traces), _moved(folder, tuple(chosen), traces))


def _moved(
    folder: Path, cases: tuple[str, ...], traces: dict[str, dict[str, Said]]
) -> dict[tuple[str, str], dict[int, tuple[float, float]]]:
    """Return between what each tenth's share lies if the cases had been others."""
    people = read_people(folder)
    truth, known = read_truth(folder, people, sorted(cases)), read_kinds(folder)
    moved = {}
    for kind in (FIXES, ALL):
        claims = read_claims(people, traces.get(kind, {}))
        for claim, about in CLAIMS.items():
            of = (claims.about == about) & ~np.isnan(claims.probability)
            if about in known and of.any():
                hit = np.isin(claims.pair[of], true_pairs(people, truth, about))
                whose = claims.pair[of] // len(people.names)
                moved[kind, claim] = around(claims.probability[of], hit, whose)
    return moved


def _silent(done: int, of: int) -> None:
    del done, of


def areas(compared: dict[str, Comparison]) -> str:
    """Return the areas under the curve, folders and kinds of truth as rows."""
    head = ("folder", "truth", "pairs", "fixes", "Bluetooth", "check-ins", "all", "all less best",
            "plain rule", "all less plain", "fixes, everybody", "plain, everybody")  # fmt: skip
    rows = []
    for name, one in compared.items():
        for found in one.found:
            values = {kind: _number(found.area(kind)) for kind in AREAS}
            rows.append(
                (
                    name,
                    TRUTHS[found.truth],
                    str(found.rows[0].score.true),
                    *(values[kind] for kind in (FIXES, BLUETOOTH, CHECK_INS, ALL)),
                    _gain(found.fusing_gains),
                    values[PLAIN],
                    _gain(found.beats_plain),
                    values[FIXES_EVERYBODY],
                    values[PLAIN_EVERYBODY],
                )
            )
    return table(head, rows)


def _number(area: float | None) -> str:
    return "" if area is None else f"{area:.3f}"


def _gain(gain: float | None) -> str:
    if gain is None:
        return ""
    said = f"{gain:+.3f}"
    return f"**{said}**" if round(gain, 3) < 0 else said


def lists(compared: dict[str, Comparison]) -> str:
    """Return precision and recall of what is listed, and of what is said to be one room."""
    head = ("folder", "truth", "evidence", "listed", "precision", "recall", "said one room",
            "precision", "recall")  # fmt: skip
    rows = []
    for name, one in compared.items():
        found = one.found[0]
        said = {score.label: score for score in one.said_room}
        for row in found.rows:
            score = row.score
            if score.label in (FIXES_EVERYBODY, PLAIN_EVERYBODY):
                continue
            room = said.get(score.label)
            spoken = room is not None and room.found > 0
            rows.append(
                (
                    name,
                    TRUTHS[found.truth],
                    score.label,
                    str(score.found),
                    percent(score.precision),
                    percent(score.recall),
                    str(room.found) if room is not None and spoken else "",
                    percent(room.precision) if room is not None and spoken else "",
                    percent(room.recall) if room is not None and spoken else "",
                )
            )
    return table(head, rows)


def reliability(judged: dict[str, Judged]) -> str:
    """Return every tenth of every claim; of Bluetooth's those by all together."""
    head = ("folder", "evidence", "claim", "tenth", "contacts", "claimed", "true",
            "99 % by chance", "99 %, other cases", "holds")  # fmt: skip
    return table(head, [row for name, one in judged.items() for row in _tenths(name, one)])


def _tenths(name: str, one: Judged) -> Iterator[tuple[str, ...]]:
    for claimed in one.compared.claimed:
        if claimed.kind not in (FIXES, ALL):
            continue
        moved = one.moved[claimed.kind, claimed.claim]
        for tenth in claimed.tenths:
            yield (
                name,
                claimed.kind,
                _about(claimed),
                f"{tenth.low:.1f} to {tenth.low + 0.1:.1f}",
                str(tenth.count),
                percent(tenth.claimed),
                percent(tenth.share),
                _between(tenth.interval),
                _between(moved.get(round(tenth.low * TENTHS))),
                "pass" if tenth.holds else "**fail**",
            )


def _between(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"


def _about(claimed: Claimed) -> str:
    return claimed.claim.partition(" for ")[0]


def scores(compared: dict[str, Comparison]) -> str:
    """Return Brier scores, and how many rows hold."""
    head = ("folder", "evidence", "claim", "contacts", "true", "Brier", "always the mean",
            "rows that hold", "contacts in them")  # fmt: skip
    rows = []
    for name, one in compared.items():
        for claimed in one.claimed:
            true = sum(tenth.true for tenth in claimed.tenths) / claimed.count
            held = [tenth for tenth in claimed.tenths if tenth.holds]
            rows.append(
                (
                    name,
                    claimed.kind,
                    _about(claimed),
                    str(claimed.count),
                    percent(true),
                    f"{claimed.brier:.4f}",
                    f"{true * (1 - true):.4f}",
                    f"{len(held)} of {len(claimed.tenths)}",
                    percent(sum(tenth.count for tenth in held) / claimed.count),
                )
            )
    return table(head, rows)


def main(arguments: list[str] | None = None) -> None:
    """Judge, print, and with --write replace what stands in the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", help="NAME=FOLDER:CASES or FOLDER:CASES:HOUSEHOLDS")
    parser.add_argument("--write", action="store_true", help="replace the tables in the page")
    options = parser.parse_args(arguments)
    judged = {}
    for given in options.folders:
        name, _, place = given.partition("=")
        folder, cases, households = (*place.split(":"), "")[:3]
        judged[name] = judge(Path(folder), int(cases), households)
    compared = {name: one.compared for name, one in judged.items()}
    parts = {
        "Area under the curve of precision over recall": areas(compared),
        "What is listed, and what is called one room": lists(compared),
        "Brier scores": scores(compared),
        "Claimed against true, tenth by tenth": reliability(judged),
    }
    text = "\n\n".join(f"### {title}\n\n{rows}" for title, rows in parts.items())
    print(text)
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
