"""Files that are read without tensorflow-datasets: a user's own images, idx files, Matlab files."""

import gzip

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from graphical_gan import data
from graphical_gan.data.__main__ import main
from graphical_gan.data.images import idx


def colour(path, red, mode="RGB", size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, (red, 0, 0) if mode == "RGB" else red).save(path)


def test_folder_with_labels(tmp_path):
    for number in reversed(range(30)):  # written backwards: the order on the disk must not matter
        suffix = (".png", ".JPG", ".jpeg")[number % 3]
        colour(tmp_path / ("zebra" if number % 2 else "ant") / f"deep/{number:02}{suffix}", 8 * number)
    (tmp_path / "ant/notes.txt").write_text("not an image")
    (tmp_path / ".hidden").mkdir()
    known = data.describe("folder", manual_dir=tmp_path, image_size=28)
    assert (known.image_shape, known.training_examples, known.label_names) == ((28, 28, 3), 24, ("ant", "zebra"))
    own = data.load("folder", manual_dir=tmp_path, image_size=28)
    assert [len(split) for split in (own.train, own.validation, own.test)] == [24, 3, 3]
    for split in (own.train, own.validation, own.test):
        numbers = np.round(split.images[:, 14, 14, 0] / 8).astype(int)
        np.testing.assert_array_equal(numbers % 2, split.labels)
    np.testing.assert_array_equal(own.test.images, data.load("folder", manual_dir=tmp_path, image_size=28).test.images)


def test_folder_without_labels_and_grey(tmp_path):
    for number in range(10):
        colour(tmp_path / f"{number}.png", 20 * number, mode="L", size=(50, 31))
    own = data.load("folder", manual_dir=tmp_path, image_size=64)
    assert own.image_shape == (64, 64, 1)
    assert own.train.labels is None and own.label_names is None
    colour(tmp_path / "10.png", 100)
    assert data.describe("folder", manual_dir=tmp_path).image_shape == (32, 32, 3)


def test_folder_crops_the_centre_turns_upright_and_fills_what_is_transparent(tmp_path):
    for number in range(10):
        picture = Image.new("RGBA", (96, 32), (255, 0, 0, 255))
        picture.paste((0, 255, 0, 255), (32, 0, 64, 16))  # the upper half of the central square is green
        picture.paste((0, 0, 0, 0), (32, 16, 64, 32))  # and the lower half is transparent
        picture.save(tmp_path / f"{number}.png")
    own = data.load("folder", manual_dir=tmp_path)
    assert own.train.images[0, 4, 16].tolist() == [0, 255, 0]
    assert own.train.images[0, 28, 16].tolist() == [255, 255, 255]
    turned = Image.Exif()
    turned[0x0112] = 3  # the camera was upside down
    for number in range(10):
        picture.save(tmp_path / f"{number}.png", exif=turned)
    assert data.load("folder", manual_dir=tmp_path).train.images[0, 28, 16].tolist() == [0, 255, 0]


