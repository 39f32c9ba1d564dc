"""Data sets that tensorflow-datasets downloads, prepares and stores."""

import contextlib
import fcntl
import json
import logging
import os
import pathlib
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from graphical_gan.data import files
from graphical_gan.data.request import Request
from graphical_gan.data.splits import Source, Split

_PATIENCE = 10  # seconds to wait for a server before it counts as out of reach


def read(request: Request) -> Source:
    """Read a data set with labels and the splits train and test.

    Args:
        request: the `Request`.

    Returns:
        A `Source` of images uint8 [N, H, W, C] in [0, 255] and labels int32 [N], in stored order.

    Raises:
        ValueError: if the data is not here and can't be had.
    """
    builder = open_builder(request)
    known = request.known
    with reading(builder):
        pool, test = (_read_split(builder, split, known.image_shape) for split in ("train", "test"))
    return Source(pool, test, known.label_names, known.validation_examples)


def open_builder(request: Request) -> Any:
    """Have tensorflow-datasets find or make its prepared copy of a data set.

    Args:
        request: the `Request`.

    Returns:
        A `tfds.core.DatasetBuilder`, ready to be read.

    Raises:
        ValueError: if the data is not here and can't be had, saying which files to put where.
    """
    import tensorflow_datasets as tfds

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    with quiet():
        builder = _builder(request)
        if builder.is_prepared():
            return builder
        downloads = builder.data_dir_root / "downloads"
        manual_dir = request.manual_dir or downloads / "manual"
        try:
            check_servers(missing_urls(request.name, manual_dir, downloads))
            with _alone(builder.data_dir_root, request.name):
                builder = _builder(request)  # another process may have prepared it meanwhile
                if not builder.is_prepared():
                    config = tfds.download.DownloadConfig(manual_dir=manual_dir)
                    builder.download_and_prepare(download_config=config)
        except Exception as error:  # servers, proxies, checksums, archives and disks all fail in their own ways
            cause = " ".join(str(error).split())[:300]
            missing = ", a folder that does not exist," * (not builder.data_dir_root.exists())
            raise ValueError(
                f"--dataset={request.name} is not in {builder.data_dir_root}{missing} and could not be made there "
                f"({type(error).__name__}: {cause}).\n"
                + files.advice(request.name, builder.data_dir_root, request.manual_dir)
            ) from error
    return builder


def _builder(request):
    """What tensorflow-datasets knows of a data set, prepared or not."""
    import tensorflow_datasets as tfds

    try:
        check_files(request.data_dir, request.name)
        return tfds.builder(request.name, data_dir=request.data_dir)
    except Exception as error:  # damaged metadata fails in many ways
        raise _damaged(f"{request.name} in {request.data_dir}", error) from error


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


def missing_urls(name: str, manual_dir: pathlib.Path, download_dir: pathlib.Path) -> list[str]:
    """List what tensorflow-datasets would have to download.

    Args:
        name: name of the data set.
        manual_dir: folder with files downloaded by hand.
        download_dir: folder with files that tensorflow-datasets downloaded before.

    Returns:
        List of urls.
    """
    records = download_dir.glob(f"{name}/*.INFO")  # written beside each complete download
    kept = {url for record in records for url in json.loads(record.read_text())["urls"]}
    return [file.url for file in files.FILES[name] if file.url not in kept and not (manual_dir / file.name).is_file()]


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
        builder: what `open_builder` returned.
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


def fill(images: np.ndarray, labels: np.ndarray | None, dataset: tf.data.Dataset, rows: np.ndarray) -> None:
    """Stream a data set into arrays.

    Use it so that never more than one batch is in memory beside the arrays.

    Args:
        images: uint8 array [N, H, W, C] to fill.
        labels: int32 array [N] to fill, or None.
        dataset: `tf.data.Dataset` of N dictionaries with "image" and, for labels, "label".
        rows: int array [N], the row of each example.
    """
    done = 0
    for batch in dataset.batch(256).as_numpy_iterator():
        here = rows[done : done + len(batch["image"])]
        images[here] = batch["image"]
        if labels is not None:
            labels[here] = batch["label"]
        done += len(here)
    if done != len(rows):
        raise ValueError(f"{done} examples instead of {len(rows)}")


@contextlib.contextmanager
def reading(builder: Any) -> Iterator[None]:
    """Turn what fails while prepared data is read into a message to the user, in a `with` block.

    Args:
        builder: what `open_builder` returned.

    Raises:
        ValueError: instead of any other error.
    """
    try:
        yield
    except Exception as error:  # records, images and memory all fail in their own ways
        raise _damaged(builder.data_path, error) from error


def check_files(data_dir: str | None, name: str) -> None:
    """Refuse prepared data that would block whoever opens it, such as a pipe, or take more memory than it has bytes.

    Args:
        data_dir: folder of tensorflow-datasets; None is its own default.
        name: name of the data set there.

    Raises:
        ValueError: if something is neither a file nor a folder, or a record is longer than its file.
    """
    for path in (_folder(data_dir) / name).rglob("*"):
        if not (path.is_file() or path.is_dir()):
            raise ValueError(f"{path} is no plain file: expected prepared data alone. Delete it.")
        unfinished = path.parent.name.startswith("incomplete.")  # tensorflow-datasets prepares anew, and reads none
        if path.is_file() and ".tfrecord" in path.name and not unfinished:
            _check_lengths(path)


def _folder(data_dir):
    """The folder of tensorflow-datasets; None is its own default."""
    import tensorflow_datasets as tfds

    return pathlib.Path(data_dir or tfds.core.constants.DATA_DIR).expanduser()


def _check_lengths(path):
    """TensorFlow would take as much memory as a record says that it is long, or crash."""
    left = path.stat().st_size
    with open(path, "rb") as content:
        while left:
            [length] = struct.unpack("<Q", content.read(8).ljust(8, b"\0"))
            left -= 16 + length  # a checksum of the length before the record, one of the record after it
            if length == 0 or left < 0:
                raise ValueError(
                    f"{path} has a record of {length:,} bytes, which are not there: expected it as it was written. "
                    "Delete its folder."
                )
            content.seek(8 + length, os.SEEK_CUR)


def _damaged(where, error):
    cause = " ".join(str(error).split())[:300]
    return ValueError(
        f"The prepared data {where} can't be read ({type(error).__name__}: {cause}): expected it as it was "
        "written. Delete its folder to have it prepared again, or pass another --data_dir."
    )


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


def _read_split(builder, split, image_shape):
    dataset = examples(builder, split, ("image", "label"))
    count = int(dataset.cardinality())
    images = np.empty((count, *image_shape), np.uint8)
    labels = np.empty(count, np.int32)
    fill(images, labels, dataset, np.arange(count))
    return Split(images, labels)
