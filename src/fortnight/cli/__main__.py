"""The program `fortnight`: one file a command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from cyclopts import App

from fortnight.cli.quick import do_without_pandas
from fortnight.cli.terminal import fail
from fortnight.errors import FortnightError
from fortnight.report.document import CONSENT_NOTICE

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each is loaded when it is called: all of them together take seconds to import.
_COMMANDS: Final = (
    (
        "trace",
        "trace:trace",
        "Find who was where a case was, when, for how long and how sure that is.",
    ),
    (
        "source",
        "source:source",
        "Look back for where a case was probably infected, among other cases.",
    ),
    (
        "chain",
        "chain:chain",
        "Draw the tree of confirmed cases: who may have infected whom, how likely.",
    ),
    ("places", "places:places", "Find place-times in which many were exposed, in counts alone."),
    (
        "index",
        "index:index",
        "Read location files once, and keep what `fortnight trace` answers from.",
    ),
    ("demo", "demo:demo", "Simulate a town, take one case, print the contacts and write a report."),
    (
        "simulate",
        "simulate:simulate",
        "Make a town and write fixes.parquet, people.parquet and truth.parquet.",
    ),
    (
        "evaluate",
        "evaluate:evaluate",
        "Report recall, precision and calibration against a town's truth.",
    ),
    (
        "score",
        "score:score",
        "Score exposure windows as published apps do, or derive check-in intervals.",
    ),
    (
        "diseases",
        "diseases:diseases",
        "List diseases: every figure with its source, and how far we checked it.",
    ),
    ("serve", "serve:serve", "Run the service: doors over HTTP, jobs, sweep."),
    ("init", "init:init", "Make the folder of a service: settings, and keys that nobody chose."),
    ("migrate", "migrate:migrate", "Bring a service's databases to what this version needs."),
    ("person", "person:app", "People who enrolled: what they agreed to, and their phones."),
    ("laboratory", "laboratory:app", "Laboratories, their keys and their tokens."),
    ("staff", "staff:app", "Who works here: accounts, roles, invitations."),
    ("operator", "operator:app", "Mobile operators and their keys."),
    ("case", "case:app", "Cases: opened with a token, agreed to by the case, traced, told."),
    ("erase", "erase:erase", "Erase a person: key, rows, files; prints a receipt."),
    ("retention", "retention:app", "What is kept, where, how long and why."),
    ("restore", "restore:restore", "After a backup was put back: do again what it cannot know."),
    ("fsck", "fsck:fsck", "Check with other code all that a service holds."),
)


def program(asked: Sequence[str] = ()) -> App:
    """Return the program. Its list of commands has a line for each; who is asked says it all.

    A command's own words say what it cannot know of consent: a line in their place would hide it.
    """
    made = App(
        name="fortnight",
        help=f"{CONSENT_NOTICE}\n\nFind who was where a case was, when, how long and how surely.",
        version=version("fortnight"),
    )
    for name, where, line in _COMMANDS:
        made.command(f"fortnight.cli.{where}", name=name, help=None if name in asked else line)
    return made


app = program()


def main() -> None:
    """Run a command; what the user can mend is said in one line, and the program ends with 2."""
    try:
        if not {"--help", "-h", "--version"} & set(sys.argv):
            do_without_pandas()
        program(sys.argv[1:2])()
    except FortnightError as error:
        sys.exit(fail(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells count it
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; that is no fault


if __name__ == "__main__":
    main()
