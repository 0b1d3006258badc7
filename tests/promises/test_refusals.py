"""What the library and the command refuse to do, of the project's refusals."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.commands import COMMANDS, names_in, parts_of
from tests.promises.conftest import CASE

import fortnight
from fortnight.cli.__main__ import app
from fortnight.parameters import Parameters
from fortnight.report.encode import schema

if TYPE_CHECKING:
    from tests.promises.conftest import Run

SOURCES = Path(fortnight.__file__).parent
DENIALS = SOURCES / "consent" / "texts"
# Word beginnings, so that plurals and other forms are met too.
PUNISHMENT = re.compile(
    r"(?<![a-z])(?:polic(?:e|ing)|law.?enforcement|prosecut|offend|offence|crimina|suspect|arrest"
    r"|warrant|subpoena|court(?!e)|fine[ds](?!t)|penalt|punish|quarantine.?order|violat|surveil"
    r"|watch.?list)",
)
FACES = re.compile(r"(?<![a-z])(?:photo|exif|face.?(?:id|match|recogn)|facial|selfie|biometr)")


def words_of_the_command(command: str) -> str:
    """Return every name and help text of a command, in lower case."""
    parts = [command, app[command].help or "", *names_in(command)]
    for called in parts_of(command):
        parts.append(called.help or "")
        for one in called.assemble_argument_collection():
            parts += [*one.names, str(one.parameter.help or "")]
    return " ".join(parts).lower()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_option_or_help_serves_punishment(command: str) -> None:
    assert PUNISHMENT.findall(words_of_the_command(command)) == []


def test_no_field_of_any_export_serves_punishment() -> None:
    fields_and_docs = json.dumps(schema()).lower()
    assert len(fields_and_docs) > len("{}")
    assert PUNISHMENT.findall(fields_and_docs) == []


def test_no_word_of_the_program_or_the_page_serves_punishment() -> None:
    ours = [
        path
        for path in SOURCES.rglob("*")
        if path.suffix in {".py", ".toml", ".jinja", ".js", ".css"}
        and not path.name.startswith("maplibre-gl")
        and path.parent != DENIALS  # held to it by tests/unit/test_consent_texts.py
    ]
    found = {}
    for path in ours:
        words = PUNISHMENT.findall(path.read_text(encoding="utf-8").lower())
        if words:
            found[path.name] = words
    assert len(ours) > len(COMMANDS)
    assert found == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe1\x00\xc8Exif\x00\x00MM\x00*\x00\x00\x00\x08" + b"\0" * 180),
        ("photo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 100),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 100),
        ("photo.tiff", b"II*\x00\x08\x00\x00\x00" + b"\0" * 100),
        ("photo.webp", b"RIFF\x64\x00\x00\x00WEBPVP8 " + b"\0" * 100),
        (
            "renamed.csv",
            b"\xff\xd8\xff\xe1\x00\xc8Exif\x00\x00MM\x00*\x00\x00\x00\x08" + b"\0" * 180,
        ),
    ],
)
def test_a_photograph_is_no_input(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    evidence = fortnight.read(tmp_path / name, now=2_000_000_000_000)
    (report,) = evidence.inputs
    assert evidence.fixes.num_rows == evidence.stays.num_rows == report.kept == 0
    assert report.format == "none"
    assert report.problem is not None
    assert report.problem.startswith("not a location file")


def test_no_option_field_or_reader_knows_faces_or_photographs() -> None:
    words = " ".join([*map(words_of_the_command, COMMANDS), json.dumps(schema()).lower()])
    assert FACES.findall(words) == []
    readers = {path.stem for path in (SOURCES / "evidence" / "readers").glob("*.py")}
    assert not {name for name in readers if FACES.match(name)}


def test_there_is_no_search_without_a_case(command: Run, meeting: Path) -> None:
    done = command("trace", meeting)
    assert done.code == 2
    assert "Which case?" in done.stderr
    undated = command("trace", meeting, "--case", "participant-1")
    assert undated.code == 2
    assert "--onset" in undated.stderr


def test_there_is_no_search_by_place_or_time_of_day() -> None:
    arguments = app["trace"].assemble_argument_collection()
    names = {re.sub("^--(no-|empty-)?", "", name) for one in arguments for name in one.names}
    asked = {"inputs", "case", "cases", "onset", "test-date", "disease", "days", "until", "radius"}
    asked |= {"min-minutes", "timezone", "out", "format", "quiet", "enrolled"}
    assert {name for name in names if name.lower() not in asked} == set()
    assert not {field.name for field in fields(Parameters)} & {"lon", "lat", "place", "box", "area"}


def test_a_contact_with_silence_alone_is_never_counted_as_observed(
    command: Run, tmp_path: Path
) -> None:
    """A phone that says nothing for six hours at one place: presumed, and nothing else."""
    for person in (1, 2):
        place = f"{2.5 + person * 1e-5:.5f},54.70000,12"
        lines = [
            f"2026-03-03T{hour:02d}:{minute:02d}:00Z,{place}"
            for hour, minute in ((10, 0), (10, 1), (16, 0), (16, 1))
        ]
        text = "\n".join(["time,lon,lat,accuracy", *lines]) + "\n"
        (tmp_path / f"participant-{person}.csv").write_text(text)
    done = command("trace", tmp_path, *CASE, "--format", "json")
    (contact,) = json.loads(done.stdout)["contacts"]
    assert contact["presumed_minutes"] == pytest.approx(359, abs=1)
    assert contact["minutes"] <= contact["expected_minutes_24h"] + 3
    assert contact["minutes"] < 3
    assert contact["coverage"] < 0.02


GUARD = """
import socket, sys

def watch(event, arguments):
    if event.startswith("socket.") or event == "webbrowser.open":
        raise SystemExit(f"the network was asked for: {event} {arguments}")

sys.addaudithook(watch)
try:
    socket.socket()
except SystemExit:
    pass
else:
    raise SystemExit("the guard does not see sockets")

from fortnight.cli.__main__ import app

case = ["--case", "participant-1", "--onset", "2026-03-03"]
for line in (
    ["trace", "histories", *case, "--out", "out"],
    ["index", "histories", "--out", "kept"],
    ["demo", "--people", "60", "--days", "3", "--out", "demo"],
):
    app(line, result_action="return_value")
print("ended well")
"""


def test_no_network_is_opened(meeting: Path, tmp_path: Path) -> None:
    """An audit hook of the interpreter sees every socket, also one that a dependency opens."""
    shutil.copytree(meeting, tmp_path / "histories")
    done = subprocess.run(
        [sys.executable, "-c", GUARD],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("ended well")
