"""Dask workers: started on this machine for one run, or lent by a cluster that is there."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from napari_wsss.errors import JobError
from napari_wsss.version import __version__

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_PATIENCE = 10
"""Seconds within which a cluster answers."""


class Workers(Protocol):
    """Where cases are done."""

    def client(self) -> Client:
        """Give the way to them; they are called together at the first call.

        Raises:
            JobError: they cannot be had, or cannot do this work.
        """
        ...

    def stop(self) -> None:
        """Make sure that they go on with nothing, as far as that is ours to do."""
        ...

    def close(self) -> None:
        """Leave them."""
        ...


class LocalWorkers:
    """Processes of this machine, which share its cores; what they say to each other is encrypted.

    Args:
        count: how many, ≥ 1.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None

    def client(self) -> Client:
        """Give the way to them."""
        import dask
        from distributed import LocalCluster

        if self._client is None:
            _quieten()
            with dask.config.set(_surroundings(max(1, (os.cpu_count() or 1) // self._count))):
                self._cluster = LocalCluster(
                    n_workers=self._count,
                    threads_per_worker=1,
                    memory_limit=0,  # scans are mapped into memory, which would count
                    dashboard_address="127.0.0.1:0",
                    worker_dashboard_address="127.0.0.1:0",
                    security=True,
                    silence_logs=logging.CRITICAL,
                )
            self._client = self._cluster.get_client()
        return self._client

    def stop(self) -> None:
        """End the processes, now."""
        self.close()

    def close(self) -> None:
        """End the processes, now: Dask by itself would wait some seconds for what is in work."""
        client, cluster, self._client, self._cluster = self._client, self._cluster, None, None
        if client is None or cluster is None:
            return
        client.close()
        for nanny in cluster.workers.values():
            nanny.auto_restart = False
            with suppress(psutil.NoSuchProcess, TypeError):  # it has just died
                psutil.Process(nanny.pid).kill()
        with suppress(TimeoutError):  # one that dies while it is started anew may never answer
            cluster.close(timeout=_PATIENCE)


class HiredWorkers:
    """Workers of a cluster that is there; they stay when the work is done.

    Args:
        address: of its scheduler, such as "tcp://node7:8786"; "tls://…" takes the keys from Dask's own settings.
        project: the project folder, which they must see at the same place.
    """

    def __init__(self, address: str, project: str) -> None:
        self._address, self._project = address, project
        self._client: Client | None = None

    def client(self) -> Client:
        """Give the way to them.

        Raises:
            JobError: nothing answers at the address, there are no workers, they do not see the project folder, or they
                have another version of this program.
        """
        if self._client is None:
            _quieten()
            with ExitStack() as stack:
                client = _reached(self._address)
                stack.callback(client.close)
                self._check(client)
                stack.pop_all()
            self._client = client
        return self._client

    def stop(self) -> None:
        """Leave them alone: each hears the wish at its next event."""

    def close(self) -> None:
        """Say goodbye."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _check(self, client: Client) -> None:
        from napari_wsss.session.cluster_worker import welcome

        try:
            found = client.run(welcome, self._project)
        except Exception as error:
            raise JobError(
                f"{self._address}: its workers cannot run napari-wsss ({error}). Install it there, version "
                f"{__version__}."
            ) from error
        if not found:
            raise JobError(f"{self._address}: the cluster has no worker. Start some: `dask worker {self._address}`.")
        if "" in found.values():
            raise JobError(
                f"{self._address}: a worker does not see {self._project}. The project folder must lie on a disk "
                "that all machines of the cluster see at the same place."
            )
        if others := sorted({*found.values()} - {__version__}):
            raise JobError(f"{self._address}: workers have napari-wsss {', '.join(others)}, here it is {__version__}.")


def _reached(address: str) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise JobError(
            f"{address}: no Dask cluster answers there ({error}). Start one with `dask scheduler` and `dask worker`, "
            "and give the address that the scheduler names."
        ) from error


def _quieten() -> None:
    """Keep Dask's comings and goings, which name cases, out of our logs; what goes wrong is an error of ours."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


def _surroundings(threads: int) -> dict[str, Any]:
    """Share the cores, and show no web pages: there, other users of this machine would read names of cases.

    Every worker has so many threads, and those that wait for one another sleep.
    """
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {
        "distributed.nanny.pre-spawn-environ": dict.fromkeys(names, str(threads)) | {"OMP_WAIT_POLICY": "PASSIVE"},
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.nanny.http.routes": [],
    }
