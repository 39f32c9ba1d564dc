"""The embedding projector's data, as TensorBoard itself serves it."""

import io
import json

import numpy as np
import pytest
import werkzeug.test
from PIL import Image
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from graphical_gan.pictures.projector import write_projector


def latents(count=13, dimension=4, shape=(3, 2, 1)):
    rng = np.random.default_rng(count)
    return {
        "vectors": rng.normal(size=(count, dimension)).astype(np.float32) * 1e3,
        "thumbnails": rng.integers(256, size=(count, *shape), dtype=np.uint8),
        "metadata": {"label": [f"class {i % 3}" for i in range(count)], "cluster": list(range(count))},
    }


@pytest.fixture
def run(tmp_path):
    """A folder below the log directory that TensorBoard lists as a run."""
    logdir = tmp_path / "runs" / "digits" / "tensorboard"
    EventFileWriter(str(logdir)).close()
    return logdir


def get(logdir, route, **query):
    """What TensorBoard, pointed at logdir, answers to its projector page."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    context = TBContext(logdir=str(logdir), data_provider=MultiplexerDataProvider(multiplexer, str(logdir)))
    client = werkzeug.test.Client(ProjectorPlugin(context).get_plugin_apps()[f"/{route}"])
    response = client.get(query_string=query)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_data()


def served_sprite(logdir, **query):
    with Image.open(io.BytesIO(get(logdir, "sprite_image", **query))) as image:
        picture = np.asarray(image)
        return picture.reshape(*picture.shape[:2], -1)


@pytest.mark.parametrize("above", [0, 2])
def test_tensorboard_serves_what_was_written(run, above):
    given = latents()
    write_projector(run, "h", **given)
    logdir = run.parents[above - 1] if above else run
    runs = json.loads(get(logdir, "runs"))
    assert runs == [str(run.relative_to(logdir))]

    (embedding,) = json.loads(get(logdir, "info", run=runs[0]))["embeddings"]
    assert embedding["tensorName"] == "h" and embedding["tensorShape"] == [13, 4]
    assert embedding["sprite"]["singleImageDim"] == [2, 3]

    served = np.frombuffer(get(logdir, "tensor", run=runs[0], name="h"), np.float32)
    np.testing.assert_array_equal(served.reshape(13, 4), given["vectors"])
    rows = [line.split("\t") for line in get(logdir, "metadata", run=runs[0], name="h").decode().splitlines()]
    assert rows[0] == ["label", "cluster"]
    assert rows[1:] == [[f"class {i % 3}", str(i)] for i in range(13)]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 13, 17, 100])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_point_finds_its_thumbnail(run, count, channels):
    given = latents(count, shape=(3, 2, channels))
    write_projector(run, "h", **given)
    picture = served_sprite(run, run=".", name="h")
    across, down = picture.shape[1] // 2, picture.shape[0] // 3
    for index, thumbnail in enumerate(given["thumbnails"]):
        # As TensorBoard 2.20's shader has it, where the row is the index divided by the number of rows.
        column, row = index % across, index // down
        np.testing.assert_array_equal(picture[3 * row : 3 * row + 3, 2 * column : 2 * column + 2], thumbnail)


def test_a_single_column_has_no_title_line(run):
    write_projector(run, "h", **latents() | {"metadata": {"label": list("abcdefghijklm")}})
    assert get(run, "metadata", run=".", name="h").decode().splitlines() == list("abcdefghijklm")


def test_several_names_live_side_by_side_and_the_same_name_is_replaced(run):
    write_projector(run, "h", **latents(5))
    write_projector(run, "v", **latents(6, dimension=3))
    write_projector(run, "h", **latents(7))
    embeddings = json.loads(get(run, "info", run="."))["embeddings"]
    assert {e["tensorName"]: e["tensorShape"] for e in embeddings} == {"v": [6, 3], "h": [7, 4]}
    assert len(embeddings) == 2
    for name, count in (("h", 7), ("v", 6)):
        given = latents(count, dimension=4 if name == "h" else 3)
        served = np.frombuffer(get(run, "tensor", run=".", name=name), np.float32)
        np.testing.assert_array_equal(served, given["vectors"].ravel())


def test_a_run_folder_can_be_moved(run, tmp_path):
    write_projector(run, "h", **latents())
    moved = run.rename(tmp_path / "moved")
    assert len(get(moved, "tensor", run=".", name="h")) == 13 * 4 * 4
    assert served_sprite(moved, run=".", name="h").any()
