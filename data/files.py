"""The files that downloaded data sets are made of, what to tell a user who lacks them, and a check of prepared ones."""

import dataclasses
import json
import os
import pathlib
import struct


@dataclasses.dataclass(frozen=True)
class File:
    """A file as its makers publish it: its name, its size in bytes, and where it lies."""

    name: str
    size: int
    url: str


def _files(base, **sizes):
    return tuple(File(name, size, base + name) for name, size in sizes.items())


def _idx(base, *sizes):
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    return _files(base, **{f"{name}.gz": size for name, size in zip(names, sizes, strict=True)})


def _drive(name, size, key):
    return File(name, size, f"https://drive.google.com/uc?export=download&id={key}")


FILES = {
    "mnist": _idx("https://storage.googleapis.com/cvdf-datasets/mnist/", 9_912_422, 28_881, 1_648_877, 4_542),
    "fashion_mnist": _idx(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", 26_421_880, 29_515, 4_422_102, 5_148
    ),
    "svhn_cropped": _files(
        "http://ufldl.stanford.edu/housenumbers/",
        **{"train_32x32.mat": 182_040_794, "test_32x32.mat": 64_275_384, "extra_32x32.mat": 1_329_278_602},
    ),
    "cifar10": _files("https://www.cs.toronto.edu/~kriz/", **{"cifar-10-binary.tar.gz": 170_052_171}),
    "celeb_a": (
        _drive("img_align_celeba.zip", 1_443_490_838, "0B7EVK8r0v71pZjFTYXZWM3FlRnM"),
        _drive("list_eval_partition.txt", 2_836_386, "0B7EVK8r0v71pY0NSMzRuSXJEVkk"),
        _drive("list_attr_celeba.txt", 26_721_026, "0B7EVK8r0v71pblRyaVFSWGxPY0U"),
        _drive("list_landmarks_align_celeba.txt", 12_156_055, "0B7EVK8r0v71pd0FJY3Blby1HUTQ"),
        _drive("identity_CelebA.txt", 3_424_458, "1_ee_0u7vcNLOfNLegJRHmolfH5ICW-XS"),
    ),
}

_HINTS = {
    "mnist": "Files with these names are also read unzipped, or zipped by somebody else.",
    "fashion_mnist": "Files with these names are also read unzipped, or zipped by somebody else.",
    "svhn_cropped": "The train and test files alone are enough in --manual_dir.",
    "cifar10": "Not the archive for Python or for Matlab, which has other contents.",
    "celeb_a": "The makers also link the files from http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html.",
}


def advice(name: str, data_dir: str | pathlib.Path, manual_dir: pathlib.Path | None) -> str:
    """Say which files of a data set to put where.

    Args:
        name: one of the keys of `FILES`.
        data_dir: the folder of tensorflow-datasets that was looked at.
        manual_dir: the folder of manual downloads that was looked at, or None.

    Returns:
        Several lines for the end of an error message.
    """
    lines = [f"  {file.name}  {file.size:,} bytes{_state(file, manual_dir)}  {file.url}" for file in FILES[name]]
    return "\n".join(
        [
            "Expected: these files, as they are published, in one folder:",
            *lines,
            _HINTS[name],
            "With a connection they are downloaded for you. Without one, get them another way and run again with "
            "--manual_dir=FOLDER, their folder; or, if tensorflow-datasets has prepared "
            f"{name} before, with --data_dir=FOLDER, where it did (now {data_dir}).",
        ]
    )


def _state(file, manual_dir):
    if manual_dir is None:
        return ""
    path = manual_dir / file.name
    if not path.is_file():
        return "  [missing]"
    size = path.stat().st_size
    return "  [found]" if size == file.size else f"  [found, but {size:,} bytes]"


def missing_urls(name: str, manual_dir: pathlib.Path, download_dir: pathlib.Path) -> list[str]:
    """The urls that tensorflow-datasets would have to download.

    Args:
        manual_dir: folder with files downloaded by hand.
        download_dir: folder with files that tensorflow-datasets downloaded before.
    """
    records = download_dir.glob(f"{name}/*.INFO")  # written beside each complete download
    kept = {url for record in records for url in json.loads(record.read_text())["urls"]}
    return [file.url for file in FILES[name] if file.url not in kept and not (manual_dir / file.name).is_file()]


def check_prepared(folder: pathlib.Path) -> None:
    """Refuse prepared data that would block whoever opens it, such as a pipe, or take more memory than it has bytes.

    Args:
        folder: of a data set, below that of tensorflow-datasets; it need not exist.

    Raises:
        ValueError: if something is neither a file nor a folder, or a record is longer than its file.
    """
    for path in folder.rglob("*"):
        if not (path.is_file() or path.is_dir()):
            raise ValueError(f"{path} is no plain file: expected prepared data alone. Delete it.")
        unfinished = path.parent.name.startswith("incomplete.")  # tensorflow-datasets prepares anew, and reads none
        if path.is_file() and ".tfrecord" in path.name and not unfinished:
            _check_lengths(path)


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
