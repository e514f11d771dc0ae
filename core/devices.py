"""Which devices compute: choice, memory settings, a data-parallel mesh, and several hosts.

All of it is JAX's own engine (`jax.sharding`, `jax.distributed`); nothing here moves data by hand.
"""

import os
import platform
from collections.abc import Mapping
from typing import Any

from core.errors import InputError, LatentLabError

# JAX would take three quarters of a GPU at start, which starves a second process beside it; on
# demand is as fast after the first epoch. Set before jax is imported, and never over a choice of
# the user.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

DATA_AXIS = "data"


def join_hosts(environment: Mapping[str, str] = os.environ) -> None:
    """Joins the other hosts of a multi-host run, if the environment names them.

    `LATENT_LAB_COORDINATOR` (host:port), `LATENT_LAB_HOSTS` (their number) and `LATENT_LAB_HOST`
    (this one's index, from 0) must be set together, before the first computation.

    Raises:
        InputError: only some of the three are set, or a number is unusable.
        LatentLabError: the others cannot be reached.
    """
    names = ("LATENT_LAB_COORDINATOR", "LATENT_LAB_HOSTS", "LATENT_LAB_HOST")
    values = [environment.get(name, "") for name in names]
    if not any(values):
        return
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        raise InputError(f"a run over several hosts also needs {' and '.join(missing)}")
    coordinator, hosts, host = values
    if not hosts.isdecimal() or not host.isdecimal() or not 0 <= int(host) < int(hosts):
        raise InputError(
            f"LATENT_LAB_HOST ({host}) should be a number from 0 to LATENT_LAB_HOSTS - 1 ({hosts})"
        )
    try:
        jax.distributed.initialize(coordinator, num_processes=int(hosts), process_id=int(host))
    except (RuntimeError, ValueError) as error:
        raise LatentLabError(
            f"the other hosts cannot be joined ({str(error).splitlines()[0][:160]}); check "
            f"LATENT_LAB_COORDINATOR ({coordinator}), and that all {hosts} hosts have started"
        ) from error


def check_devices(n_devices: int = 1) -> None:
    """Starts the devices, so that what is wrong with them shows before any work is done.

    Args:
        n_devices: that are to be used.

    Raises:
        InputError: the run is one of several hosts, and does not use all their devices.
        RuntimeError: JAX finds none of the platforms it was told to use.
    """
    n_all = len(jax.devices())
    if jax.process_count() > 1 and n_devices != n_all:
        raise InputError(
            f"devices ({n_devices}) should be {n_all}: a run over {jax.process_count()} hosts uses "
            "all of theirs"
        )


def is_first_host() -> bool:
    """Says whether this host writes what all have made; true where there is but one."""
    return jax.process_index() == 0


def wait_for_hosts(place: str) -> None:
    """Waits until all hosts of a run have come to the same place in it.

    Args:
        place: its name, the same on every host.
    """
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(place)


def all_hosts(value: bool) -> bool:
    """Says whether something holds on every host; each has to ask, and gets the same answer."""
    if jax.process_count() == 1:
        return value
    return bool(multihost_utils.process_allgather(np.array(value)).all())


def data_mesh(n_devices: int | None = None) -> Mesh:
    """Lays the devices of all hosts on one axis, over which batches are split.

    Args:
        n_devices: how many to use; None for all.

    Returns:
        A mesh with the axis "data".

    Raises:
        InputError: there are fewer devices.
    """
    devices = jax.devices()
    wanted = len(devices) if n_devices is None else n_devices
    if not 1 <= wanted <= len(devices):
        raise InputError(
            f"devices ({wanted}) should be from 1 to {len(devices)}, the number of "
            f"{devices[0].platform} devices here"
        )
    return jax.make_mesh(
        (wanted,), (DATA_AXIS,), devices=devices[:wanted], axis_types=(AxisType.Auto,)
    )


def split_over(mesh: Mesh) -> NamedSharding:
    """Returns the sharding that splits an array's first axis over the mesh."""
    return NamedSharding(mesh, PartitionSpec(DATA_AXIS))


def on_every_device(mesh: Mesh) -> NamedSharding:
    """Returns the sharding that keeps a whole copy of an array on each device of the mesh."""
    return NamedSharding(mesh, PartitionSpec())


def put_on_every_device(tree: Any, mesh: Mesh) -> Any:
    """Puts a copy of every array of a tree on each device of the mesh, also those of other hosts.

    Args:
        tree: pytree of arrays, the same on every host.
        mesh: the devices.
    """
    # compiled, since `jax.device_put` refuses to put random keys on devices of other hosts
    return jax.jit(lambda arrays: arrays, out_shardings=on_every_device(mesh))(tree)


def describe_devices(mesh: Mesh | None = None) -> str:
    """Says in words what computes, e.g. "2 CPU cores (x86_64)" or "1 NVIDIA H100 80GB HBM3"."""
    devices = jax.devices() if mesh is None else list(mesh.devices.flat)
    if devices[0].platform == "cpu":
        words = f"{os.cpu_count()} CPU cores ({platform.machine()})"
        return words if len(devices) == 1 else f"{words} as {len(devices)} devices"
    return f"{len(devices)} {devices[0].device_kind}"
