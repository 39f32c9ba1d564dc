"""Data sets that tensorflow-datasets downloads, prepares and stores."""

import contextlib
import fcntl
import functools
import logging
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan.data import files
from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, Split
from graphical_gan.data.storage import room

_PATIENCE = 10  # seconds to wait for a server before it counts as out of reach


def read(request: Request) -> Source:
    """Read a data set with labels and the splits train and test, in stored order."""
    builder = open_builder(request)
    with reading(builder):
        pool, test = (in_memory(examples(builder, split, ("image", "label"))) for split in ("train", "test"))
    return Source(pool, test, request.known.label_names, request.known.validation_examples)


def open_builder(request: Request) -> Any:
    """Have tensorflow-datasets find its prepared copy of a data set, or make it: a `tfds.core.DatasetBuilder`.

    Raises:
        ValueError: if the data is not here and can't be had, saying which files to put where.
    """
    import tensorflow_datasets as tfds

    known = functools.partial(known_builder, request, request.name, functools.partial(tfds.builder, request.name))
    builder = known()
    if builder.is_prepared():
        return builder
    downloads = builder.data_dir_root / "downloads"
    manual_dir = request.manual_dir or downloads / "manual"
    try:
        check_servers(files.missing_urls(request.name, manual_dir, downloads))
        return prepare(known, manual_dir)
    except Exception as error:  # servers, proxies, checksums, archives and disks all fail in their own ways
        missing = ", a folder that does not exist," * (not builder.data_dir_root.exists())
        raise ValueError(
            f"--dataset={request.name} is not in {builder.data_dir_root}{missing} and could not be made there "
            f"({_cause(error)}).\n" + files.advice(request.name, builder.data_dir_root, request.manual_dir)
        ) from error


def known_builder(request: Request, name: str, make: Callable[..., Any]) -> Any:
    """What tensorflow-datasets knows of a data set, prepared or not.

    Args:
        request: which says where its folder is.
        name: of its builder, and of its folder.
        make: makes the builder.

    Raises:
        ValueError: if what is there of it is damaged.
    """
    import tensorflow_datasets as tfds

    folder = pathlib.Path(request.data_dir or tfds.core.constants.DATA_DIR).expanduser()
    try:
        files.check_prepared(folder / name)
        with quiet():
            return make(data_dir=request.data_dir)
    except Exception as error:  # damaged metadata fails in many ways
        raise _damaged(f"{name} in {folder}", error) from error


def prepare(known: Callable[[], Any], manual_dir: Any) -> Any:
    """Have tensorflow-datasets prepare a data set, where no other process does or has done so meanwhile.

    Args:
        known: makes the builder.
        manual_dir: path of the folder of files that are already here.

    Returns:
        The builder.
    """
    import tensorflow_datasets as tfds

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    builder = known()
    with quiet(), _alone(builder.data_dir_root, builder.name):
        builder = known()
        if not builder.is_prepared():
            builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual_dir))
    return builder


@contextlib.contextmanager
def _alone(folder, name):
    """Inside, no other process prepares this data set in a folder, which is made; it waits for one that does."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f".{name}.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another process prepares {name} in {folder}; this one waits for it.", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_servers(urls: list[str]) -> None:
    """Ask whether the servers of some files can be reached.

    Use it before tensorflow-datasets downloads, which without a network would try again for minutes.

    Args:
        urls: list of urls; the first of each server is asked for.

    Raises:
        requests.exceptions.RequestException: if a server can't be reached.
    """
    import requests

    first_of_server = {url.split("/")[2]: url for url in reversed(urls)}
    for url in first_of_server.values():
        requests.head(url, timeout=_PATIENCE)


def examples(builder: Any, split: str, keys: Iterable[str]) -> tf.data.Dataset:
    """Open a split for streaming.

    Args:
        split: name of the split, or several joined by +.
        keys: names of the features to decode.

    Returns:
        A finite `tf.data.Dataset` of dictionaries, always in the same order.
    """
    import tensorflow_datasets as tfds

    with quiet():
        return builder.as_dataset(
            split=split,
            decoders=tfds.decode.PartialDecoding(dict.fromkeys(keys, True)),
            read_config=tfds.ReadConfig(try_autocache=False, interleave_cycle_length=1),
        )


def in_memory(dataset: tf.data.Dataset, rows: np.ndarray | None = None) -> Split:
    """Stream images into one array; never more than one batch is in memory beside it.

    Args:
        dataset: `tf.data.Dataset` of N dictionaries with "image" and, if there are labels, "label".
        rows: int array [N], the row that each example gets; None is their order.

    Returns:
        A `Split` of all of them.
    """
    count, spec = int(dataset.cardinality()), dataset.element_spec
    rows, done = np.arange(count) if rows is None else rows, 0
    images = room((count, *spec["image"].shape))
    labels = np.empty(count, np.int32) if "label" in spec else None
    for batch in dataset.batch(256).as_numpy_iterator():
        here = rows[done : done + len(batch["image"])]
        images[here] = batch["image"]
        if labels is not None:
            labels[here] = batch["label"]
        done += len(here)
    if done != count:
        raise ValueError(f"{done} examples instead of {count}")
    return Split(images, labels)


@contextlib.contextmanager
def reading(builder: Any) -> Iterator[None]:
    """Turn what fails while the data of a builder is read into a `ValueError` for the user, in a `with` block."""
    try:
        yield
    except Exception as error:  # records, images and memory all fail in their own ways
        raise _damaged(builder.data_path, error) from error


def _damaged(where, error):
    return ValueError(
        f"The prepared data {where} can't be read ({_cause(error)}): expected it as it was written. Delete its folder "
        "to have it prepared again, or pass another --data_dir."
    )


def _cause(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings that tensorflow-datasets logs for its own developers from the user, in a `with` block."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
