"""Disks as they are met with: small ones that are soon full, and folders that nobody may write to."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own in memory; only the system's administrator can have one."""
    folder.mkdir(mode=0o700)
    options = f"size={kilobytes}k,mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(
            "only the system's administrator can; a limit of files' sizes is tried by everybody"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder, and all that is in it, that processes started with `unprivileged` cannot write to."""
    every = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in every}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def unprivileged(*words: str) -> list[str]:
    """The command so that permissions count for the administrator, too."""
    if os.geteuid():
        return list(words)
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
