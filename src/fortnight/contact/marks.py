"""Some of many whole numbers, marked as bits and listed in order: kernels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fortnight.compiled import Int, kernel

Longs = NDArray[np.int64]

BITS: Final = 32  # of a word of marks
_LOW_BITS: Final = (1 << BITS) - 1
_PLACES: Final = np.array([0, 1, 28, 2, 29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4, 8,
                           31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6, 11, 5, 10, 9])  # fmt: skip
_SEQUENCE: Final = 0x077CB531
"""Which bit it is that stands alone in a word: multiplied by this sequence of de Bruijn, its
highest five bits are another number for each (Leiserson, Prokop and Randall 1998)."""


@kernel
def set_mark(marks: Longs, words: Longs, m: Int) -> None:
    """Mark a number, and the word that its mark is in, so that those without any are skipped.

    ``marks`` and ``words`` are zeros, of a word for each ``BITS`` numbers and words.
    """
    word = m // BITS
    marks[word] |= np.int64(1) << (m % BITS)
    words[word // BITS] |= np.int64(1) << (word % BITS)


@kernel
def _lowest(marks: Int) -> Int:
    """Return which is the lowest of a word's marks; there is one."""
    alone = marks & -marks
    place: Int = _PLACES[((alone * _SEQUENCE) & _LOW_BITS) >> (BITS - 5)]
    return place


@kernel
def list_marks(marks: Longs, words: Longs, listed: Longs, place: Longs) -> Int:
    """List the marked numbers and note each one's place in the list; takes the marks away."""
    n: Int = np.int64(0)
    for k in range(words.shape[0]):
        while words[k] != 0:
            word = k * BITS + _lowest(words[k])
            words[k] &= words[k] - 1
            while marks[word] != 0:
                m = word * BITS + _lowest(marks[word])
                marks[word] &= marks[word] - 1
                listed[n] = m
                place[m] = n
                n += 1
    return n
