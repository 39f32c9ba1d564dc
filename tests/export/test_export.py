"""An export takes the place of the one before it: whenever the process dies, what is there under its name is whole."""

import concurrent.futures
import os
import time

import pytest
import tensorflow as tf

from graphical_gan.common import scaling
from graphical_gan.export.images import ImageFunctions
from graphical_gan.export.saved_models import load_saved_model
from graphical_gan.export.saving import export, put
from tests.helpers import SHAPE, tiny_gmgan


class Half(tf.Module):
    """What a SavedModel can hold."""

    names = ("f",)

    def __init__(self, value):
        super().__init__()
        self.f = tf.function(lambda: value, input_signature=[])


def value(path):
    return float(tf.saved_model.load(str(path)).f())


def test_an_export_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "saved_model"
    export(Half(1.0), path)
    (tmp_path / ".saved_model.new" / "variables").mkdir(parents=True)
    (tmp_path / ".saved_model.new" / "variables" / "variables.left").touch()  # by a killed process
    replaced = []
    with monkeypatch.context() as patch:
        replace = os.replace
        patch.setattr("shutil.rmtree", lambda *args, **kwargs: pytest.fail("deleted under its name")
                      if args[0] == path else None)  # fmt: skip
        patch.setattr(os, "replace", lambda a, b: (replaced.append((a.name, b.name)), replace(a, b)))
        export(Half(2.0), path)
    assert replaced == [("saved_model", ".saved_model.old"), (".saved_model.new", "saved_model")]
    assert value(path) == 2.0
    export(Half(3.0), path)
    assert value(path) == 3.0 and os.listdir(tmp_path) == ["saved_model"]
    assert not (path / "variables" / "variables.left").exists()


def test_of_two_that_export_to_one_place_the_last_one_is_left(tmp_path):
    """Each writes its file in two halves, and slowly."""

    def write(folder, letter):
        folder.mkdir()
        (folder / "saved_model.pb").write_text(letter)
        time.sleep(0.05)
        (folder / "saved_model.pb").write_text((folder / "saved_model.pb").read_text() + letter)

    def export_it(letter):
        put(tmp_path / "new" / "saved", lambda folder: write(folder, letter))

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(export_it, "abcd"))
    assert len(set((tmp_path / "new" / "saved" / "saved_model.pb").read_text())) == 1
    assert os.listdir(tmp_path / "new") == ["saved"]


def test_an_export_that_is_replaced_while_it_is_loaded_is_loaded_again(tmp_path, monkeypatch):
    path, load = tmp_path / "saved_model", tf.saved_model.load
    export(Half(1.0), path)

    def load_slowly(folder):
        loaded = load(folder)
        if float(loaded.f()) < 3.0:
            export(Half(float(loaded.f()) + 1), path)
        return loaded

    monkeypatch.setattr(tf.saved_model, "load", load_slowly)
    assert float(load_saved_model(path).f()) == 3.0


@pytest.mark.parametrize("place", ["variables/variables.index", "fingerprint.pb", "assets/words"])
def test_an_export_with_a_pipe_is_refused(tmp_path, place):
    export(Half(1.0), tmp_path)
    (tmp_path / place).unlink(missing_ok=True)
    os.mkfifo(tmp_path / place)
    with pytest.raises(ValueError, match=f"{place} is neither a file nor a folder"):
        load_saved_model(tmp_path)


def test_an_export_holds_every_variable_once(tmp_path):
    game = tiny_gmgan()
    export(ImageFunctions(game.model, SHAPE, scaling.UNIT), tmp_path / "saved_model")
    held = tf.train.list_variables(str(tmp_path / "saved_model" / "variables" / "variables"))
    shapes = [tuple(shape) for name, shape in held if name.endswith("VARIABLE_VALUE") and "components" not in name]
    assert sorted(shapes) == sorted(tuple(v.shape) for v in game.model.variables)


@pytest.mark.parametrize("name", ["r[1]", "a*b", "b\\c"])
def test_a_folder_whose_name_is_a_pattern_is_itself(tmp_path, name):
    for number, folder in enumerate(("axb", name, "r1")):
        export(Half(float(number)), tmp_path / folder / "saved_model")
    assert float(load_saved_model(tmp_path / name / "saved_model").f()) == 1.0
