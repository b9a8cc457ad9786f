"""Dividing pictures into splits: whole groups (patients) at a time, every class in every split."""

from collections.abc import Mapping

import numpy as np

PIECES = 20  # a share is met to a twentieth
DEALS = 200  # random deals of the pieces, of which the best is taken


def connected(n: int, pairs: np.ndarray) -> np.ndarray:
    """Group numbers ``(n,)`` such that both of every pair, int ``(pairs, 2)``, are in one group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    groups: np.ndarray = connected_components(links, directed=False)[1]
    return groups


def divide(
    labels: np.ndarray, groups: np.ndarray, shares: Mapping[str, float], seed: int
) -> np.ndarray | None:
    """Choose a split for each picture.

    scikit-learn cuts the pictures into up to 20 pieces with the classes as even as the groups allow
    (StratifiedGroupKFold, or StratifiedKFold where every picture is a group); the pieces are dealt to the
    splits at random, and of 200 deals the one is taken whose share of each class comes closest to what is
    wanted. A split gets more than its share only where it would else lack a class.

    Args:
        labels: int ``(n,)``.
        groups: int ``(n,)``; pictures of one group come into one split.
        shares: by split, of all pictures; "train" gets the rest.
        seed: of the cuts and the deals.

    Returns:
        The names of the splits, ``(n,)``; None if no deal puts every class into every split.
    """
    names = np.array(["train", *shares])
    pieces = _pieces(labels, groups, seed)  # (n,)
    k = int(pieces.max()) + 1
    counts = np.zeros((k, int(labels.max()) + 1), dtype=int)  # of each class in each piece
    np.add.at(counts, (pieces, labels), 1)
    wanted = np.array([1 - sum(shares.values()), *shares.values()])[:, None]
    sizes = [max(1, round(share * k)) for share in shares.values()]
    rng = np.random.default_rng(seed)
    while sum(sizes) < k:
        best, least = None, np.inf
        for _ in range(DEALS):
            dealt = np.zeros(k, dtype=int)  # piece to split
            order = rng.permutation(k)
            for split, end in enumerate(np.cumsum(sizes), 1):
                dealt[order[end - sizes[split - 1] : end]] = split
            held = np.stack([counts[dealt == split].sum(axis=0) for split in range(len(names))])
            off = np.abs(held / counts.sum(axis=0) - wanted).max()
            if held.all() and off < least:
                best, least = dealt, off
        if best is not None:
            splits: np.ndarray = names[best[pieces]]
            return splits
        sizes = [size + 1 for size in sizes]
    return None


def _pieces(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    import warnings

    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    distinct = len(np.unique(groups))
    k = min(PIECES, distinct)
    pieces = np.zeros(len(labels), dtype=int)
    if k < 2:
        return pieces
    if k == distinct:  # one group each
        return np.unique(groups, return_inverse=True)[1]
    each_alone = distinct == len(labels)
    cut = (StratifiedKFold if each_alone else StratifiedGroupKFold)(
        k, shuffle=True, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a class has fewer members than pieces
        try:
            for piece, (_, chosen) in enumerate(cut.split(labels, labels, groups)):
                pieces[chosen] = piece
        except ValueError:  # every class has fewer members than pieces
            return np.unique(groups, return_inverse=True)[1] % k
    return pieces
