"""Where work is done: in processes of this machine, or on Dask's workers. Nothing else knows the difference.

Work is a plain function of what can be pickled, handed to a ``concurrent.futures`` executor. docs/cluster.md
tells how Dask's workers are set up.
"""

import asyncio
import ipaddress
import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from diagnosis import __version__
from diagnosis.core.errors import InputError
from diagnosis.core.own_process import Call, NewProcesses, end_with_parent

ADDRESS = "DASK_SCHEDULER_ADDRESS"
REPLIES_WITHIN_S = 5  # the scheduler, and then its first worker


@contextmanager
def executor(workers: int = 1, *, fresh: bool = True, gpu: bool = False) -> Iterator[Executor]:
    """An executor for as long as the block lasts. If the block raises, what is still running is ended.

    A task whose process is killed raises what `lost` knows. On this machine every task not yet done then
    raises it, and the executor takes no more; Dask first tries it on other workers (``allowed-failures``).

    Args:
        workers: processes on this machine; Dask has its own number.
        fresh: a new process for each task, since Keras gives back what a training took only with its process.
        gpu: Dask: one task for each unit of the resource ``GPU`` that a worker has.

    Raises:
        InputError: Dask is asked for and not installed, or its scheduler does not answer, has no worker (or
            none with a GPU, if one is asked for) or one without this version of Scanline, or is lost.
    """
    if address := os.environ.get(ADDRESS):
        with _dask(address, fresh=fresh, gpu=gpu) as remote:
            yield remote
    else:
        with _processes(workers, fresh=fresh) as local:
            yield local


def lost(error: BaseException) -> bool:
    """Whether a task raised this because its process was killed (such as for want of memory)."""
    distributed = sys.modules.get("distributed")
    return isinstance(error, BrokenProcessPool) or (
        distributed is not None and isinstance(error, distributed.KilledWorker)
    )


@contextmanager
def _processes(workers: int, *, fresh: bool) -> Iterator[Executor]:
    if fresh:
        with _ended(NewProcesses(workers)) as processes:
            yield processes
        return
    context = multiprocessing.get_context("spawn")
    # Nobody writes into this pipe: it ends when we do, however we end, or when we close it.
    parent, ours = context.Pipe(duplex=False)
    with parent, ours:
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=end_with_parent, initargs=(parent,)
        )
        with _ended(pool, ours.close) as processes:
            yield processes


@contextmanager
def _ended(processes: Executor, kill: Callable[[], None] = lambda: None) -> Iterator[Executor]:
    """Wait for what was submitted, or, where the block raises, end it."""
    try:
        yield processes
    except BaseException:
        kill()
        processes.shutdown(cancel_futures=True)
        raise
    processes.shutdown()


@contextmanager
def _dask(address: str, *, fresh: bool, gpu: bool) -> Iterator[Executor]:
    client = _connected(address)
    # impure: equal calls are done as often as they are asked for
    options: dict[str, Any] = {"pure": False} | ({"resources": {"GPU": 1}} if gpu else {})
    try:
        _check_workers(client, address, gpu=gpu)
        remote = client.get_executor(**options)
        yield _InNewProcesses(remote) if fresh else remote
    except CancelledError as error:
        if client.status == "running":
            raise
        raise InputError(
            f"The connection to Dask's scheduler at {address} was lost: see that it runs, then give the same "
            "command again."
        ) from error
    finally:
        client.close()  # which cancels what is left


def _check_encrypted(address: str) -> None:
    """See that nobody on the network can read or replace what is sent: it is code, both ways.

    Raises:
        InputError: somebody could.
    """
    scheme, _, rest = address.rpartition("://")
    if scheme in ("tls", "inproc") or ":" not in rest:  # without a port it is no address
        return
    try:
        host = urlsplit(f"//{rest}").hostname or ""
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:  # another name
        pass
    raise InputError(
        f"Dask's scheduler at {address[:200]!r} would be sent code without encryption, and run what anybody "
        f"on the network puts in its place: set {ADDRESS} to a tls:// address (docs/cluster.md), or unset it "
        "to work on this machine."
    )


def _connected(address: str) -> Any:
    _check_encrypted(address)
    try:
        from distributed import Client, Security
        from distributed.comm import connect
    except ImportError as error:
        raise InputError(
            f"{ADDRESS} is set, and Dask is not installed: pip install -r requirements-cluster.txt, or unset "
            "it to work on this machine."
        ) from error

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # we say it in a sentence

    async def knock() -> None:  # a Client that finds nobody takes ten seconds more to go away
        options = Security().get_connection_args("client")
        await (await connect(address, timeout=REPLIES_WITHIN_S, **options)).close()

    try:
        with ThreadPoolExecutor(1) as apart:  # this thread may have an event loop of its own
            apart.submit(asyncio.run, knock()).result()
        return Client(address, timeout=REPLIES_WITHIN_S, set_as_default=False)
    except (OSError, ValueError, TypeError, MemoryError) as error:
        raise InputError(
            f"There is no Dask scheduler at {address!r} ({_reason(error)}): start it, correct {ADDRESS} "
            "(such as tls://scheduler:8786), or unset it to work on this machine."
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return "no reply"
    if isinstance(error, ValueError):
        return "this is no address"
    if isinstance(error, TypeError):
        return "TLS needs certificates in Dask's configuration"
    return "what replies is no scheduler"  # MemoryError: its first bytes, read as a length


def _check_workers(client: Any, address: str, *, gpu: bool) -> None:
    wanted = "worker with a GPU (--resources GPU=1)" if gpu else "worker"
    try:
        client.wait_for_workers(1, timeout=REPLIES_WITHIN_S)
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
    except TimeoutError:
        workers = ()
    if not any(not gpu or worker["resources"].get("GPU") for worker in workers):
        raise InputError(
            f"Dask's scheduler at {address} has no {wanted}: start one (docs/cluster.md), or unset {ADDRESS} "
            "to work on this machine."
        )
    versions = client.run(_version, on_error="return")
    try:  # it unpacks what it hands on
        versions["scheduler"] = client.run_on_scheduler(_version)
    except ImportError:
        versions["scheduler"] = None
    for place, version in versions.items():
        if version != __version__:
            raise InputError(
                f"Dask's {'' if place == 'scheduler' else 'worker '}{place} does not have Scanline "
                f"{__version__}: install that version there, and start it with PYTHONPATH set to its folder."
            )


def _version() -> str:
    return __version__


class _InNewProcesses(Executor):
    """Hands every task on to be done in a process of its own, wherever that will be."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._inner.submit(_in_new_process, function, *args, **kwargs)


def _in_new_process(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    if multiprocessing.current_process().daemon:  # may have no children: see docs/cluster.md
        return function(*args, **kwargs)
    return Call(function, *args, **kwargs).result()
