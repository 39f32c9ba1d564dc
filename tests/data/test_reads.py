"""Which flags a data set reads: its row says what its reader does."""

import contextlib
import dataclasses

import pytest
from PIL import Image

from graphical_gan import data
from graphical_gan.common.choices import resolved
from graphical_gan.data import prepared
from graphical_gan.data.request import requested
from graphical_gan.settings import recipes

OPTIONAL = {"data_dir", "manual_dir", "image_size"}


class Watched:
    """A request that knows what was asked of it."""

    def __init__(self, asked):
        self._asked, self.read = asked, set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self._asked, name)


@pytest.mark.parametrize("name", [*data.DESCRIPTIONS, *data.CLIP_DESCRIPTIONS])
def test_a_row_names_what_its_reader_reads(name, tmp_path, monkeypatch):
    def unreachable(urls):
        raise OSError("no network")

    monkeypatch.setattr(prepared, "check_servers", unreachable)
    few = {"training_examples": 2, "validation_examples": 2, "test_examples": 2}
    turning = dataclasses.replace(data.CLIP_DESCRIPTIONS["turning_chairs"], **few)
    monkeypatch.setitem(data.CLIP_DESCRIPTIONS, "turning_chairs", turning)
    for number in range(12):
        (tmp_path / str(number // 3)).mkdir(exist_ok=True)
        Image.new("L", (9, 9)).save(tmp_path / f"{number // 3}/{number}.png")
    known = (data.DESCRIPTIONS | data.CLIP_DESCRIPTIONS)[name]
    places = {place: tmp_path for place in ("data_dir", "manual_dir") if place in known.reads}
    clips = {"T": 3, "clips": True} if name in data.CLIP_DESCRIPTIONS else {}
    asked = Watched(requested(name, **clips, **places))
    with contextlib.suppress(ValueError):  # the folder holds nothing but images
        resolved(known.read)(asked)
    handed_on = {"data_dir", "manual_dir"} if name == "moving_digits" else set()  # to digits, which refuses them
    assert asked.read & OPTIONAL == OPTIONAL & set(known.reads) | handed_on


@pytest.mark.parametrize(("name", "instance"), [("folder", recipes.GMGAN), ("clips_folder", recipes.SSGAN)])
def test_images_of_ones_own_have_the_size_of_training_everywhere(name, instance, tmp_path):
    size = instance.resolve({"dataset": name})["image_size"]
    clips = {"T": 2, "clips": True} if name == "clips_folder" else {}
    assert requested(name, **clips, manual_dir=tmp_path).image_size == size
