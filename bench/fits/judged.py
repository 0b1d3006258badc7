"""Hold folders of ``fortnight simulate`` to their truth, and write the tables into the documents.

    python -m bench.fits.judged "judged, town 301=FOLDER:100" "fitted, InVS13=FOLDER:92" --write

Each argument is what a folder is called, where it lies and how many cases are traced. The tables
are a part of what ``fortnight evaluate FOLDER`` prints, side by side. ``--together "town 30"`` adds
one table more: the tenths of all folders whose names hold those words, taken together. What is
claimed of "within 25 m" is judged by whole towns (``bench.fits.everybody``), not here.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.fits.page import put_tables
from bench.fits.pooled import HEAD, Pairs, pairs_of, short, silent, tenth_rows, together
from fortnight.cli.selections import trace_by_evidence
from fortnight.contact.calibration import FACE_TO_FACE
from fortnight.simulate.kinds import (
    ALL,
    BLUETOOTH,
    CHECK_INS,
    FIXES,
    FIXES_EVERYBODY,
    PLAIN,
    PLAIN_EVERYBODY,
    compare,
)
from fortnight.simulate.known import choose_cases, days_of, town_window
from fortnight.simulate.markdown import percent, table

if TYPE_CHECKING:
    from fortnight.simulate.kinds import Comparison

AREAS: Final = (FIXES, BLUETOOTH, CHECK_INS, ALL, PLAIN, FIXES_EVERYBODY, PLAIN_EVERYBODY)
TRUTHS: Final = {"room": "one room", "near": "25 m", "close": "face to face"}


class Judged(NamedTuple):
    """How every kind of evidence does in one folder, and the contacts behind its tenths."""

    compared: Comparison
    pairs: dict[tuple[str, str], Pairs]  # of "face to face", by evidence and claim


def judge(folder: Path, cases: int, households: str = "") -> Judged:
    """Judge one folder, with cases of some households or all."""
    chosen = choose_cases(folder, cases, 1)
    chosen = [case for case in chosen if not households or case[0] in households]
    traces = trace_by_evidence(folder, chosen, days_of(town_window(folder)), silent)
    pairs = pairs_of(folder, chosen, {ALL: traces[ALL]} if ALL in traces else {})
    faces = {about: some for about, some in pairs.items() if FACE_TO_FACE in about}
    return Judged(compare(folder, tuple(chosen), traces), faces)


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
    """Return every tenth of what is claimed of "face to face" by all together."""
    found = [(name, *row) for name, one in judged.items() for row in tenth_rows(one.pairs)]
    return table(("folder", *HEAD), found)


def of_all(judged: dict[str, Judged], words: str) -> str:
    """Return the tenths of the folders whose names hold some words, taken together.

    Raises
    ------
    SystemExit
        Where no folder's name does: the table would be empty.
    """
    of = [one.pairs for name, one in judged.items() if words in name]
    if not of:
        raise SystemExit(f"No folder is called {words!r}: --together takes a part of their names.")
    return table(HEAD, tenth_rows(together(of)))


def scores(compared: dict[str, Comparison]) -> str:
    """Return Brier scores of "face to face", and how many rows hold."""
    head = ("folder", "evidence", "claim", "contacts", "true", "Brier", "always the mean",
            "rows that hold", "contacts in them")  # fmt: skip
    rows = []
    for name, one in compared.items():
        for claimed in one.claimed:
            if claimed.claim != FACE_TO_FACE:
                continue
            true = sum(tenth.true for tenth in claimed.tenths) / claimed.count
            held = [tenth for tenth in claimed.tenths if tenth.holds]
            rows.append(
                (
                    name,
                    claimed.kind,
                    short(claimed.claim),
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
    parser.add_argument("--together", metavar="WORDS", help="those whose names hold them, as one")
    parser.add_argument("--write", action="store_true", help="replace the tables in the page")
    options = parser.parse_args(arguments)
    judged = {}
    for given in options.folders:
        name, _, place = given.partition("=")
        folder, cases, households = (*place.split(":"), "")[:3]
        judged[name] = judge(Path(folder), int(cases), households)
    text = tables(judged, options.together)
    print(text)
    if options.write:
        put_tables("judged", text)


def tables(judged: dict[str, Judged], words: str | None = None) -> str:
    """Return all tables below their titles; with ``words`` one of the folders that hold them."""
    compared = {name: one.compared for name, one in judged.items()}
    parts = {
        "Area under the curve of precision over recall": areas(compared),
        "What is listed, and what is called one room": lists(compared),
        "Face to face: Brier scores": scores(compared),
    }
    if words is not None:
        parts["Face to face: claimed against true, all towns taken together"] = of_all(
            judged, words
        )
    parts["Face to face: claimed against true, tenth by tenth"] = reliability(judged)
    return "\n\n".join(f"### {title}\n\n{rows}" for title, rows in parts.items())


if __name__ == "__main__":
    main()
