"""Dividing a whole into parts so that the parts add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeVar

Part = TypeVar("Part")


def divide(total: int, weights: Mapping[Part, float], *, at_least: int = 0) -> dict[Part, int]:
    """Whole shares of `total` by weight, none below `at_least`; what rounding leaves goes to the largest remainders.

    Raises ValueError when `total` is too small for `at_least`.
    """
    free = total - at_least * len(weights)
    if free < 0:
        raise ValueError(f"{total} cannot be divided into {len(weights)} parts of at least {at_least}")
    scale = free / sum(weights.values())
    exact = {part: weight * scale for part, weight in weights.items()}
    shares = {part: int(share) for part, share in exact.items()}
    by_remainder = sorted(exact, key=lambda part: shares[part] - exact[part])
    for part in by_remainder[: free - sum(shares.values())]:
        shares[part] += 1
    return {part: at_least + share for part, share in shares.items()}


def interleave(counts: Mapping[Part, int]) -> Sequence[Part]:
    """Every part as often as its count, spread evenly, so that any run of them has about the shares of the whole."""
    spread = chain.from_iterable(
        (((index + 0.5) / count, part) for index in range(count)) for part, count in counts.items()
    )
    return [part for _, part in sorted(spread, key=lambda entry: entry[0])]
