"""Everything of the staff, put together."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortnight.staff.accounts import Accounts
from fortnight.staff.ceremonies import Ceremonies
from fortnight.staff.oidc import Client, Oidc
from fortnight.staff.passkeys import Passkeys
from fortnight.staff.provider_web import ProviderWeb
from fortnight.staff.relations import Relations
from fortnight.staff.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortnight.db.engine import Database
    from fortnight.settings import Settings
    from fortnight.staff.relations import Ties


@dataclass(frozen=True, slots=True)
class StaffRooms:
    """Accounts, sessions, and both ways in; ``oidc`` is None where no provider is set."""

    accounts: Accounts
    sessions: Sessions
    passkeys: Passkeys
    oidc: Oidc | None
    relations: Relations


def open_staff(
    database: Database,
    settings: Settings,
    secret: bytes,
    number_hash: Callable[[str], bytes],
    random: Callable[[int], bytes],
    ties: Ties | None = None,
) -> StaffRooms:
    """Put the rooms together.

    Parameters
    ----------
    secret : bytes
        A master secret from the folder of keys.
    ties : Ties, optional
        Who is tied to whom by calls.
    """
    own = hmac.digest(secret, b"staff", "sha256")
    accounts = Accounts(database, own, number_hash, random)
    ceremonies = Ceremonies(database, random)
    return StaffRooms(
        accounts,
        Sessions(database, random),
        Passkeys(database, accounts, ceremonies, settings.origin, random),
        _oidc(settings, accounts, ceremonies),
        Relations(database, ties),
    )


def _oidc(settings: Settings, accounts: Accounts, ceremonies: Ceremonies) -> Oidc | None:
    if not settings.oidc_issuer:
        return None
    client = Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret_file,
        settings.origin,
    )
    return Oidc(client, accounts, ceremonies, ProviderWeb())
