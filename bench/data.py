"""The towns that are asked about: simulated once, then kept under ``bench/data``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bench import worlds
from bench.engines import fortnight

DATA: Final = Path(__file__).parent / "data"
PEOPLE_A_MILLION: Final = 288  # people who leave about a million fixes in 14 days
DAYS: Final = 14
SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Town:
    """Files of one town: its fixes, and the segments that Fortnight cuts them into."""

    kind: str  # "simulated" (Fortnight's simulator) or "plain" (bench.worlds)
    people: int
    fixes: str
    fix_rows: int
    segments: str
    segment_rows: int


def town(people: int, kind: str, days: int = DAYS) -> Town:
    """Return a town from the store, made first where it is not there."""
    folder = DATA / f"{kind}-{people}-{days}"
    known = folder / "town.json"
    if not known.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = (_simulated if kind == "simulated" else _plain)(people, days, folder)
        known.write_text(json.dumps(asdict(made)))
    return Town(**json.loads(known.read_text()))


def _simulated(people: int, days: int, folder: Path) -> Town:
    from fortnight.simulate.run import simulate  # noqa: PLC0415 - seconds, and needed once a town

    summary = simulate(people, days, SEED, folder, truth=False)
    fixes, segments = folder / "fixes.parquet", folder / "segments.parquet"
    rows = fortnight.write_segments(fixes, segments)
    return Town("simulated", people, str(fixes), summary.fixes, str(segments), rows)


def _plain(people: int, days: int, folder: Path) -> Town:
    """Sample a plain town into fixes, and cut those with Fortnight as any others."""
    moves, fixes = folder / "moves.parquet", folder / "fixes.parquet"
    worlds.write_segments(worlds.town(people, SEED), days, SEED, moves)
    fix_rows = worlds.write_fixes(moves, SEED, fixes)
    moves.unlink()
    segments = folder / "segments.parquet"
    rows = fortnight.write_segments(fixes, segments)
    return Town("plain", people, str(fixes), fix_rows, str(segments), rows)
