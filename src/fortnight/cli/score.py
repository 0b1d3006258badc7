"""`fortnight score`: exposure windows and check-ins, by the rules of published apps."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fortnight.cli.terminal import ERRORS, relative
from fortnight.errors import InputError, QuestionError
from fortnight.evidence.check_in_intervals import derive_cases, read_check_in_configuration
from fortnight.report.rows import harmless
from fortnight.risk.exposure_cases import (
    as_case,
    read_configuration,
    score_cwa_cases,
    score_gaen_cases,
)
from fortnight.risk.windows_gaen import NARROW_NET, WIDE_NET

if TYPE_CHECKING:
    from typing import TypeAlias

    Row: TypeAlias = dict[str, Any]

Method = Literal["cwa", "gaen-narrow", "gaen-wide"]

_NETS = {net.name: net for net in (NARROW_NET, WIDE_NET)}
_WINDOWS_CONFIGURATION = "defaultRiskCalculationConfiguration"
_CHECK_INS_CONFIGURATION = "defaultConfiguration"
_CHECK_INS_FIELDS = (b'"durationFilters"', b'"aerosoleDecayLinearFunctions"')
_NOTHING = "-"
_BYTE = re.compile(r" \(byte (\d+)\)")


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """Both layouts at once. `Raw` leaves each part to its own reader, and its faults to itself."""

    windows_configuration: msgspec.Raw = msgspec.field(
        name=_WINDOWS_CONFIGURATION, default=msgspec.Raw()
    )
    check_ins_configuration: msgspec.Raw = msgspec.field(
        name=_CHECK_INS_CONFIGURATION, default=msgspec.Raw()
    )
    cases: list[msgspec.Raw] | None = msgspec.field(name="testCases", default=None)
    windows: msgspec.Raw = msgspec.field(name="exposureWindows", default=msgspec.Raw())


def score(
    cases: Annotated[Path, Parameter(help="JSON of test cases, or of exposure windows alone.")],
    *,
    method: Annotated[Method, Parameter(help="Whose rules score exposure windows.")] = "cwa",
    configuration: Annotated[
        Path | None,
        Parameter(help="JSON with the configuration, where CASES has none or another is wanted."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name is --format
        Literal["table", "json", "csv"], Parameter(help="What is printed.")
    ] = "table",
) -> None:
    """Score exposure windows as published apps do, or derive check-in intervals.

    CASES has the layout of the Corona-Warn-App's test files: a default configuration and test
    cases. Fields that begin with `exp` are never read; those that are printed are calculated.
    The rules and their sources: docs/exposure-windows.md.
    """
    file = _read(cases)
    if configuration is not None:
        file = _with_configuration(file, _read(configuration), configuration)
    rows = _scored(file, method, cases, configuration or cases)
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[format](rows)
    _tell_refusals(rows, cases)


def _read(path: Path) -> _File:
    """Read a file, or say in one sentence what is wrong with it and where."""
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from error
    try:
        if content.lstrip()[:1] == b"[":
            msgspec.json.decode(content)  # `Raw` would only look at where the list ends
            return _File(cases=[as_case(msgspec.Raw(content))])
        file = msgspec.json.decode(content, type=_File)
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply for a file of cases.") from error
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: {_located(str(error), content)}.") from error
    if file.cases is None and bytes(file.windows):
        return msgspec.structs.replace(file, cases=[msgspec.Raw(content)])
    return file


def _located(message: str, content: bytes) -> str:
    """Say the line in place of the byte that the JSON reader stopped at."""
    found = _BYTE.search(message)
    if found is None:
        return message.rstrip(".")
    line = content.count(b"\n", 0, int(found[1])) + 1
    return f"{message[: found.start()]}, line {line}"


def _with_configuration(file: _File, other: _File, path: Path) -> _File:
    """Take the configuration of another file: wrapped as in a file of cases, or bare."""
    windows, check_ins = other.windows_configuration, other.check_ins_configuration
    if not bytes(windows) and not bytes(check_ins):
        bare = msgspec.Raw(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        is_check_in = any(name in bytes(bare) for name in _CHECK_INS_FIELDS)
        windows, check_ins = (msgspec.Raw(), bare) if is_check_in else (bare, msgspec.Raw())
    return msgspec.structs.replace(
        file, windows_configuration=windows, check_ins_configuration=check_ins
    )


def _scored(file: _File, method: Method, path: Path, configured_by: Path) -> list[Row]:
    cases = file.cases
    if cases is None:
        raise InputError(
            f"{relative(path)}: has neither `testCases` nor `exposureWindows`; it must have the"
            " layout that docs/exposure-windows.md describes."
        )
    if bytes(file.check_ins_configuration):
        if method != "cwa":
            raise QuestionError(
                f"--method {method} scores exposure windows, and {relative(path)} holds check-ins:"
                " leave the option out."
            )
        return _derived(file, cases, configured_by)
    if method != "cwa":
        return score_gaen_cases(cases, _NETS[method])
    default = file.windows_configuration if bytes(file.windows_configuration) else None
    if default is not None:
        try:
            read_configuration(default)
        except msgspec.DecodeError as error:
            raise _unusable(configured_by, _WINDOWS_CONFIGURATION, error) from error
    return score_cwa_cases(cases, default)


def _derived(file: _File, cases: list[msgspec.Raw], configured_by: Path) -> list[Row]:
    try:
        read = read_check_in_configuration(file.check_ins_configuration)
    except msgspec.DecodeError as error:
        raise _unusable(configured_by, _CHECK_INS_CONFIGURATION, error) from error
    return derive_cases(cases, read)


def _unusable(path: Path, where: str, error: Exception) -> InputError:
    return InputError(f"{relative(path)}: `{where}` cannot be used: {str(error).rstrip('.')}.")


def _tell_refusals(rows: list[Row], path: Path) -> None:
    """Say on standard error which cases were refused and why, and how many of how many."""
    refused = [(number, row["refused"]) for number, row in enumerate(rows, 1) if "refused" in row]
    for number, reason in refused:
        ERRORS.print(f"{relative(path)}: case {number} refused: {reason}", markup=False)
    if refused:
        ERRORS.print(f"{len(refused)} of {len(rows)} cases refused.", markup=False)


def _print_json(rows: list[Row]) -> None:
    print(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())  # noqa: T201 - for a pipe, unstyled


def _columns(rows: list[Row]) -> list[str]:
    """Return every field that any row has: what it is called, what was found, why it was not."""
    names = dict.fromkeys(name for row in rows for name in row if name != "refused")
    return [*names, "refused"] if any("refused" in row for row in rows) else list(names)


def _print_csv(rows: list[Row]) -> None:
    names = _columns(rows)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(["case", *names])
    for number, row in enumerate(rows, start=1):
        writer.writerow([number, *(_cell(row.get(name)) for name in names)])
    print(text.getvalue(), end="")  # noqa: T201 - for a pipe, unstyled


def _cell(value: object) -> object:
    if value is None:
        return ""
    return harmless(_said(value)) if isinstance(value, str | dict) else value


def _said(value: object) -> str:
    """Write one value for people; minutes by age as `1: 12.5, 3: 2`."""
    if value is None:
        return _NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{age}: {minutes:.4g}" for age, minutes in value.items()) or _NOTHING
    return f"{value:.4g}" if isinstance(value, float) else str(value)


_HEADINGS = {
    "expTotalRiskLevel": "Risk",
    "expAgeOfMostRecentDateWithLowRisk": "Low\nage",
    "expAgeOfMostRecentDateWithHighRisk": "High\nage",
    "expNumberOfDaysWithLowRisk": "Low\ndays",
    "expNumberOfDaysWithHighRisk": "High\ndays",
    "expTotalMinimumDistinctEncountersWithLowRisk": "Low\nmet",
    "expTotalMinimumDistinctEncountersWithHighRisk": "High\nmet",
    "expStartDate": "Start",
    "expEndDate": "End",
    "tier": "Tier",
    "maximumMinutes": "Most\nmin",
    "ageOfMaximum": "At\nage",
    "minutesByAge": "Minutes by age",
}


def _print_table(rows: list[Row]) -> None:
    names = [name for name in _columns(rows) if name not in {"description", "refused"}]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("Case", overflow="fold", ratio=1)
    for name in names:
        table.add_column(_HEADINGS[name], justify="right", overflow="fold")
    for number, row in enumerate(rows, start=1):
        described = row["description"] or _NOTHING
        if "refused" in row:
            described += f" (refused: {row['refused']})"
        cells = [_said(row.get(name)) if "refused" not in row else "" for name in names]
        table.add_row(str(number), Text(described), *cells)
    Console(highlight=False).print(table)
