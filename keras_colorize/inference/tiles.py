"""A Markov random field over a picture of any size, in bounded memory, tile by tile.

In a sweep of red-black mean field news travels two pixels, in s sweeps at most 2 s - 1. A tile
that sees 2 s pixels beyond what is kept of it is therefore solved there exactly as the whole
picture would be, if its checkerboard is that of the picture, which it is when tiles start at
even rows and columns. Every tile has the same shape, so that a solver is compiled once.
"""

import numpy as np

TILE = 256
"""Pixels along a side of what is solved at once: a few hundred megabytes for two channels."""

NOWHERE = -1e6
"""Lightness of what lies outside the picture: no pixel is so like it that it has any weight."""


def solve_in_tiles(solve, probabilities, lightness, sweeps, tile=TILE):
    """Solves a field tile by tile; cost is linear in the number of pixels.

    Args:
        solve: function of float32 arrays (1, tile, tile, C, K) and L* (1, tile, tile, 1) that
            returns an array (1, tile, tile, D), such as the decoded output of `MeanField`.
        probabilities: function of two slices, rows and columns within the picture, that returns
            the distributions there, an array (h, w, C, K); see `enlarged_window`.
        lightness: array (H, W, 1), L* in 0..100.
        sweeps: the sweeps that `solve` makes, all of them: with a tolerance tiles would differ.
        tile: side of a tile in pixels, even and above 4 * sweeps.

    Returns:
        float32 array (H, W, D): what `solve` returns for the whole picture at once, but for
        rounding.

    Raises:
        ValueError: if the tile is odd or too small.
    """
    halo = 2 * sweeps
    if tile % 2 or tile <= 2 * halo:
        raise ValueError(
            f"tile must be even and above {2 * halo} for {sweeps} sweeps; received {tile}."
        )
    rows, columns = (_spans(length, tile, halo) for length in lightness.shape[:2])
    return np.concatenate(
        [
            np.concatenate(
                [_solved(solve, probabilities, lightness, (y, x), tile, halo) for x in columns],
                axis=1,
            )
            for y in rows
        ]
    )


def enlarged_window(probabilities, size, rows, columns):
    """A part of a map enlarged bilinearly, without enlarging the rest.

    Args:
        probabilities: array (h, w, ...).
        size: height and width of the whole enlarged map.
        rows: slice of rows of the enlarged map, with a start and a stop.
        columns: slice of its columns.

    Returns:
        Array (rows, columns, ...); pixel centers lie at half integers and the border is repeated.
    """
    for axis, (places, length) in enumerate(zip((rows, columns), size, strict=True)):
        probabilities = _interpolated(probabilities, axis, places, length)
    return probabilities


def _interpolated(x, axis, places, length):
    small = x.shape[axis]
    position = (np.arange(places.start, places.stop) + 0.5) * (small / length) - 0.5
    position = np.clip(position, 0, small - 1).astype("float32")
    before = position.astype("int32")
    after = np.minimum(before + 1, small - 1)
    share = (position - before).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return (1 - share) * x.take(before, axis) + share * x.take(after, axis)


def _spans(length, tile, halo):
    """Yields (start of the tile, what of the picture it keeps); tiles may start before 0."""
    kept = tile - 2 * halo
    return [(at - halo, slice(at, min(at + kept, length))) for at in range(0, length, kept)]


def _solved(solve, probabilities, lightness, spans, tile, halo):
    starts, kept = zip(*spans, strict=True)
    inside = [
        slice(max(start, 0), min(start + tile, length))
        for start, length in zip(starts, lightness.shape, strict=False)
    ]
    beyond = [
        (part.start - start, start + tile - part.stop)
        for part, start in zip(inside, starts, strict=True)
    ]
    known = np.asarray(probabilities(*inside), "float32")
    unary = np.pad(known, [*beyond, (0, 0), (0, 0)])
    levels = np.pad(
        np.asarray(lightness[tuple(inside)], "float32"),
        [*beyond, (0, 0)],
        constant_values=NOWHERE,
    )
    solved = np.asarray(solve(unary[None], levels[None]))[0]
    return solved[tuple(slice(halo, halo + part.stop - part.start) for part in kept)]
