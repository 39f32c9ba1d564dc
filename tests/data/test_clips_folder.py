"""Your own clips: folders of frames, and GIFs."""

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.data.__main__ import main


def frames(count, first=0, mode="RGB", size=(40, 30)):
    levels = [first + 5 * number for number in range(count)]
    return [Image.new(mode, size, (level, 0, 0) if mode == "RGB" else level) for level in levels]


def folder_clip(path, pictures, suffix=".png"):
    path.mkdir(parents=True)
    for number, picture in reversed(list(enumerate(pictures))):
        picture.save(path / f"frame {number}{suffix}")  # 10 comes after 9, though not by its letters


def gif_clip(path, pictures):
    pictures[0].save(path, save_all=True, append_images=pictures[1:])


@pytest.fixture
def root(tmp_path):
    """12 clips, clip number c from level 10 c on: 11 folders of 12 to 22 frames, and a GIF of 15."""
    for number in range(11):
        folder_clip(tmp_path / f"clip {number:02}", frames(12 + number, 10 * number))
    gif_clip(tmp_path / "zebra.GIF", frames(15, 110))
    (tmp_path / "clip 00/notes.txt").write_text("no frame")
    (tmp_path / "notes.txt").write_text("no clip")
    (tmp_path / "empty").mkdir()
    return tmp_path


def load(root, T, **keywords):
    return data.load_clips("clips_folder", T, manual_dir=root, **keywords)


def test_clips_folder(root):
    known = data.describe_clips("clips_folder", 12, manual_dir=root, image_size=28)
    assert (known.image_shape, known.length, known.label_names) == ((28, 28, 3), 12, None)
    assert (known.training_examples, known.validation_examples, known.test_examples) == (10, 1, 1)
    own = load(root, 6, image_size=28)
    assert [len(part) for part in own.splits.values()] == [10, 1, 1]
    assert next(iter(own.minibatches(10, seed=0)))["x"].shape == (10, 6, 28, 28, 3)
    films = own.train.films
    starts = [films.frames[begin, 14, 14, 0] for part in own.splits.values() for begin in part.films.begins]
    assert sorted(starts) == [10 * number for number in range(12)]
    for part in own.splits.values():
        for begin, length in zip(part.films.begins, part.films.lengths, strict=True):
            clip = films.frames[begin : begin + length, 14, 14]
            np.testing.assert_array_equal(clip[:, 0], clip[0, 0] + 5 * np.arange(length))
            assert length == (15 if clip[0, 0] == 110 else 12 + clip[0, 0] // 10)
    assert own.analogies("test", 1) is None
    np.testing.assert_array_equal(own.held_out("test", 1)["x"], load(root, 6, image_size=28).held_out("test", 1)["x"])


def test_grey_clips(tmp_path):
    for number in range(2):
        folder_clip(tmp_path / str(number), frames(5, mode="L"), ".jpg")
    gif_clip(tmp_path / "b.gif", frames(5, mode="L"))
    assert load(tmp_path, 5, image_size=64).image_shape == (64, 64, 1)
    folder_clip(tmp_path / "colour", frames(5))
    assert data.describe_clips("clips_folder", 5, manual_dir=tmp_path).image_shape == (64, 64, 3)


def test_errors(root):
    def fails(message, T=4):
        with pytest.raises(ValueError, match=message):
            data.describe_clips("clips_folder", T, manual_dir=root)
        with pytest.raises(ValueError, match=message):
            load(root, T)

    fails("--T=13 is longer than the clip .*clip 00, the shortest with 12 frames.*smaller --T", T=13)
    fails("--T=1 is too short for --dataset=clips_folder", T=1)
    Image.new("RGB", (40, 31)).save(root / "clip 03/frame 7.png")
    fails("clip 03/frame 7.png is 40 x 31, but frame 0.png of the same clip is 40 x 30.*--manual_dir")
    (root / "clip 03/frame 7.png").write_bytes(b"no image")
    fails("frame 7.png can't be read.*--manual_dir")
    (root / "clip 03/frame 7.png").unlink()
    whole = (root / "zebra.GIF").read_bytes()
    (root / "zebra.GIF").write_bytes(whole[:20])
    fails("zebra.GIF can't be read")


def test_a_truncated_frame_is_named(root):
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    path = root / "clip 05/frame 3.png"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="clip 05/frame 3.png can't be read"):
        load(root, 4)


def test_too_few_clips(tmp_path):
    for number in range(2):
        folder_clip(tmp_path / str(number), frames(3))
    with pytest.raises(ValueError, match="2 clips read. Expected at least 3 clips.*GIF.*Name another folder"):
        load(tmp_path, 2)


def test_command(root, capsys):
    main(["--dataset=clips_folder", "--T=4", f"--manual_dir={root}", f"--out={root / 'strips.png'}"])
    out = capsys.readouterr().out
    assert "clips_folder: clips of 4 frames of 64 x 64 x 3" in out and "no labels" in out and "8 training clips" in out
