"""Data sets through tensorflow-datasets: downloads that fail, and files that are already here."""

import dataclasses
import io
import pathlib
import tarfile
import tracemalloc
import zipfile
from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core import constants
from tensorflow_datasets.core.download import checksums

from graphical_gan import data
from graphical_gan.data import files, prepared
from graphical_gan.data.images import celeb_a

REAL = pathlib.Path(constants.DATA_DIR).expanduser()  # the environment variable TFDS_DATA_DIR names another


@pytest.fixture
def offline(monkeypatch):
    """No server is asked whether it is there."""
    monkeypatch.setattr(prepared, "check_servers", lambda urls: None)


def test_files_are_those_that_tensorflow_datasets_registers():
    for name, published in files.FILES.items():
        registered = tfds.builder_cls(name).url_infos
        assert {file.url for file in published} == set(registered)
        for file in published:
            assert (file.name, file.size) == (registered[file.url].filename, registered[file.url].size)


@pytest.mark.skipif(not (REAL / "mnist").is_dir(), reason="MNIST was not downloaded")
def test_real_mnist():
    mnist = data.load("mnist", data_dir=str(REAL))
    assert [len(split) for split in (mnist.train, mnist.validation, mnist.test)] == [50_000, 10_000, 10_000]
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    np.testing.assert_allclose(mnist.train.images.mean() / 255, 0.1307, atol=1e-3)


@pytest.mark.parametrize("name", ["svhn_cropped", "cifar10", "fashion_mnist"])
def test_mocked(name, offline, tmp_path):
    with tfds.testing.mock_data(num_examples=40):
        mocked = data.load(name, data_dir=str(tmp_path), holdout=15)
    assert mocked.image_shape == data.DESCRIPTIONS[name].image_shape
    assert [len(split) for split in (mocked.train, mocked.validation, mocked.test)] == [25, 15, 40]
    assert set(next(iter(mocked.minibatches(25, seed=0)))["y"].numpy()) <= set(range(10))


def register(monkeypatch, name, folder):
    """Have tensorflow-datasets expect the files in the folder in place of the published ones."""
    for file in files.FILES[name]:
        known = checksums.compute_url_info(folder / file.name)
        monkeypatch.setitem(tfds.builder_cls(name).url_infos, file.url, known)


