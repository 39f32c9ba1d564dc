"""The one reader of images: what is read and what is said to be left out, grey and colours, sizes before memory."""

import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from scipy.io import savemat

from graphical_gan import data
from graphical_gan.data.__main__ import main
from graphical_gan.data.clips.folder import shown_times
from graphical_gan.data.found import find
from graphical_gan.data.image_files import SUFFIXES
from graphical_gan.data.images.folder import read_as_they_are


def picture(path, level=0, mode="RGB", size=(9, 9), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, level).convert(mode).save(path, **options)


def load(root, **keywords):
    return data.load("folder", manual_dir=root, **keywords)


def levels(dataset):
    return sorted(
        int(image[0, 0, 0]) for part in (dataset.train, dataset.validation, dataset.test) for image in part.images
    )


def test_all_usual_formats_are_read_and_the_others_are_named(tmp_path, capsys):
    for number in range(60):
        picture(tmp_path / f"a/{number}.png", number)
    for number, suffix in enumerate((".webp", ".WEBP", ".tif", ".tiff", ".bmp")):
        options = {"lossless": True} if suffix.lower() == ".webp" else {}
        picture(tmp_path / f"b/{number}{suffix}", 100 + number, **options)
    for name in ("a/film.gif", "a/film.mp4", "b/photo.heic", "b/photo2.heic", "b/README"):
        (tmp_path / name).write_bytes(b"GIF89a")
    (tmp_path / "b/gone.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "b/pipe.png")
    known = data.describe("folder", manual_dir=tmp_path)
    assert known.found == (
        "65 images of 2 classes read; left out: 1 .gif, 2 .heic, 1 .mp4, 1 links that lead nowhere, 1 no plain files, "
        "1 without a suffix, because only .png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp are read here."
    )
    assert levels(load(tmp_path)) == [*range(60), *range(100, 105)]
    main(["--dataset=folder", f"--manual_dir={tmp_path}"])
    assert known.found in capsys.readouterr().out


def test_links_are_followed_at_every_depth_once_and_hidden_folders_are_not_read(tmp_path):
    root, elsewhere = tmp_path / "images", tmp_path / "elsewhere"
    for number in range(10):
        picture(elsewhere / f"deep/{number}.png", number)
    picture(root / "cat/sub/a.png")
    picture(root / "cat/.ipynb_checkpoints/a-checkpoint.png")
    picture(root / "cat/._a.png")
    (root / "cat/sub/more").symlink_to(elsewhere)
    (root / "dog").symlink_to(elsewhere / "deep")
    (root / "cat/circle").symlink_to(root)
    (root / "cat/root").symlink_to("/")
    (root / "cat/self").symlink_to(root / "cat/self")
    found = find(root, SUFFIXES)
    assert [str(path.relative_to(root)) for path in found.paths] == [
        "cat/sub/a.png", *(f"dog/{number}.png" for number in range(10))
    ]  # fmt: skip
    assert found.left_out == {
        "links to folders that are read already or hold this one": 3, "links that lead nowhere": 1
    }  # fmt: skip
    assert data.describe("folder", manual_dir=root).label_names == ("cat", "dog")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_grey_images_have_one_channel_however_they_are_stored(tmp_path, mode):
    for number in range(12):
        level = 255 * (number % 2) if mode in ("1", "CMYK") else 20 * number
        picture(tmp_path / f"{number}.{'tif' if mode == 'CMYK' else 'png'}", level, mode)
    grey = load(tmp_path)
    assert grey.image_shape == (32, 32, 1)
    if mode not in ("1", "CMYK"):
        assert levels(grey) == [20 * number for number in range(12)]
    Image.new("RGB", (9, 9), (200, 0, 0)).save(tmp_path / "red.png")
    assert data.describe("folder", manual_dir=tmp_path).image_shape == (32, 32, 3)


def test_what_is_transparent_has_no_colour(tmp_path):
    for number in range(10):
        Image.new("RGBA", (9, 9), (200, 10, 0, 0)).save(tmp_path / f"{number}.png")
    own = load(tmp_path)
    assert own.image_shape == (32, 32, 1) and levels(own) == [255] * 10


def test_a_folder_is_scored_by_the_rules_that_it_is_trained_by(tmp_path):
    random = np.random.RandomState(0)
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held sideways
    for number in range(10):
        pixels = random.randint(0, 256, (28, 28, 4), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        Image.fromarray(pixels[..., :3]).save(tmp_path / f"{number}.jpg", exif=turned)
        Image.fromarray(pixels[..., 0]).save(tmp_path / f"grey {number}.png")
    (tmp_path / "._0.png").write_bytes(b"of another system")
    own, scored = load(tmp_path, image_size=28), read_as_they_are(tmp_path, 3)
    trained = np.concatenate([own.test.images, own.train.images, own.validation.images])
    np.testing.assert_array_equal(trained, scored)


def test_images_that_can_not_be_compared_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no images in .png.*Name one"):
        read_as_they_are(tmp_path, 3)
    picture(tmp_path / "a.png")
    Image.new("RGB", (9, 9), "red").save(tmp_path / "b.png")
    with pytest.raises(ValueError, match="holds coloured images, but the real ones are grey.*Convert them"):
        read_as_they_are(tmp_path, 1)
    picture(tmp_path / "c.png", size=(10, 9))
    with pytest.raises(ValueError, match="of 10 x 9 pixels, .* of 9 x 9: expected images of one size. Resize them"):
        read_as_they_are(tmp_path, 3)


def test_notes_in_a_picture_do_no_harm(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("parameters", "x" * 3_000_000, zip=True)
    for number in range(10):
        picture(tmp_path / f"{number}.png", number, pnginfo=notes)
    assert levels(load(tmp_path)) == list(range(10))


def gif(path, levels, durations, size=(9, 9)):
    frames = [Image.new("L", size, level) for level in levels]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations)


def test_merged_frames_of_a_gif_count_by_their_duration(tmp_path):
    shown = [0, 10, 10, 10, 20, 30, 30, 40, 50, 60, 70, 80]
    for number in range(3):
        gif(tmp_path / f"{number}.gif", shown, 40)
        with Image.open(tmp_path / f"{number}.gif") as stored:
            assert stored.n_frames == 9  # Pillow merges those that are alike
    films = data.load_clips("clips_folder", 12, manual_dir=tmp_path).train.films
    assert films.length == 12
    assert films.frames[films.begins[0] :][:12, 0, 0, 0].tolist() == shown
    assert shown_times([0, 0]) == [1, 1] and shown_times([100, 130, 0, 1000]) == [1, 1, 1, 10]


def test_what_is_no_clip_is_named(tmp_path):
    for clip in range(3):
        for number in range(4):
            picture(tmp_path / f"{clip}/{number}.webp", number, lossless=True)
    picture(tmp_path / "0/below/4.png")
    picture(tmp_path / "beside.png")
    gif(tmp_path / "1/film.gif", [0, 9], 40)
    (tmp_path / "film.mp4").touch()
    known = data.describe_clips("clips_folder", 4, manual_dir=tmp_path)
    assert known.found.startswith(
        "3 clips read; left out: 1 .gif among frames, 1 .mp4, 1 .png beside clips, 1 folders too deep, because only"
    )
    assert known.length == 4 and known.image_shape == (64, 64, 1)


def png_of_header(width, height, colours=2):
    """A PNG of that size whose pixels are all 0: a few kB that unpack to much."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(bytes((1 + width * (3 if colours == 2 else 4)) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


MEASURED = """
import pathlib, resource, sys
from graphical_gan import data
from graphical_gan.data.images import folder
from graphical_gan.data.images.folder import read_as_they_are
from graphical_gan.data.request import requested
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    {call}
except ValueError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def measured(call):
    """The message that a call ends in, and how many MiB more memory it took at its most."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(call=call)], capture_output=True, text=True, check=True
    )
    *said, mib = done.stdout.splitlines()
    return " ".join(said), int(mib)


@pytest.mark.parametrize("call", ["folder.read(requested('folder', manual_dir=path))", "read_as_they_are(path, 3)"])
def test_small_files_of_many_pixels_are_refused_by_their_header(tmp_path, call):
    bomb = png_of_header(8000, 8000, colours=6)
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(bomb)
    said, mib = measured(f"path = pathlib.Path({str(tmp_path)!r}); {call}")
    assert "0.png can't be read (its 8000 x 8000 pixels take 1,221 MiB of memory, more than 512)" in said and mib < 60


def test_large_pictures_are_read_one_at_a_time(tmp_path):
    bomb = png_of_header(5000, 5000)
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(bomb)
    said, mib = measured(f"folder.read(requested('folder', manual_dir={str(tmp_path)!r}))")
    assert not said and mib < 400  # 191 for a picture and its copy, and its channels


def test_a_small_gif_of_many_pixels_is_refused(tmp_path):
    for number in range(3):
        gif(tmp_path / f"{number}.gif", [0, 1, 2], 10)
    content = bytearray((tmp_path / "1.gif").read_bytes())
    content[6:10] = struct.pack("<HH", 8000, 8000)  # the size of the canvas
    (tmp_path / "1.gif").write_bytes(content)
    said, mib = measured(f"data.describe_clips('clips_folder', 3, manual_dir={str(tmp_path)!r})")
    assert "1.gif can't be read (its 8000 x 8000 pixels take" in said and mib < 60
    gif(tmp_path / "1.gif", [0, 1], [10, 600_000])
    said, mib = measured(f"data.describe_clips('clips_folder', 3, manual_dir={str(tmp_path)!r})")
    assert "1.gif can't be read (it lasts 60,001 frames of the shortest duration" in said and mib < 60


def test_a_small_matlab_file_that_inflates_to_much_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    rng = np.random.RandomState(0)
    whole = {"X": rng.randint(0, 256, (32, 32, 3, 12), np.uint8), "y": np.arange(1, 11).repeat(2)[:12, None]}
    for name in ("train_32x32.mat", "test_32x32.mat"):
        savemat(tmp_path / name, whole, do_compression=True)
    assert len(data.load("svhn_cropped", manual_dir=tmp_path, holdout=0).train) == 12
    packer = zlib.compressobj(1)  # of an array of 3 GiB, by its header
    header = struct.pack("<8I", 14, 3 * 2**30, 6, 8, 9, 0, 5, 16) + struct.pack("<4i", 32, 32, 3, 2**20)
    packed = b"".join([packer.compress(header), *(packer.compress(bytes(2**20)) for _ in range(257)), packer.flush()])
    start = (tmp_path / "train_32x32.mat").read_bytes()[:128]
    (tmp_path / "train_32x32.mat").write_bytes(start + struct.pack("<2I", 15, len(packed)) + packed)
    monkeypatch.setattr("scipy.io.loadmat", None)
    with pytest.raises(ValueError, match="train_32x32.mat inflates to more than 268,435,456 bytes: expected X") as said:
        data.load("svhn_cropped", manual_dir=tmp_path)
    assert len(packed) < 2**21 and "Get the file again" in str(said.value)
