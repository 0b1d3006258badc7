"""A backup is put back after anything happened: who left stays away, and the log stays whole."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.restored_world import (
    ACTS,
    KINDS,
    NUMBERS,
    Model,
    act,
    back_up,
    check_restored,
    put_back,
    restore,
)
from tests.services import NOON, Clock, seeded
from tests.whole_service import opened, settings_in

from fortnight.errors import DatabaseError
from fortnight.retention.restore import Restored

if TYPE_CHECKING:
    from collections.abc import Iterator

    Act: TypeAlias = tuple[str, int, str]

MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - many syncs
acts = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, len(NUMBERS) - 1), st.sampled_from(KINDS)),
    max_size=10,
)
BEGIN: Final[list[Act]] = [("agree", who, kind) for who in range(3) for kind in KINDS]


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """Yield a folder with a service in which nothing happened yet."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        with opened(settings_in(Path(name), NOON, ""), Clock(), seeded(2).randbytes):
            pass
        yield Path(name)


@given(before=acts, after=acts)
@example(before=[], after=[("erase", 0, KINDS[0])])
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happened_since_the_backup_is_not_undone(
    template: Path, before: list[Act], after: list[Act]
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder, clock, model = Path(name) / "service", Clock(), Model()
        shutil.copytree(template, folder)
        kept = settings_in(folder, NOON, "")
        with opened(kept, clock, seeded(3).randbytes) as service:
            for one in BEGIN + before:
                act(service, clock, model, *one)
            service.log.sequence(clock())
        back_up(kept, folder / "backup")
        backed_up = model.copy()
        with opened(kept, clock, seeded(4).randbytes) as service:
            for one in after:
                act(service, clock, model, *one)
            last = service.log.sequence(clock())
        put_back(kept, folder / "backup")
        restore(kept, clock)
        check_restored(kept, clock, backed_up, model, last.note)
        assert restore(kept, clock) == Restored()


def test_a_service_refuses_to_start_on_an_old_backup_and_starts_once_it_was_restored(
    template: Path, tmp_path: Path
) -> None:
    folder, clock, model = tmp_path / "service", Clock(), Model()
    shutil.copytree(template, folder)
    kept = settings_in(folder, NOON, "")
    back_up(kept, folder / "backup")
    with opened(kept, clock, seeded(3).randbytes) as service:
        act(service, clock, model, "agree", 0, "trace.phone")
        service.log.sequence(clock())
    put_back(kept, folder / "backup")
    with (
        opened(kept, clock, seeded(4).randbytes) as service,
        pytest.raises(DatabaseError, match="fortnight restore"),
    ):
        service.start()
    done = restore(kept, clock)
    assert (done.entries, done.unknown) == ({"grant": 1}, 1)
    with opened(kept, clock, seeded(4).randbytes) as service:
        service.start()
        assert service.people.ids() == []