def test_cifar10_from_an_archive_that_is_here(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    members = {f"data_batch_{i}.bin": rng.integers(0, 10, (4, 3073), np.uint8) for i in range(1, 6)}
    members["test_batch.bin"] = rng.integers(0, 10, (3, 3073), np.uint8)
    contents = {name: records.tobytes() for name, records in members.items()}
    contents["batches.meta.txt"] = "\n".join(data.DESCRIPTIONS["cifar10"].label_names).encode()
    manual = tmp_path / "manual"
    manual.mkdir()
    with tarfile.open(manual / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    register(monkeypatch, "cifar10", manual)
    given = {"data_dir": str(tmp_path / "tfds"), "manual_dir": str(manual), "holdout": 5}
    with futures.ThreadPoolExecutor() as pool:  # three at once: one prepares it, the others use it then
        cifar, *others = pool.map(lambda _: data.load("cifar10", **given), range(3))
    assert all(np.array_equal(other.test.images, cifar.test.images) for other in others)
    assert [len(split) for split in (cifar.train, cifar.validation, cifar.test)] == [15, 5, 3]
    stored = {record.tobytes() for record in members["test_batch.bin"]}
    images = cifar.test.images.transpose(0, 3, 1, 2).reshape(3, -1)  # the archive stores C H W
    assert {bytes([label]) + image.tobytes() for label, image in zip(cifar.test.labels, images, strict=True)} == stored


def celeb_a_files(folder, count):
    names = [f"{number:06}.jpg" for number in range(1, count + 1)]
    with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
        for number, name in enumerate(names):
            content = io.BytesIO()
            Image.new("RGB", (178, 218), (5 * number, 0, 255)).save(content, "JPEG", quality=95)
            archive.writestr(f"img_align_celeba/{name}", content.getvalue())

    def write(file, head, row):
        (folder / file).write_text(
            "".join(f"{line}\n" for line in head + [row(n, name) for n, name in enumerate(names)])
        )

    attributes = tfds.builder("celeb_a", data_dir=str(folder)).info.features["attributes"].keys()
    landmarks = tfds.builder("celeb_a", data_dir=str(folder)).info.features["landmarks"].keys()
    write("list_eval_partition.txt", [], lambda n, name: f"{name} {n % 3}")
    write("list_attr_celeba.txt", [count, " ".join(attributes)], lambda n, name: name + " 1" * len(attributes))
    write("list_landmarks_align_celeba.txt", [count, " ".join(landmarks)], lambda n, name: name + " 1" * len(landmarks))
    write("identity_CelebA.txt", [], lambda n, name: f"{name} {n}")


def test_celeb_a_from_files_that_are_here(monkeypatch, tmp_path):
    celeb_a_files(tmp_path, 40)
    register(monkeypatch, "celeb_a", tmp_path)
    small = dataclasses.replace(data.DESCRIPTIONS["celeb_a"], validation_examples=6, test_examples=5)
    monkeypatch.setitem(data.DESCRIPTIONS, "celeb_a", small)
    faces = data.load("celeb_a", data_dir=str(tmp_path / "tfds"), manual_dir=str(tmp_path))
    assert [len(split) for split in (faces.train, faces.validation, faces.test)] == [29, 6, 5]
    assert faces.train.labels is None
    reds = [
        np.round(split.images[..., 0].mean(axis=(1, 2)) / 5) for split in (faces.train, faces.validation, faces.test)
    ]
    assert sorted(np.concatenate(reds)) == list(range(40))  # every face in one split, from all the makers' splits
    again = data.load("celeb_a", data_dir=str(tmp_path / "tfds"))  # prepared by now: no files needed
    np.testing.assert_array_equal(faces.test.images, again.test.images)


def test_celeb_a_is_streamed_into_one_array(monkeypatch, offline, tmp_path):
    def as_dataset(self, *args, **kwargs):
        faces = tf.data.Dataset.range(1_500).map(
            lambda n: {"image": tf.cast(tf.fill([218, 178, 3], n % 256), tf.uint8)}
        )
        return faces.apply(tf.data.experimental.assert_cardinality(1_500))

    small = dataclasses.replace(data.DESCRIPTIONS["celeb_a"], validation_examples=50, test_examples=50)
    monkeypatch.setitem(data.DESCRIPTIONS, "celeb_a", small)
    tracemalloc.start()
    with tfds.testing.mock_data(as_dataset_fn=as_dataset):
        faces = data.load("celeb_a", data_dir=str(tmp_path), crop="paper")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    array = faces.train.images.base
    assert array is faces.validation.images.base is faces.test.images.base
    assert len(array) == 1_500
    assert peak < 1.5 * array.nbytes


def test_crops_of_celeb_a():
    down = np.broadcast_to(np.arange(218, dtype=np.uint8)[:, None, None], (218, 178, 3))
    released = celeb_a.crop_released(down).numpy()[:, 0, 0]
    paper = celeb_a.crop_paper(down).numpy()[:, 0, 0]
    assert released.shape == paper.shape == (64,)
    np.testing.assert_allclose(released, (np.arange(7, 71) + 0.5) * 218 / 78 - 0.5, atol=0.6)
    np.testing.assert_allclose(paper[1:-1], 20 + (np.arange(1, 63) + 0.5) * 178 / 64 - 0.5, atol=0.6)
    across = np.broadcast_to(np.arange(178, dtype=np.uint8)[None, :, None], (218, 178, 3))
    for crop in celeb_a.CROPS.values():
        np.testing.assert_allclose(crop(across)[0, 1:-1, 0], (np.arange(1, 63) + 0.5) * 178 / 64 - 0.5, atol=0.6)


@pytest.mark.parametrize("name", ["mnist", "svhn_cropped", "cifar10", "celeb_a"])
def test_a_failed_download_says_which_files_to_put_where(name, monkeypatch, offline, tmp_path):
    failure = tfds.download.DownloadError if name == "mnist" else ConnectionError

    def fail(self, **kwargs):
        raise failure("the server\nis gone")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(ValueError) as caught:
        data.load(name, data_dir=str(tmp_path))
    message = str(caught.value)
    assert isinstance(caught.value.__cause__, failure)
    for part in (f"--dataset={name}", str(tmp_path), "the server is gone", "--manual_dir=FOLDER", "--data_dir=FOLDER"):
        assert part in message
    for file in files.FILES[name]:
        assert f"{file.name}  {file.size:,} bytes" in message and file.url in message


def test_a_wrong_checksum_is_said(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"NonMatchingChecksumError[\s\S]*\[found, but 14 bytes\]"):
        data.load("cifar10", data_dir=str(tmp_path / "tfds"), manual_dir=str(tmp_path))


def test_a_damaged_note_of_a_download_is_said(monkeypatch, offline, tmp_path):
    note = tmp_path / "downloads" / "mnist" / "some.INFO"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    with pytest.raises(ValueError, match=r"--dataset=mnist is not in .* could not be made there \(KeyError: 'urls'\)"):
        data.load("mnist", data_dir=str(tmp_path))


@pytest.mark.parametrize("name", ["mnist", "celeb_a"])
def test_a_mistyped_folder_is_said_and_not_made(name, monkeypatch, tmp_path):
    def unreachable(urls):
        raise ConnectionError(f"{len(urls)} files")

    monkeypatch.setattr(prepared, "check_servers", unreachable)
    with pytest.raises(ValueError, match=r"tfdss/deep, a folder that does not exist, .* \(ConnectionError: \d files\)"):
        data.load(name, data_dir=str(tmp_path / "tfdss" / "deep"))
    assert not list(tmp_path.iterdir())


def test_servers_are_asked_only_for_files_that_are_not_here(tmp_path):
    first, second, *rest = files.FILES["celeb_a"]
    (tmp_path / first.name).touch()
    (tmp_path / "downloads/celeb_a").mkdir(parents=True)
    (tmp_path / "downloads/celeb_a/some.INFO").write_text(f'{{"urls": ["{second.url}"]}}')
    missing = files.missing_urls("celeb_a", tmp_path, tmp_path / "downloads")
    assert missing == [file.url for file in rest]
    with pytest.raises(OSError, match="no-such-server"):
        prepared.check_servers(["http://no-such-server.invalid/file"])
