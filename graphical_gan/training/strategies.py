"""Over which devices, and which processes, a minibatch is split.

Several processes are one run: each makes the same steps, and the chief alone reads and writes its folder. Where they
would go different ways, as with a signal that one of them gets, they ask one another: `from_chief`, `total`.
"""

import json
import os
import signal
import socket

import tensorflow as tf

from graphical_gan.common.files import first_line
from graphical_gan.training.memory import keep_freed_memory

_EXAMPLE = '{"cluster": {"worker": ["host0:port", "host1:port"]}, "task": {"type": "worker", "index": 0}}'


def make_strategy(name: str, batch_size: int) -> tf.distribute.Strategy:
    """The devices of a run; call it before anything else that runs on them.

    Args:
        name: a key of `STRATEGIES`: "mirrored", every GPU of this machine, or else every logical CPU device;
            "multi_worker", those of all the machines that `TF_CONFIG` names; "current", those of the scope around it.

    Raises:
        ValueError: if the replicas don't divide the batch size, or `TF_CONFIG` is missing or wrong.
    """
    keep_freed_memory()
    strategy = STRATEGIES[name]()
    check_batch(batch_size, strategy.num_replicas_in_sync)
    return strategy


def check_batch(batch_size: int, replicas: int) -> None:
    """Refuses a batch size that the number of replicas does not divide."""
    if batch_size % replicas:
        raise ValueError(
            f"--batch_size={batch_size} is not a multiple of the {replicas} replicas. Choose a multiple, or hide "
            "devices with CUDA_VISIBLE_DEVICES."
        )


def is_chief(name: str) -> bool:
    """Whether this process is the one of a run that writes: with several workers the chief, or else worker 0.

    Raises:
        ValueError: if `TF_CONFIG` is missing or wrong.
    """
    if name != "multi_worker":
        return True
    cluster, kind, index = _tf_config()
    return (kind, index) == ("chief" if "chief" in cluster else "worker", 0)


def from_chief(strategy: tf.distribute.Strategy, values: list) -> list[tf.Tensor]:
    """Numbers, tensors or variables of the chief, for all processes of a run; each has the same shapes of them."""
    return _sum(strategy, list(map(tf.convert_to_tensor, values)), first_only=True)


def total(strategy: tf.distribute.Strategy, value: int) -> int:
    """The sum of a number over all replicas of all processes of a run, which wait for one another here."""
    return int(_sum(strategy, [tf.constant(value)], first_only=False)[0])


def wait_for_all(strategy: tf.distribute.Strategy) -> None:
    """Returns when all processes of a run have come here."""
    total(strategy, 0)


def _sum(strategy, values, first_only):
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return _sum_of_several(strategy, values, first_only) if several else values


@tf.function(autograph=False)
def _sum_of_several(strategy, values, first_only):
    def own():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return [tf.where(replica == 0, v, tf.zeros_like(v)) for v in values] if first_only else values

    return [strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None) for value in strategy.run(own)]


def compiles(jit: bool | None, strategy: tf.distribute.Strategy) -> bool:
    """Whether XLA compiles what a step computes: by default on one GPU.

    On a CPU it makes a step several times slower, and over several replicas TensorFlow can't compile the reductions of
    normalisation.

    Raises:
        ValueError: if it is chosen for several replicas.
    """
    replicas = strategy.num_replicas_in_sync
    if jit and replicas > 1:
        raise ValueError(f"--jit is for one replica, and this run has {replicas}. Leave it out, or hide devices.")
    return bool(tf.config.list_logical_devices("GPU")) and replicas == 1 if jit is None else jit


def _mirrored():
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in devices]
    return tf.distribute.OneDeviceStrategy(names[0]) if len(names) == 1 else tf.distribute.MirroredStrategy(names)


def _multi_worker():
    cluster, _, _ = _tf_config()
    places = [place for job in cluster.values() for place in job]
    print(f"Waits for all of {', '.join(places)}.", flush=True)
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise ValueError(
            f"The workers {', '.join(places)} of TF_CONFIG do not meet: {first_line(error)}. Start the same command "
            "on each of them, with ports that are free and reachable."
        ) from error
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))  # TensorFlow has put one of its own in its place
    return strategy


def _tf_config():
    """The cluster of `TF_CONFIG`, places by job, and the job and number of this process."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        cluster, kind, index = config["cluster"], config["task"]["type"], config["task"]["index"]
        jobs = {job: [socket.getaddrinfo(*place.rsplit(":", 1)) and place for place in cluster[job]] for job in cluster}
        if not (jobs.keys() <= {"chief", "worker"} and type(index) is int and 0 <= index < len(jobs[kind])):
            raise ValueError("a task that the cluster does not have, or one that is neither chief nor worker")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError) as error:
        raise ValueError(
            f"--strategy=multi_worker needs the environment variable TF_CONFIG, which is {text[:200]!r} "
            f"({type(error).__name__}: {error}); expected the same on every machine but for its own place: {_EXAMPLE}. "
            "Set it, or leave --strategy out."
        ) from error
    return jobs, kind, index


STRATEGIES = {"mirrored": _mirrored, "multi_worker": _multi_worker, "current": tf.distribute.get_strategy}
