"""The files that each downloaded data set is made of, and what to tell a user who lacks them."""

import dataclasses
import pathlib


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
