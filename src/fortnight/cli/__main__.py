"""The program `fortnight`: one file a command."""

from __future__ import annotations

import sys
from importlib.metadata import version

from cyclopts import App

from fortnight.cli.chain import chain
from fortnight.cli.demo import demo
from fortnight.cli.diseases import diseases
from fortnight.cli.evaluate import evaluate
from fortnight.cli.index import index
from fortnight.cli.places import places
from fortnight.cli.score import score
from fortnight.cli.simulate import simulate
from fortnight.cli.source import source
from fortnight.cli.terminal import fail
from fortnight.cli.trace import trace
from fortnight.errors import FortnightError
from fortnight.report.document import CONSENT_NOTICE

app = App(
    name="fortnight",
    help=f"{CONSENT_NOTICE}\n\nFind who was where a case was, when, how long and how surely.",
    version=version("fortnight"),
)
# Of the service, loaded when called: its parts take a second to import.
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
for command in (trace, source, chain, places, index, demo, simulate, evaluate, score, diseases):
    app.command(command)


def main() -> None:
    """Run a command; what the user can mend is said in one line, and the program ends with 2."""
    try:
        app()
    except FortnightError as error:
        sys.exit(fail(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells count it
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; that is no fault


if __name__ == "__main__":
    main()
