"""A trace as one HTML file with map and time line that needs no network.

Scripts and styles are written into the file and named by their SHA-256 in a strict
Content-Security-Policy, so nothing else can run in it and nothing is fetched: whatever a
participant's name or a file's path may hold, it is text.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from fortnight.report import course, explain, follows, wording
from fortnight.report.island import island
from fortnight.report.local_time import local_clock
from fortnight.report.parameter_words import PARAMETER_WORDS
from fortnight.report.stops import STOP_RADIUS_M

if TYPE_CHECKING:
    from fortnight.report.document import TraceDocument

# The library first: should a browser not understand it, the others still run.
SCRIPTS: Final = (
    "maplibre-gl.js",
    "page.js",
    "shapes.js",
    "sketch.js",
    "map.js",
    "timeline.js",
    "table.js",
)
STYLES: Final = ("maplibre-gl.css", "page.css")
NEVER_RUN: Final = ("maplibre-gl-worker.js", "borders.json")
"""Kept in the page as plain data: the map's worker, started from a blob, and the borders."""

_FOLLOWS: Final = (
    *follows.TIER_WORDS.values(),
    follows.SOURCE,
    follows.PRESUMED,
    follows.NOTHING,
)
LICENCES: Final = ("maplibre-gl", "borders")


@dataclass(frozen=True, slots=True)
class Tile:
    """One number at the top of the page and what it counts."""

    number: str
    what: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of `assets/` as it is written into the page, and what the policy calls it."""

    name: str
    text: Markup
    source: str  # 'sha256-…' in quotes, as Content-Security-Policy wants it


def to_html(document: TraceDocument) -> str:
    """Return a trace as one HTML page, at most some megabytes, that works from a file.

    The page holds everything that it shows. It opens no connection, keeps nothing in the browser,
    and names neither the case nor the disease in its title.
    """
    clock = local_clock(document.window.timezone)
    contacts = wording.ranked(document)
    return _template().render(
        document=document,
        contacts=contacts,
        tiles=_tiles(document),
        minimum=wording.minimum_minutes(document),
        radius=_radius(document),
        heading=[
            *wording.heading(document, clock),
            ("Infectious", follows.infectious_words(document)),
        ],
        clock=clock,
        words=wording,
        follow=follows,
        explain=explain,
        drawing=course,
        order={words: place for place, words in enumerate(reversed(_FOLLOWS))},
        parameter_words=PARAMETER_WORDS,
        stop_radius_m=STOP_RADIUS_M,
        island=Markup(island(document)),  # noqa: S704 - escaped for a script element by `island`
        policy=policy(),
        styles=[asset(name) for name in STYLES],
        scripts=[asset(name) for name in SCRIPTS],
        never_run={name: asset(name).text for name in NEVER_RUN},
        licences={name: str(asset(f"{name}.LICENSE.txt").text) for name in LICENCES},
    )


def policy() -> str:
    """Return the Content-Security-Policy of the page: its own parts by their sums, no host."""
    scripts = " ".join(asset(name).source for name in SCRIPTS)
    styles = " ".join(asset(name).source for name in STYLES)
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data: blob:; "
        "worker-src blob:; connect-src blob:; base-uri 'none'; form-action 'none'"
    )


@cache
def asset(name: str) -> Asset:
    """Return one file of `assets/` by its name."""
    text = files("fortnight.report").joinpath("assets", name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(name, Markup(text), f"'sha256-{digest}'")  # noqa: S704 - ships with the package


def _tiles(document: TraceDocument) -> list[Tile]:
    tally, minimum = wording.contact_tally(document), wording.minimum_minutes(document)
    tiles = [Tile(f"{tally.all:,}", "contact" if tally.all == 1 else "contacts")]
    if minimum is not None:
        wanted = f"reached {wording.minutes(minimum)} expected min in some 24 h"
        tiles.append(Tile(f"{tally.reached:,}", wanted))
    tiles += [
        Tile(f"{number:,}", follows.tally_words(words, number))
        for words, number in follows.tier_counts(document).items()
    ]
    tiles.append(Tile(wording.share(document.window.coverage), "of the case's time was observed"))
    return tiles


def _radius(document: TraceDocument) -> str:
    radius = document.parameters.get("radius_m")
    return f"{radius:g} m" if isinstance(radius, int | float) else "the radius"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("fortnight.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja")
