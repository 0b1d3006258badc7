"""The program `fortnight`: one file a command."""

from __future__ import annotations

import sys
from importlib.metadata import version

from cyclopts import App

from fortnight.cli.quick import do_without_pandas
from fortnight.cli.terminal import fail
from fortnight.errors import FortnightError
from fortnight.report.document import CONSENT_NOTICE

app = App(
    name="fortnight",
    help=f"{CONSENT_NOTICE}\n\nFind who was where a case was, when, how long and how surely.",
    version=version("fortnight"),
)
# Each is loaded when it is called: all of them together take seconds to import.
for name, text in (
    ("trace", "Find who was where a case was, when, for how long and how sure that is."),
    ("source", "Look back for where a case was probably infected, among other cases."),
    ("chain", "Draw the tree of confirmed cases: who may have infected whom, how likely."),
    ("places", "Find place-times in which many were exposed, in counts alone."),
    ("index", "Read location files once, and keep what `fortnight trace` answers from."),
    ("demo", "Simulate a town, take one case, print the contacts and write a report."),
    ("simulate", "Make a town and write fixes.parquet, people.parquet and truth.parquet."),
    ("evaluate", "Report recall, precision and calibration against a town's truth."),
    ("score", "Score exposure windows as published apps do, or derive check-in intervals."),
    ("diseases", "List diseases: every figure with its source, and how far we checked it."),
):
    app.command(f"fortnight.cli.{name}:{name}", name=name, help=text)
for name, where, text in (
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
):
    app.command(f"fortnight.cli.{where}", name=name, help=text)


def main() -> None:
    """Run a command; what the user can mend is said in one line, and the program ends with 2."""
    try:
        if not {"--help", "-h", "--version"} & set(sys.argv):
            do_without_pandas()
        app()
    except FortnightError as error:
        sys.exit(fail(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells count it
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; that is no fault


if __name__ == "__main__":
    main()
