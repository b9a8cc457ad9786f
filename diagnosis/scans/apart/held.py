"""How much decoded scans take in all sessions of a server together."""

from __future__ import annotations

import threading
import weakref

from diagnosis.scans.limits import MEGABYTE, Limits, variable
from diagnosis.scans.scan import Scan, ScanError

# One scan may take so much of what is left: a few visitors with large ones leave room for small ones.
SHARE = 1 / 4

_lock = threading.Lock()
_held: weakref.WeakSet[Scan] = weakref.WeakSet()


def hold(scan: Scan, limits: Limits | None = None) -> Scan:
    """Count a scan until nobody refers to it any more, as when its session has ended; returns it.

    Raises:
        ScanError: all sessions together already hold so much that this one is too large.
    """
    limits = limits or Limits.from_environment()
    with _lock:
        left = limits.held - in_all()
        if scan.pixels.nbytes > SHARE * left:
            raise ScanError(
                f"The scans that are open on this server leave no room for this one of "
                f"{scan.pixels.nbytes / MEGABYTE:,.0f} MB: give a smaller one, or try again in some "
                f"minutes, or raise {variable('held')}."
            )
        _held.add(scan)
    return scan


def in_all() -> int:
    """Bytes of the pixels of all scans that are held."""
    return sum(scan.pixels.nbytes for scan in _held)
