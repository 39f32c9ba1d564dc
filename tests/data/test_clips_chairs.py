"""Chairs that turn: the renderer, the public layout as a folder and as a tar, and the split by chair."""

import concurrent.futures
import dataclasses
import os
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.data.clips import chairs, renders, turning_chairs

CHAIRS = 4
SIDE, CROP = 600, 320  # pixels of the public renders, and of their middle that is kept


@pytest.fixture(scope="module")
def turning():
    """turning_chairs with few chairs: 5 for training, 2 and 3 held out."""
    small = dataclasses.replace(
        data.CLIP_DESCRIPTIONS["turning_chairs"], training_examples=10, validation_examples=4, test_examples=6
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(data.CLIP_DESCRIPTIONS, "turning_chairs", small)
        return {T: data.load_clips("turning_chairs", T) for T in (4, 31)}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manual")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: write_chair(folder, number), range(CHAIRS)))
    return folder


def write_chair(folder, number):
    """Write a chair as files, named, sized and laid out as the public 3D chairs are."""
    renders = folder / "rendered_chairs" / f"block-{number:04}" / "renders"
    renders.mkdir(parents=True)
    for row, elevation in enumerate(turning_chairs.ELEVATIONS):
        sheet = turning_chairs.render(turning_chairs.chair(number), elevation, turning_chairs.AZIMUTHS, SIDE, CROP / 2)
        for frame, azimuth in enumerate(turning_chairs.AZIMUTHS):
            # Numbered as published: from 1, with 32 numbers an elevation, of which the first is not used.
            name = f"image_{32 * row + frame + 1:03}_p{elevation:03}_t{int(azimuth + 1e-9):03}_r096.png"
            sheet.crop((0, SIDE * frame, SIDE, SIDE * (frame + 1))).save(renders / name, compress_level=1)


@pytest.fixture(scope="module")
def prepared(written, tmp_path_factory):
    """The folder of tensorflow-datasets, after the chairs of the manual folder were prepared there."""
    folder = str(tmp_path_factory.mktemp("tfds"))
    data.load_clips("chairs", T=31, data_dir=folder, manual_dir=written)
    return folder


@pytest.fixture
def copy(written, tmp_path):
    """A copy of the renders whose files can be damaged: the folder of chair 2."""
    shutil.copytree(written, tmp_path / "manual", copy_function=os.link)
    return tmp_path / "manual/rendered_chairs/block-0002/renders"


def load(T, data_dir, **keywords):
    return data.load_clips("chairs", T, data_dir=str(data_dir), **keywords)


# The renderer, beside rays that are sent through every pixel.


def hit(chair, elevation, azimuth, size):
    """The block that each pixel of the middle shows, -1 for none: int [size, size]."""
    e, a = np.radians([elevation, azimuth])
    low, high = chair.blocks.min(axis=(0, 1)), chair.blocks.max(axis=(0, 1))
    width, depth, height = (high - low) / 2
    radius, steep = np.hypot(width, depth), np.radians(30)
    scale = max(radius, height * np.cos(steep) + radius * np.sin(steep)) / 0.92
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    right, up = np.meshgrid(axis * scale, -axis * scale)
    unturn = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    away = unturn @ [0, np.cos(e), -np.sin(e)]
    origin = right[..., None] * (unturn @ [1, 0, 0]) + up[..., None] * (unturn @ [0, np.sin(e), np.cos(e)])
    origin += (low + high) / 2 - 10 * away
    nearest, shown = np.full((size, size), np.inf), np.full((size, size), -1)
    for number, block in enumerate(chair.blocks):
        near, far = np.sort((block[:, None, None] - origin) / away, axis=0)
        enter, leave = near.max(axis=-1), far.min(axis=-1)
        here = (enter < leave) & (enter < nearest)
        nearest[here], shown[here] = enter[here], number
    return shown


@pytest.mark.parametrize("number", range(6))
def test_pictures_show_the_nearest_block(number):
    chair = turning_chairs.chair(number)
    chair = dataclasses.replace(chair, colours=np.linspace(0.2, 1, len(chair.blocks))[:, None] * [[1, 0.5, 0.25]])
    brightest = np.array([255 * chair.colours[:, 0], 255 * 0.55 * chair.colours[:, 0]])
    azimuths = turning_chairs.AZIMUTHS[number::6]
    for elevation in turning_chairs.ELEVATIONS:
        sheet = np.asarray(turning_chairs.render(chair, elevation, azimuths, 100, 50)).reshape(-1, 100, 100, 3)
        for azimuth, picture in zip(azimuths, sheet, strict=True):
            shown = hit(chair, elevation, azimuth, 100)
            red = picture[..., 0].astype(float)
            white = (picture == 255).all(axis=-1)
            fits = (red <= brightest[0][shown] + 1) & (red >= brightest[1][shown] - 1) & ~white
            neighbours = [np.roll(shown, by, axis=(0, 1)) for by in np.ndindex(3, 3)]
            inner = np.roll(np.ptp(neighbours, axis=0) == 0, (-1, -1), axis=(0, 1))  # borders may be off by a pixel
            assert inner.mean() > 0.7
            assert np.where(shown < 0, white, fits)[inner].mean() > 0.999


def test_chairs_are_functions_of_their_number_and_turn_smoothly():
    frames = turning_chairs.frames_of(5, 20)
    np.testing.assert_array_equal(frames, turning_chairs.frames_of(5, 20))
    assert not np.array_equal(frames, turning_chairs.frames_of(6, 20))
    assert (frames[:, [0, -1]] == 255).all() and (frames[:, :, [0, -1]] == 255).all()  # white around the chair
    steps = np.abs(frames.astype(float) - np.roll(frames, 1, axis=0)).mean(axis=(1, 2, 3))
    opposite = np.abs(frames.astype(float) - np.roll(frames, 8, axis=0)).mean()
    assert steps.min() > 0 and steps.max() < 2 * opposite and steps.mean() < 0.8 * opposite


def test_turning_chairs(turning):
    whole, short = turning[31], turning[4]
    assert [len(part) for part in whole.splits.values()] == [10, 4, 6]
    assert whole.image_shape == (64, 64, 3) and whole.train.labels is None
    batch = next(iter(short.minibatches(10, seed=0)))
    assert list(batch) == ["x"] and batch["x"].shape == (10, 4, 64, 64, 3)
    np.testing.assert_allclose(short.to_network([0, 128, 255]), [-1, 0, 0.9921875])
    frames = whole.test.films.frames.reshape(10, 2, 31, 64, 64, 3)
    np.testing.assert_array_equal(frames[8, 1], turning_chairs.frames_of(8, 30))
    begins = [part.films.begins // 62 for part in whole.splits.values()]
    assert [sorted(set(chairs)) for chairs in begins] == [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]


@pytest.mark.parametrize("T", [4, 31])
def test_analogies_of_turning_chairs(turning, T):
    analogies = turning[T].analogies("test", 6)
    assert "positions" not in analogies
    turn = [turning_chairs.frames_of(7 + row // 2, turning_chairs.ELEVATIONS[row % 2]) for row in range(6)]

    def start(row, clip):
        (found,) = [s for s in range(31) if np.array_equal(np.roll(turn[row], -s, axis=0)[:T], clip)]
        return found

    starts = [start(row, clip) for row, clip in zip(analogies["motion_rows"], analogies["motion"], strict=True)]
    assert starts == [start(row, clip) for row, clip in zip(analogies["rows"], analogies["truth"], strict=True)]
    assert len(set(starts)) > 1
    assert all(a // 2 != b // 2 for a, b in zip(analogies["rows"], analogies["motion_rows"], strict=True))


# The public layout.


def test_the_folder_has_the_public_names(written):
    names = sorted(path.name for path in (written / "rendered_chairs/block-0001/renders").iterdir())
    assert len(names) == 62
    assert names[0] == "image_001_p020_t011_r096.png" and names[-1] == "image_063_p030_t360_r096.png"
    assert "image_020_p020_t232_r096.png" in names and "image_052_p030_t232_r096.png" in names
    with Image.open(written / "rendered_chairs/block-0001/renders" / names[0]) as picture:
        assert picture.size == (600, 600)


def test_chairs_from_a_folder(prepared):
    sequences = load(31, prepared)
    assert [len(part) for part in sequences.splits.values()] == [4, 2, 2]
    films = sequences.train.films
    assert films.frames.shape == (CHAIRS * 62, 64, 64, 3) and films.length == 31
    for row, begin in enumerate(31 * np.arange(2 * CHAIRS)):
        direct = turning_chairs.frames_of(row // 2, (20, 30)[row % 2]).astype(float)
        assert np.abs(films.frames[begin : begin + 31] - direct).mean() < 3.5
    np.testing.assert_array_equal(sequences.train.clips([0, 1], 0), sequences.train.clips([0, 1], 1))
    np.testing.assert_allclose(sequences.to_network([0, 255]), [-1, 2 * (255 / 256 - 0.5)])
    assert sequences.analogies("test", 1) is None
    assert list(sequences.held_out("test", 2)) == ["x"]
    with pytest.raises(ValueError, match="--T=32 is longer than the clips of chairs"):
        sequences.held_out("test", 1, T=32)


def test_sub_sequences_start_anew(prepared):
    short = load(4, prepared)
    first, second = (batch["x"].numpy() for batch in short.minibatches(4, seed=0).take(2))
    assert first.shape == (4, 4, 64, 64, 3)
    assert {clip.tobytes() for clip in first} != {clip.tobytes() for clip in second}


def test_chairs_from_a_tar(written, prepared, tmp_path):
    with tarfile.open(tmp_path / "rendered_chairs.tar", "w") as archive:
        archive.add(written / "rendered_chairs", "rendered_chairs")
    from_tar = load(31, tmp_path / "tfds", manual_dir=tmp_path)
    np.testing.assert_array_equal(from_tar.test.films.frames, load(31, prepared).test.films.frames)
    content = (tmp_path / "rendered_chairs.tar").read_bytes()
    for size, message in ((100, "can't be read"), (len(content) // 2, "can't be read")):
        (tmp_path / "rendered_chairs.tar").write_bytes(content[:size])
        with pytest.raises(ValueError, match=message):
            load(31, tmp_path / "other", manual_dir=tmp_path)


def test_splits_of_the_whole_set():
    names = np.repeat([f"{number:032x}" for number in range(1_393)], 2)
    counts = [200, 200, 2_386]
    by_chair, released = chairs.split_by_chair(names), chairs.split_released(names)
    for parts in (by_chair, released):
        assert [len(rows) for rows in parts.values()] == counts
        assert sorted(np.concatenate(list(parts.values()))) == list(range(2_786))
    known = data.CLIP_DESCRIPTIONS["chairs"]
    assert [known.test_examples, known.validation_examples, known.training_examples] == counts
    seen = {split: set(names[parts["train"]]) for split, parts in (("chair", by_chair), ("released", released))}
    assert not seen["chair"] & set(names[np.concatenate([by_chair["test"], by_chair["validation"]])])
    assert len(seen["released"] & set(names[released["test"]])) > 100
    for split in (chairs.split_by_chair, chairs.split_released):
        assert [len(rows) for rows in split(names, 0).values()] == [200, 0, 2_586]
        assert [len(rows) for rows in split(names, 60).values()] == [200, 60, 2_526]
        assert (split(names, 0)["test"] == split(names)["test"]).all()


def test_clips_start_anywhere_or_at_the_first_frame(prepared):
    def starts(T, **cut):
        part = load(T, prepared, split="released", **cut).train
        rows = np.arange(len(part))
        return [set(part.films.motions(np.random.RandomState(seed), rows, T)[:, 0]) for seed in range(3)]

    assert starts(16, starts="first") == [{0}] * 3 and len(set.union(*starts(16))) > 2
    films = load(16, prepared, starts="first").train.films
    np.testing.assert_array_equal(films.motions(np.random.RandomState(0), np.arange(2), 16), [np.arange(16)] * 2)
    assert len(load(4, prepared, holdout=0).train) == 6 and not len(load(4, prepared, holdout=0).validation)


def test_the_released_split_is_a_choice(prepared):
    begins = [np.sort(load(31, prepared, split=split).train.films.begins) for split in ("chair", "released")]
    assert (begins[0].reshape(2, 2) // 62 == begins[0].reshape(2, 2)[:, :1] // 62).all()
    assert [len(rows) for rows in begins] == [4, 6]


# Bad files.


def refused(message, manual_dir):
    with pytest.raises(ValueError, match=message), renders.open_renders(manual_dir) as found:
        list(renders.sequences(found))


def test_a_missing_render_is_named(copy, tmp_path):
    (copy / "image_040_p030_t092_r096.png").unlink()
    with pytest.raises(ValueError, match="Chair block-0002.*61 renders.*p030_t092 missing: expected 62.*--manual_dir"):
        load(4, tmp_path / "tfds", manual_dir=copy.parents[2])
    shutil.rmtree(copy)
    refused("Chair block-0002.*0 renders", copy.parents[2])


def test_broken_renders_are_named(copy):
    manual, path = copy.parents[2], copy / "image_035_p030_t034_r096.png"
    content = path.read_bytes()
    path.unlink()
    Image.new("RGB", (512, 600)).save(path)
    refused(r"image_035_p030_t034_r096.png is 512 x 600: expected 600 x 600.*--manual_dir", manual)
    path.write_bytes(content[: len(content) // 2])
    refused(r"image_035_p030_t034_r096.png can't be read.*--manual_dir", manual)


def test_no_renders(tmp_path, prepared):
    with pytest.raises(
        ValueError, match=r"--dataset=chairs is not in.*[\s\S]*rendered_chairs.tar.*--manual_dir=FOLDER"
    ):
        load(4, tmp_path / "tfds", manual_dir=tmp_path)
    refused("found no renders", tmp_path)
    (tmp_path / "rendered_chairs").mkdir()
    refused("without any renders", tmp_path)
    with pytest.raises(ValueError, match="holds 0 chairs, but.*from 4 others.*--data_dir"):
        load(4, prepared, manual_dir=tmp_path)


def test_damaged_notes_on_what_was_prepared(tmp_path):
    note = tmp_path / "rendered_chairs" / "1.0.0" / "dataset_info.json"
    note.parent.mkdir(parents=True)
    note.write_text("{")
    with pytest.raises(ValueError, match="The prepared data rendered_chairs in .* can't be read .*Delete its folder"):
        load(4, tmp_path)


def test_too_few_chairs():
    with pytest.raises(ValueError, match="found 2 of them: expected 3 or more.*--manual_dir"):
        chairs.split_by_chair(np.repeat(["a", "b"], 2))
