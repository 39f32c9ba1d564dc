"""Images with their names: of any folder, and of a split."""

import numpy as np
import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.data.images import named


def test_a_folder_of_any_files(tmp_path):
    """Sorted names, the first sub-folder as label, other sizes and colours made to fit, hidden ones left out."""
    for name, mode, size in [
        ("b/deep/1.png", "RGB", (9, 7)),
        ("a/2.JPG", "L", (8, 8)),
        ("3.png", "L", (4, 4)),
        (".hidden/4.png", "L", (4, 4)),
    ]:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, 100 if mode == "L" else (100, 100, 100)).save(file)
    (tmp_path / "a" / "notes.txt").write_text("")
    images = named.of_folder(tmp_path, (5, 5, 1))
    assert images.names == ["3.png", "a/2.JPG", "b/deep/1.png"] and images.labels == ["", "a", "b"]
    np.testing.assert_array_equal(images.read([2, 0, 1]), np.full((3, 5, 5, 1), 100, np.uint8))
    assert named.of_folder(tmp_path / "a", (5, 5, 3)).labels is None
    assert named.of_folder(tmp_path / "a", (5, 5, 3)).read([0]).shape == (1, 5, 5, 3)


def test_images_that_are_none_are_named(tmp_path):
    with pytest.raises(ValueError, match="holds no images in .*Name another"):
        named.of_folder(tmp_path, (5, 5, 1))
    (tmp_path / "1.png").write_text("no image")
    with pytest.raises(ValueError, match="1.png can't be read.*Replace the file"):
        named.of_folder(tmp_path, (5, 5, 1)).read([0])
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match="1 images have more than 8 bits a channel: .*1.png"):
        named.of_folder(tmp_path, (5, 5, 1)).read([0])


def test_a_split():
    digits = data.load("digits")
    images = named.of_split(digits, "validation")
    assert images.names[7] == "validation-000007" and images.labels[7] == str(digits.validation.labels[7])
    np.testing.assert_array_equal(images.read(range(3, 5)), digits.validation.images[3:5])
