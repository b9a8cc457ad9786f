"""Who may reach Scanline, and what may be changed through it. There are no accounts and no roles yet.

Two variables of the environment, each ``1`` or not set:

``SCANLINE_OPEN``
    A server that other machines reach starts only with it.
``SCANLINE_READ_ONLY``
    Nothing is trained, searched for, decided on, imported, removed or written beside a data set, by pages and
    commands alike. Predictions are still entered in the audit log.
"""

import os
from ipaddress import ip_address

from diagnosis.core.errors import InputError

OPEN, READ_ONLY = "SCANLINE_OPEN", "SCANLINE_READ_ONLY"
CLOSED = (
    "Scanline has no sign-in, so whoever reaches this address could train, promote, import and remove: "
    f"listen on 127.0.0.1, or set {OPEN}=1 to open it to the network all the same."
)
OPENED = "Open to the network without sign-in: whoever reaches this address can use Scanline."
OPENED_TO_ACCOUNTS = "Open to the network: whoever can sign in can use Scanline."
ONLY_READING = "Read-only: nothing can be trained, decided on, imported or removed here."


def opened() -> bool:
    """Whether ``SCANLINE_OPEN`` is set.

    Raises:
        InputError: it is set to something else than 0 and 1.
    """
    return _switched_on(OPEN)


def shows_paths() -> bool:
    """Whether pages may say where files lie on this machine: not to whoever comes over the network."""
    return not opened()


def read_only() -> bool:
    """Whether ``SCANLINE_READ_ONLY`` is set.

    Raises:
        InputError: it is set to something else than 0 and 1.
    """
    return _switched_on(READ_ONLY)


def require_write(what: str) -> None:
    """Stand at the top of everything that changes what is kept for all.

    Args:
        what: was to be done, after "could not", such as ``"train"``.

    Raises:
        InputError: this Scanline is read-only.
    """
    if read_only():
        raise InputError(
            f"This Scanline is read-only and does not {what}: use one without {READ_ONLY}, or ask whoever "
            "runs the machine."
        )


def beyond_loopback(address: str | None) -> bool:
    """Whether a server at this address is reached from other machines; None and "" are all addresses."""
    if not address:
        return True
    if address.lower() == "localhost":
        return False
    try:
        return not ip_address(address.strip("[]")).is_loopback
    except ValueError:  # a name: nobody knows where it leads
        return True


def check_address(address: str | None) -> None:
    """Let a server start on this address, or not.

    Raises:
        InputError: other machines would reach it, and ``SCANLINE_OPEN`` is not set.
    """
    if beyond_loopback(address) and not opened():
        raise InputError(CLOSED)


def _switched_on(variable: str) -> bool:
    value = os.environ.get(variable, "").strip()
    if value not in {"", "0", "1"}:
        raise InputError(f"{variable} is {value!r}: set it to 1, or to 0 or not at all.")
    return value == "1"
