"""`source`, `chain` and `places` from end to end: right, nameless, claiming no more than is so."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from fortnight.report.document import CONSENT_NOTICE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.promises.conftest import Run

# a infects b and c at a feast; b meets c again, and e; e meets f: f is a contact of a contact.
MEETINGS = (
    (3, 18, 5, 2.40, "abc"),
    (7, 18, 5, 2.41, "bc"),
    (9, 12, 2, 2.42, "be"),
    (11, 12, 2, 2.43, "ef"),
    (6, 12, 2, 2.44, "eg"),  # before e met b: g is nobody's contact of a contact
)
PEOPLE = "abcefg"
CASES = """case,onset,test_date
person-c,2026-03-12,
person-a,2026-03-03,
person-b,2026-03-08,
person-d,,2026-03-09
,2026-03-01,
"""
CLAIMS = re.compile(r"proof|prove[sdn ]|guilt|culprit|to blame|patient zero", re.IGNORECASE)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder: `fixes/` of six people who met, and `cases.csv`."""
    folder = tmp_path_factory.mktemp("outbreak")
    (folder / "fixes").mkdir()
    for k, who in enumerate(PEOPLE):
        lines = ["time,lon,lat,accuracy"]
        home = [(day, 5, 4, 2.6 + k / 100, who) for day in range(1, 16)]
        spells = [(one[:4]) for one in (*home, *MEETINGS) if who in one[4]]
        for day, hour, hours, lon in sorted(spells):
            start = datetime(2026, 3, day, hour, tzinfo=UTC)
            for minute in range(0, hours * 60 + 1, 5):
                moment = (start + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
                lines.append(f"{moment},{lon + k * 1e-5:.6f},54.70000,8")
        (folder / "fixes" / f"person-{who}.csv").write_text("\n".join(lines) + "\n")
    (folder / "cases.csv").write_text(CASES)
    return folder


@pytest.fixture(scope="module")
def chain(command: Run, town: Path) -> dict[str, Any]:
    return asked(command, town, "chain")


def asked(command: Run, town: Path, name: str, *more: str) -> dict[str, Any]:
    done = command(name, town / "fixes", "--cases", town / "cases.csv", *more, "--format", "json")
    assert (done.code, done.stderr) == (0, "")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_the_links_are_those_who_met_in_time(chain: dict[str, Any]) -> None:
    assert [case["onset"][-2:] for case in chain["cases"]] == ["03", "08", "09", "12"]
    assert [case["dated_by"] for case in chain["cases"]] == ["onset", "onset", "test", "onset"]
    assert [case["has_evidence"] for case in chain["cases"]] == [True, True, False, True]
    links = {(one["infector"], one["infectee"]): one for one in chain["links"]}
    assert {(1, 2), (1, 4), (2, 4)} <= set(links)
    assert links[2, 4]["probability"] > links[1, 4]["probability"]
    assert links[1, 2]["onset_days_apart"] == 5
    (day,) = links[1, 2]["days"]
    assert (day["day"], day["places"], day["days_before_onset"]) == ("2026-03-03", 1, 5)
    assert day["days_since_other_onset"] == 0
    assert not any(3 in pair for pair in links)
    assert [row["unknown"] for row in chain["tree"] if row["case"] in {1, 3}] == [1.0, 1.0]


def test_each_cases_probabilities_sum_to_1(chain: dict[str, Any]) -> None:
    assert chain["links_not_listed"] <= 2
    for row in chain["tree"]:
        links = [one["probability"] for one in chain["links"] if one["infectee"] == row["case"]]
        assert row["unknown"] + sum(links) == pytest.approx(1.0, abs=0.02)


def test_contacts_of_contacts_are_a_number_and_one_step(
    chain: dict[str, Any], command: Run, town: Path
) -> None:
    assert chain["contacts_of_contacts"] == 1
    off = asked(command, town, "chain", "--no-contacts-of-contacts")
    assert off["contacts_of_contacts"] is None


def test_more_unknown_sources_make_every_link_less_likely(
    chain: dict[str, Any], command: Run, town: Path
) -> None:
    more = asked(command, town, "chain", "--unknown-minutes", "60")
    before = {(one["infector"], one["infectee"]): one["probability"] for one in chain["links"]}
    after = {(one["infector"], one["infectee"]): one["probability"] for one in more["links"]}
    assert all(after[pair] < before[pair] for pair in after)
    for here, there in zip(chain["tree"], more["tree"], strict=True):
        assert there["unknown"] >= here["unknown"]


def test_the_source_of_one_case_agrees_with_the_chain(
    chain: dict[str, Any], command: Run, town: Path
) -> None:
    found = asked(command, town, "source", "--case", "person-b")
    assert (found["case"]["case"], found["cases_not_met"]) == (2, 1)
    first = found["candidates"][0]
    (link,) = [one for one in chain["links"] if (one["infector"], one["infectee"]) == (1, 2)]
    assert first["case"] == 1
    assert first["share"] == pytest.approx(link["share"], abs=1e-3)
    shares = [one["share"] for one in found["candidates"]]
    assert found["unknown"]["share"] + sum(shares) == pytest.approx(1.0, abs=1e-3)
    assert found["unknown"]["low"] < found["unknown"]["share"] < found["unknown"]["high"]
    assert re.fullmatch(
        r"[34] h( \d+ min)? at one place on 3 Mar 2026, 5 days before onset "
        r"\(incubation 5 days: \d+\s%\), when that case was on the day of its own onset "
        r"\(infectious 100\s% of its peak\)",
        first["reasons"][0],
    )
    (place,) = found["places"]
    assert place["cases"] == [1, 4]
    assert (place["lon"], place["lat"]) == (pytest.approx(2.4, abs=2e-4), 54.7)
    last = found["candidates"][-1]
    assert (last["case"], last["either_way"]) == (4, True)


def test_onset_may_come_from_the_command_but_not_against_the_file(command: Run, town: Path) -> None:
    alone = ("source", town / "fixes", "--cases", town / "cases.csv", "--case")
    for arguments, said in (
        (("person-b", "--onset", "2026-03-01"), "mend the one that is wrong"),
        (("person-e",), "has no date"),
        (("person-z", "--onset", "2026-03-08"), ""),
    ):
        done = command(*alone, *arguments, "--format", "json")
        if said:
            assert (done.code, done.stdout) == (2, "")
            assert said in done.stderr
        else:
            assert json.loads(done.stdout)["unknown"]["share"] == 1.0
    same = asked(command, town, "source", "--case", "person-b", "--onset", "2026-03-08")
    assert same == asked(command, town, "source", "--case", "person-b")


def test_places_are_counts_of_exposures(command: Run, town: Path) -> None:
    found = asked(command, town, "places", "--min-exposures", "1")
    feast = found["places"][0]
    assert (feast["cases"], feast["contacts"], feast["exposures"]) == (1, 0, 2)
    assert (feast["start"], feast["end"]) == ("2026-03-03T18:00:00Z", "2026-03-03T23:00:00Z")
    assert feast["days_since"] == 12
    assert found["as_of"] == "2026-03-15"
    (late,) = [place for place in found["places"] if place["lon"] == pytest.approx(2.42, abs=1e-3)]
    assert (late["cases"], late["contacts"], late["exposures"]) == (1, 1, 1)
    fewer = asked(command, town, "places", "--min-exposures", "2")
    assert len(fewer["places"]) + fewer["places_not_listed"] == len(found["places"])
    done = command("places", town / "fixes", "--cases", town / "cases.csv", "--format", "geojson")
    assert json.loads(done.stdout)["notice"] == CONSENT_NOTICE


class Words(HTMLParser):
    """Collect what a page shows, and what it would load or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.seen.append(data)


COMMANDS = (
    ("source", "--case", "person-b"),
    ("chain",),
    ("places", "--min-exposures", "1"),
)


@pytest.fixture(scope="module", params=COMMANDS, ids=lambda one: one[0])
def page(
    command: Run,
    town: Path,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    out = tmp_path_factory.mktemp("page") / "page.html"
    name, *more = request.param
    done = command(name, town / "fixes", "--cases", town / "cases.csv", *more, "--out", out)
    assert done.code == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert CONSENT_NOTICE.split(":")[0] in " ".join(re.sub("[┃]", " ", done.stdout).split())
    for text in (done.stdout, out.read_text(encoding="utf-8")):
        assert not CLAIMS.search(text)
        assert "line 6" in text
    return out.read_text(encoding="utf-8")


def test_a_page_names_nobody(page: str) -> None:
    assert "person-" not in page
    assert "cases.csv" not in page


def test_a_page_begins_with_the_notice_and_loads_and_runs_nothing(page: str) -> None:
    read = Words(page)
    body = " ".join(" ".join(read.seen).split())
    assert body.partition(CONSENT_NOTICE)[0].count(" ") < 8
    assert "not a certificate" in body
    assert not {tag for tag, _ in read.tags} & {"script", "img", "iframe", "object", "form", "base"}
    for tag, attributes in read.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert not (attributes.get("href") or "data:").startswith(("http", "//"))
    (policy,) = [a["content"] for _, a in read.tags if "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_page_of_a_chain_draws_every_case(command: Run, town: Path, tmp_path: Path) -> None:
    out = tmp_path / "chain.html"
    command("chain", town / "fixes", "--cases", town / "cases.csv", "--out", out)
    text = out.read_text(encoding="utf-8")
    drawn = re.findall(r'<text class="number[^"]*"[^>]*>(\d+)</text>', text)
    assert sorted(drawn) == ["1", "2", "3", "4"]
    assert text.count('<circle class="node') == 4
    assert text.count('class="link') >= 4


def test_no_machine_readable_answer_names_a_case(command: Run, town: Path) -> None:
    for name, *more in COMMANDS:
        found = asked(command, town, name, *more)
        inputs = found.pop("inputs")
        assert "person-" not in json.dumps(found)
        assert {one["path"].rpartition("/")[2][:7] for one in inputs} == {"person-"}
    for name, *more in COMMANDS[:2]:
        done = command(
            name, town / "fixes", "--cases", town / "cases.csv", *more, "--format", "csv"
        )
        assert "person-" not in done.stdout
        heading, *rows = csv.reader(io.StringIO(done.stdout))
        assert heading[-1] == CONSENT_NOTICE
        assert rows
        assert {len(row) for row in rows} == {len(heading)}


def test_who_is_who_is_written_apart_and_only_where_it_is_asked_for(
    command: Run, town: Path, tmp_path: Path
) -> None:
    legend = tmp_path / "apart" / "legend.csv"
    asked(command, town, "chain", "--legend", str(legend))
    with legend.open(encoding="utf-8", newline="") as file:
        rows = {row["number"]: row["case"] for row in csv.DictReader(file)}
    assert rows == {"1": "person-a", "2": "person-b", "3": "person-d", "4": "person-c"}


def test_the_order_of_the_file_of_cases_changes_nothing(
    chain: dict[str, Any], command: Run, town: Path, tmp_path: Path
) -> None:
    head, *rows = CASES.splitlines()
    (tmp_path / "cases.csv").write_text("\n".join([head, *rows[3::-1]]) + "\n")
    done = command("chain", town / "fixes", "--cases", tmp_path / "cases.csv", "--format", "json")
    again = json.loads(done.stdout)
    for answer in (again, chain := dict(chain)):
        answer.pop("cases_refused")
    assert again == chain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chain", "FIXES"), "--cases"),
        (("chain", "FIXES", "--cases", "EMPTY"), "no row could be used"),
        (("chain", "FIXES", "--cases", "CASES", "--unknown-minutes", "0"), "--unknown-minutes"),
        (("chain", "--cases", "CASES"), "What to read?"),
        (("places", "FIXES", "--cases", "CASES", "--min-exposures", "0"), "--min-exposures"),
        (("source", "FIXES", "--cases", "CASES"), "--case"),
    ],
)
def test_what_cannot_be_answered_ends_without_an_answer(
    command: Run, town: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty.csv").write_text("case,onset\n,2026-03-01\n")
    places = {
        "FIXES": str(town / "fixes"),
        "CASES": str(town / "cases.csv"),
        "EMPTY": str(tmp_path / "empty.csv"),
    }
    done = command(*[places.get(one, one) for one in arguments])
    assert done.code != 0
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_sightings_alone_link_two_cases_at_no_place(command: Run, tmp_path: Path) -> None:
    lines = ["time,seen_by,seen,attenuation"]
    for day, pair in ((3, ("person-a", "person-b")), (9, ("person-b", "person-e"))):
        for scan in range(45):
            moment = datetime(2026, 3, day, 18, tzinfo=UTC) + timedelta(minutes=4 * scan)
            stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
            lines += [f"{stamp},{one},{two},52" for one, two in (pair, pair[::-1])]
    (tmp_path / "sightings.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "cases.csv").write_text(
        "case,onset\nperson-a,2026-03-03\nperson-b,2026-03-08\nperson-c,2026-03-09\n"
    )
    done = command(
        "chain", tmp_path / "sightings.csv", "--cases", tmp_path / "cases.csv", "--format", "json"
    )
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [case["has_evidence"] for case in found["cases"]] == [True, True, False]
    (link,) = found["links"]
    assert (link["infector"], link["infectee"]) == (1, 2)
    (day,) = link["days"]
    assert day["expected_minutes"] == pytest.approx(180, rel=0.1)
    assert day["places"] == 0
    assert re.match(r"\d h( \d+ min)? on 3 Mar 2026, 5 days before onset", link["reasons"][0])
    assert found["contacts_of_contacts"] == 0


def test_positions_and_sightings_together_are_more_than_either(
    command: Run, town: Path, tmp_path: Path
) -> None:
    """a and b at the feast, heard all the time: more minutes than positions give, at a place."""
    lines = ["time,seen_by,seen,attenuation"]
    for scan in range(75):
        moment = datetime(2026, 3, 3, 18, tzinfo=UTC) + timedelta(minutes=4 * scan)
        lines.append(f"{moment.strftime('%Y-%m-%dT%H:%M:%SZ')},person-a,person-b,52")
    (tmp_path / "sightings.csv").write_text("\n".join(lines) + "\n")
    inputs = (town / "fixes", tmp_path / "sightings.csv")
    both, alone = (
        json.loads(
            command("chain", *read, "--cases", town / "cases.csv", "--format", "json").stdout
        )
        for read in (inputs, inputs[:1])
    )
    days = []
    for found in (both, alone):
        (link,) = [one for one in found["links"] if (one["infector"], one["infectee"]) == (1, 2)]
        (day,) = link["days"]
        assert day["places"] == 1
        days.append(day["expected_minutes"])
    assert 5 * 60 + 4 >= days[0] > days[1]  # a sighting stands for two minutes on either side
