"""What is chosen by name: every row is there, and a row from outside the package is all that an addition takes."""

import json
import pkgutil

import pytest

from graphical_gan.settings import tables
from tests.system.forks import command

TABLES = {name: table for name, table in vars(tables).items() if name.isupper()}
ADDITIONS = """
import numpy as np
import tensorflow as tf

import numpy as np

from graphical_gan import data, train
from graphical_gan.common.scaling import UNIT
from graphical_gan.data.splits import Source, Split
from graphical_gan.engine import priors
from graphical_gan.engine.model import GraphicalGAN
from graphical_gan.evaluation import inference
from graphical_gan.game.losses import Costs, Divergence, opposed
from graphical_gan.game.objective import Objective
from graphical_gan.graph.bayesian_network import BayesianNetwork, Node
from graphical_gan.graph.families import local_families
from graphical_gan.layers.networks import ImageNetworks, image_networks
from graphical_gan.runs.programs import GMGAN as PROGRAM
from graphical_gan.settings import tables


class Wide(ImageNetworks):
    def generator(self):
        print("a generator of mine")
        return super().generator()


class Brightness:
    name, weight = "brightness", 0.5

    def costs(self, model, p, q, stream):
        return Costs(tf.reduce_mean(p.values["x"], [1, 2, 3]), tf.zeros(tf.shape(q.values["x"])[:1]))


def build(settings, data_spec):
    networks = image_networks(settings, data_spec)
    network = BayesianNetwork([Node("h"), Node("x", ["h"], observed=True)])
    p = {"h": priors.standard_normal(networks.latent), "x": networks.generator()}
    model = GraphicalGAN(network, p, {"h": networks.extractor(networks.latent)})
    objective = Objective.from_settings(settings)
    return objective.game(model, local_families(network), networks, further=[Brightness()])


def pearson(p, q):
    return Costs(tf.exp(2 * p) / 2, -tf.exp(q))


def darkest(study, seed):
    return study.dataset.test.images.min(0)


def stripes(request):
    images = np.tile(np.uint8([0, 255]), (40, 16, 8))[..., None]
    return Source(Split(images, None), Split(images[:10], None), None, 10)


data.DESCRIPTIONS["stripes"] = data.Description((16, 16, 1), 30, 10, 10, (0.0, 1.0), None, stripes, UNIT)
PROGRAM.recipe.datasets["stripes"] = {"batch_norm": True}
tables.NETWORKS["wide"] = Wide
tables.IMAGE_MODELS["mine"] = build
tables.DIVERGENCES["pearson"] = Divergence(pearson, opposed(pearson))
tables.VIEWS["mirrored"] = lambda images, strength, stream: images[:, :, ::-1]
tables.DECAYS["stepped"] = lambda rate, steps: rate / 2
tables.IMAGE_FIGURES["darkest"] = darkest
scores = inference.evaluate
inference.evaluate = lambda *args: scores(*args) | {"my_score": 0.25}

if __name__ == "__main__":
    train.main(PROGRAM)
"""


@pytest.mark.parametrize("table", TABLES)
def test_every_row_names_something(table):
    for name, place in TABLES[table].items():
        assert callable(pkgutil.resolve_name(place)) or table == "DIVERGENCES", (table, name)


def test_a_row_from_outside_is_all_that_an_addition_takes(tmp_path):
    """A data set, a model, a term, neural networks, a divergence, views, a falling rate, a figure and a score."""
    file, run = tmp_path / "additions.py", tmp_path / "run"
    file.write_text(ADDITIONS)
    flags = ["--dataset=stripes", "--model=mine", "--networks=wide", "--divergence=pearson"]
    flags += ["--views=mirrored", "--learning_rate_decay=stepped"]
    small = [
        "--width=2",
        "--batch_size=8",
        "--units=8",
        "--latent=6",
        "--steps=2",
        "--K=5",
        "--learning_rate_decay=stepped",
    ]
    status, said, err = command(file, *flags, *small, f"--run_dir={run}")
    assert status == 0, err
    assert "a generator of mine" in said and "my_score                                0.2500" in said
    assert "brightness" in said and json.loads((run / "results.json").read_text())["my_score"] == 0.25
    for name, *arguments in (["evaluate", run], ["figures", "darkest", run]):
        status, _, err = command("-m", f"graphical_gan.{name}", *arguments, f"--program={file}")
        assert status == 0, err
    assert (run / "pictures" / "figure-darkest-0000002.png").is_file()
