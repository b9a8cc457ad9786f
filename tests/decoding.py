"""Which processes decode files for a server, or for a test that stands for one."""

from contextlib import suppress

import psutil  # type: ignore[import-untyped]


def helper(server: psutil.Process) -> psutil.Process | None:
    """The decoding process of a server; None if it has none."""
    for child in server.children():
        with suppress(psutil.NoSuchProcess):
            if "diagnosis.scans.apart.decoder" in child.cmdline():
                return child
    return None


def decoding(server: psutil.Process) -> list[psutil.Process]:
    """What decodes a file, or waits for one, now; without what has ended."""
    alive = []
    with suppress(psutil.NoSuchProcess):
        for child in process.children() if (process := helper(server)) else []:
            with suppress(psutil.NoSuchProcess):
                if child.status() != psutil.STATUS_ZOMBIE:
                    alive.append(child)
    return alive
