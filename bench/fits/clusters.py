"""How far the shares of tenths may be off because contacts of one case are not independent.

The cases are drawn anew, with replacement, and each brings all of its contacts along (a cluster
bootstrap; B. Efron, *Annals of Statistics* 7:1, 1979). Beside the interval that is asked for, which
takes contacts as independent, and never in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fortnight.simulate.ranking import SURE, TENTHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]
    Bools = NDArray[np.bool_]

DRAWS: Final = 2_000
SEED: Final = 1


def around(
    claimed: Floats, true: Bools, case: Longs, *, seed: int = SEED, draws: int = DRAWS
) -> dict[int, tuple[float, float]]:
    """Return between what the true share of each tenth lies with 99 %, cases drawn anew.

    Parameters
    ----------
    claimed, true, case
        Probability, whether it was so, and whose contact it is, a row a contact.
    seed, draws
        Of the bootstrap, and how many.
    """
    whose = np.unique(case, return_inverse=True)[1]
    people = int(whose.max(initial=-1)) + 1
    often = np.random.default_rng(seed).multinomial(people, np.full(people, 1.0 / people), draws)
    tenth = np.minimum((claimed * TENTHS).astype(np.int64), TENTHS - 1)
    found = {}
    for k in np.unique(tenth).tolist():
        of = tenth == k
        count, hits = (
            often @ np.bincount(whose[of], weight, minlength=people)
            for weight in (np.ones(int(of.sum())), true[of].astype(np.float64))
        )
        share = hits[count > 0] / count[count > 0]
        low, high = np.quantile(share, [(1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0])
        found[k] = (float(low), float(high))
    return found
