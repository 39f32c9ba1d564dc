"""Over which devices a minibatch is split."""

import tensorflow as tf

from graphical_gan.training.memory import keep_freed_memory


def make_strategy(name: str, batch_size: int) -> tf.distribute.Strategy:
    """The devices of a run; call it before anything else that runs on them.

    Args:
        name: a key of `STRATEGIES`: "mirrored", every GPU of this machine, or else every logical CPU device;
            "multi_worker", those of all the machines that `TF_CONFIG` names; "tpu", all cores of the TPU of this
            machine, which is untested.
        batch_size: of the global minibatch.

    Raises:
        ValueError: if the replicas don't divide the batch size, or `TF_CONFIG` or the TPU is missing.
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
    """Whether this process is the one of a run that writes: with several workers the chief, or else worker 0."""
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if name != "multi_worker" or resolver.task_type is None:
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def compiles(jit: bool | None, strategy: tf.distribute.Strategy) -> bool:
    """Whether XLA compiles what a step computes: by default on one GPU.

    On a CPU it makes a step several times slower, and over several replicas TensorFlow can't compile the reductions of
    normalisation.

    Args:
        jit: what the user chose, or None.
        strategy: of the run.

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
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        workers = resolver.cluster_spec().num_tasks("worker")
    except ValueError:
        workers = 0
    if not workers or resolver.task_type not in ("chief", "worker"):
        raise ValueError(
            "--strategy=multi_worker needs the environment variable TF_CONFIG, the same on every machine but for its "
            'own place: {"cluster": {"worker": ["host0:port", "host1:port"]}, "task": {"type": "worker", "index": 0}}. '
            "Set it, or leave --strategy out."
        )
    return tf.distribute.MultiWorkerMirroredStrategy(resolver)


def _tpu():
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ValueError(f"--strategy=tpu finds no TPU here: {reason}. Leave it out, or run it on one.") from error
    return tf.distribute.TPUStrategy(resolver)


STRATEGIES = {"mirrored": _mirrored, "multi_worker": _multi_worker, "tpu": _tpu}
