"""How kernels are compiled: what was kept of another version, and what is fetched ahead."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fortnight.compiled import _known_index, fetch_ahead, kernel
from fortnight.contact import batch

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def total(rows: NDArray[Any], order: NDArray[Any]) -> int:
    """Add the first column up in some order, each row fetched before it is read."""
    sum_of_all = 0
    for k in range(order.shape[0]):
        fetch_ahead(rows, order[k])
    for k in range(order.shape[0]):
        sum_of_all += rows[order[k], 0]
    return sum_of_all


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint64])
def test_fetching_ahead_changes_nothing(dtype: type[np.generic]) -> None:
    rows = np.arange(1_100, dtype=np.int32).reshape(100, 11)
    before = rows.copy()
    order = np.random.default_rng(3).permutation(100).astype(dtype)
    assert total(rows, order) == rows[:, 0].sum()
    assert total(rows[:0], order[:0]) == 0
    assert np.array_equal(rows, before)


def test_what_names_a_tuple_that_is_gone_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pickle.dumps(("stamp", {batch.Batch: "kernel.nbc"}))

    def load() -> dict[Any, str]:
        return dict(pickle.loads(kept)[1])  # noqa: S301 - as Numba reads its own

    assert _known_index(load) == {batch.Batch: "kernel.nbc"}
    monkeypatch.delattr(batch, "Batch")
    assert _known_index(load) == {}


def test_a_kernel_asks_that_way() -> None:
    asks: Any = total
    kept = asks._cache._cache_file  # noqa: SLF001 - there is no public way
    assert kept._load_index.func is _known_index  # noqa: SLF001 - the same