def test_folder_errors(tmp_path):
    def fails(message):
        with pytest.raises(ValueError, match=message):
            data.load("folder", manual_dir=tmp_path)

    fails("0 images read. Expected at least 10 files in .png, .jpg, .jpeg.*Name another folder")
    for number in range(12):
        (tmp_path / f"{number}.heic").touch()
    fails("0 images read; left out: 12 .heic, because only .png, .jpg")
    for number in range(12):
        colour(tmp_path / f"{number}.png", 20 * number)
    data.load("folder", manual_dir=tmp_path)
    colour(tmp_path / "class/a.png", 0)
    fails(r"holds 12 images beside sub-folders of images \(class\)")
    (tmp_path / "class/a.png").unlink()
    Image.new("I;16", (8, 8)).save(tmp_path / "3.png")
    Image.new("I;16", (8, 8)).save(tmp_path / "5.png")
    fails(r"2 images have more than 8 bits a channel: \S+3.png \(I;16\), \S+5.png \(I;16\)\. Expected 8 bits")
    (tmp_path / "3.png").write_bytes(b"no image at all")
    fails("3.png can't be read")
    with pytest.raises(ValueError, match="3.png can't be read"):
        data.describe("folder", manual_dir=tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_truncated_image_is_named(suffix, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for number in range(10):
        Image.fromarray(noise).save(tmp_path / f"{number}{suffix}")
    whole = (tmp_path / f"7{suffix}").read_bytes()
    (tmp_path / f"7{suffix}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"7{suffix} can't be read.*Replace the file.*--manual_dir"):
        data.load("folder", manual_dir=tmp_path)


def test_command_without_labels(tmp_path, capsys):
    for number in range(10):
        colour(tmp_path / f"{number}.png", 20 * number)
    main(["--dataset=folder", f"--manual_dir={tmp_path}", f"--out={tmp_path / 'sheet.PNG'}"])
    out = capsys.readouterr().out
    assert "no labels" in out and "8 training images" in out


def idx_bytes(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def idx_folder(folder, count=30):
    rng = np.random.default_rng(0)
    for part, zipped in (("train", True), ("t10k", False)):
        for kind, shape in (("images-idx3", (count, 28, 28)), ("labels-idx1", (count,))):
            content = idx_bytes(rng.integers(0, 10, shape, np.uint8))
            path = folder / f"{part}-{kind}-ubyte{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(content) if zipped else content)
    return folder


def test_fashion_mnist_from_idx_files(tmp_path):
    fashion = data.load("fashion_mnist", manual_dir=str(idx_folder(tmp_path)), holdout=10)
    assert [len(split) for split in (fashion.train, fashion.validation, fashion.test)] == [20, 10, 30]
    stored = np.random.default_rng(0).integers(0, 10, (30, 28, 28), np.uint8)
    np.testing.assert_array_equal(fashion.validation.images[..., 0], stored[20:])
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="holds only some.*t10k-labels-idx1-ubyte as well"):
        data.load("fashion_mnist", manual_dir=str(tmp_path))


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_with_a_dot_in_their_names(tmp_path, ending):
    expected = data.load("mnist", manual_dir=idx_folder(tmp_path), holdout=10)
    for path in list(tmp_path.iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix else path.read_bytes()
        named = path.with_name(path.name.removesuffix(".gz").replace("-idx", ".idx") + ending)
        path.unlink()
        named.write_bytes(gzip.compress(content) if ending else content)
    assert (tmp_path / f"train-images.idx3-ubyte{ending}").exists()
    assert data.load("mnist", manual_dir=tmp_path, holdout=10).fingerprint == expected.fingerprint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing: expected 00 00 08"),
        (b"\0\0\x0d\1\0\0\0\0", "starts with 00 00 0d 01"),
        (b"\0\0\x08\3\0\0\0\1", "ends inside its header"),
        (idx_bytes(np.zeros((2, 28, 28), np.uint8))[:-1], "holds 1,583 bytes: expected 1,584"),
        (idx_bytes(np.zeros(2, np.uint8)) + b"0", "holds 11 bytes: expected 10"),
    ],
)
def test_broken_idx_files(content, message, tmp_path):
    plain, zipped = tmp_path / "a-ubyte", tmp_path / "a-ubyte.gz"
    plain.write_bytes(content)
    zipped.write_bytes(gzip.compress(content))
    for path in (plain, zipped):
        with pytest.raises(ValueError, match=message):
            idx.read_file(path)
    zipped.write_bytes(gzip.compress(bytes(5_000))[:-9])
    with pytest.raises(ValueError, match="can't be read"):
        idx.read_file(zipped)


@pytest.mark.parametrize(
    ("file", "array", "message"),
    [
        ("t10k-images-idx3-ubyte", np.zeros((30, 28, 27), np.uint8), "expected images of 28 x 28"),
        ("t10k-labels-idx1-ubyte", np.zeros(29, np.uint8), "expected a label for each of 30 images"),
        ("t10k-labels-idx1-ubyte", np.full(30, 11, np.uint8), "label 11: expected labels 0 to 9"),
    ],
)
def test_idx_files_that_do_not_fit(file, array, message, tmp_path):
    (idx_folder(tmp_path) / file).write_bytes(idx_bytes(array))
    with pytest.raises(ValueError, match=message):
        data.load("mnist", manual_dir=str(tmp_path))


def test_svhn_from_matlab_files(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 20), np.uint8)
    labels = np.arange(1, 21)[:, None] % 11 + (np.arange(1, 21)[:, None] % 11 == 0)
    for name in ("train_32x32.mat", "test_32x32.mat"):
        savemat(tmp_path / name, {"X": images, "y": labels})
    svhn = data.load("svhn_cropped", manual_dir=str(tmp_path), holdout=4)
    assert [len(split) for split in (svhn.train, svhn.validation, svhn.test)] == [16, 4, 20]
    np.testing.assert_array_equal(svhn.test.images[7], images[..., 7])
    assert svhn.test.labels[:12].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 1]  # a zero is stored as 10
    savemat(tmp_path / "test_32x32.mat", {"X": images, "y": labels[1:]})
    with pytest.raises(ValueError, match="19 labels: expected X, uint8"):
        data.load("svhn_cropped", manual_dir=str(tmp_path))
    (tmp_path / "test_32x32.mat").write_bytes((tmp_path / "train_32x32.mat").read_bytes()[:5_000])
    with pytest.raises(ValueError, match="test_32x32.mat can't be read"):
        data.load("svhn_cropped", manual_dir=str(tmp_path))
