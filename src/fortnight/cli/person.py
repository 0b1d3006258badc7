"""`fortnight person`: enrol somebody who asked for it, note what they agreed to, let them leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.table import Table

from fortnight.cli.opened import HOME, OUT, Home, print_plain, reader_here, service_in
from fortnight.consent.texts import current_text
from fortnight.db.tables import GRANT_KINDS
from fortnight.errors import RefusedError
from fortnight.service import Service

app = App(name="person", help="People who enrolled: what they agreed to, and their phones.")

Number = Annotated[str, Parameter(help="Their phone number, with + and country.")]
Kinds = Annotated[
    list[str] | None, Parameter(help=f"What they agree to: {', '.join(GRANT_KINDS)}.")
]
Language = Literal["en", "ru", "ar"]


def _person(service: Service, number: str) -> str:
    person = service.vault.person_with(number)
    if person is None:
        raise RefusedError("Nobody with this number is enrolled.")
    return person


@app.command
def enrol(
    number: Number,
    /,
    *,
    grant: Kinds = None,
    language: Annotated[Language, Parameter(help="Language of their texts.")] = "en",
    home: Home = HOME,
) -> None:
    """Enrol somebody who asked for it, and note each thing they agreed to.

    Read them the text of each grant first: `fortnight person text KIND`. Nothing is agreed to that
    is not named here.
    """
    with service_in(home) as service:
        now = service.clock()
        person = service.vault.enrol(number, language=language, now=now)
        for kind in grant or ():
            version = current_text(kind, language).version
            service.consents.give(
                person, kind, text_version=version, language=language, by="self", now=now
            )
    print_plain(f"Enrolled. Agreed to: {', '.join(grant or ()) or 'nothing yet'}.")


@app.command
def text(
    kind: Annotated[str, Parameter(help=f"One of {', '.join(GRANT_KINDS)}.")],
    /,
    *,
    language: Annotated[Language, Parameter(help="Its language.")] = "en",
) -> None:
    """Print what somebody agrees to with one grant."""
    found = current_text(kind, language)
    print_plain(
        found.title, *(f"\n{part}" for part in found.paragraphs), f"\nVersion {found.version}"
    )


@app.command
def phone(
    number: Number,
    /,
    *,
    kind: Annotated[Literal["owntracks", "api"], Parameter(help="What it speaks.")] = "owntracks",
    home: Home = HOME,
) -> None:
    """Let a phone of theirs send; print what to type into its app, shown this once."""
    with service_in(home) as service:
        new = service.vault.add_device(_person(service, number), kind, service.clock())
    print_plain("User: any word", f"Password, shown this once: {new.secret}")
    if new.owntracks_key is not None:
        print_plain(f"Encryption key: {new.owntracks_key.decode('ascii')}")


@app.command
def grants(number: Number, /, *, home: Home = HOME) -> None:
    """Show what somebody agreed to, and when."""
    with service_in(home) as service:
        held = service.consents.held(_person(service, number))
    table = Table("Grant", "Text", "Holds")
    for one in held:
        table.add_row(one.kind, one.text.version, "no" if one.withdrawn_at is not None else "yes")
    OUT.print(table)


@app.command
def export(
    number: Number,
    /,
    *,
    out: Annotated[Path, Parameter(help="File to write, such as copy.zip. It must not be there.")],
    language: Annotated[Language, Parameter(help="Of its first page.")] = "en",
    home: Home = HOME,
) -> None:
    """Write everything that is held of somebody who asked for it into one ZIP, for them alone.

    They see that it was taken: it leaves a look. Hand it over, and delete it here.
    """
    with service_in(home) as service:
        person, now = _person(service, number), service.clock()
        reader = reader_here(service.settings, "data-protection")
        whole = service.taking.take(person, language, now, reader)
    try:
        with out.open("xb") as file:
            file.write(whole)
    except FileExistsError as error:
        raise RefusedError(f"{out} is there already: name another file.") from error
    print_plain(f"{out}: {len(whole)} bytes. Hand it over, and delete it here.")


@app.command
def withdraw(number: Number, /, *, grant: Kinds = None, home: Home = HOME) -> None:
    """End grants, all of them where none is named; it takes hold within a minute."""
    with service_in(home) as service:
        person, now = _person(service, number), service.clock()
        if grant is None:
            ended = [one.kind for one in service.consents.withdraw_all(person, now)]
        else:
            ended = [service.consents.withdraw(person, kind, now).kind for kind in grant]
    print_plain(f"Ended: {', '.join(ended) or 'nothing was held'}.")
