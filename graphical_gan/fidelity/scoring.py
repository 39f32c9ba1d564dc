"""The scores of samples as commands ask for them: a data set, a network by name, and a protocol."""

import functools
import pathlib

import numpy as np

from graphical_gan import fidelity
from graphical_gan.common.array_cache import default_cache, digest_of_files
from graphical_gan.settings.knobs import Settings

REFERENCES = ("train", "validation", "test")
NAMED = ("classifier", "inception")  # networks that are no files


class SampleScoring:
    """Inception Score, FID and KID of samples; the data and the network are loaded when they are first needed.

    Args:
        program: that describes and loads the data, a `programs.Program`.
        network: "classifier", trained on the data set, or what `features.load_network` takes.
        count: number of samples; by default 10,000 for a classifier, 50,000 for others, or all if there are fewer real
            images.
        reference: split of the real images; "train" is all of the data set's training images, none held out.
        cache: folder; by default `array_cache.default_cache`.
    """

    def __init__(
        self, program, settings: Settings, network="classifier", count=None, reference="train", splits=10, cache=None
    ):
        self._program = program
        self._settings = settings | {"labels": None} | ({"holdout": 0} if reference == "train" else {})
        self._name, self._count, self._reference, self._splits = network, count, reference, splits
        self._cache = pathlib.Path(cache or default_cache())

    @functools.cached_property
    def dataset(self):
        """The data set, with all its labels."""
        return self._program.load(self._settings)

    @functools.cached_property
    def _about(self):
        """What is known of the data set before it is loaded."""
        return self._program.describe(self._settings)

    @property
    def _examples(self):
        """The number of real images."""
        about = self._about
        counts = {
            "train": about.training_examples,
            "validation": about.validation_examples,
            "test": about.test_examples,
        }
        return counts[self._reference]

    @functools.cached_property
    def count(self) -> int:
        """The number of samples."""
        return self._count or min(10_000 if self._name == "classifier" else 50_000, self._examples)

    def check(self) -> None:
        """Refuses what can't be scored, before anything slow; a network that is not trained here is loaded and tried.

        Raises:
            ValueError: if there are too few real images, or the network can't be had or doesn't fit them.
        """
        fidelity.protocol.check_reference(self._examples, self.protocol)
        if self._name != "classifier":
            self.network[0].apply(np.zeros((1, *self._about.image_shape), np.uint8))
        elif self._about.label_names is None:
            dataset = self._settings["dataset"]
            raise ValueError(f"--dataset={dataset} has no labels for --network=classifier. Give another --network.")

    @property
    def real(self) -> np.ndarray:
        """The real images."""
        return getattr(self.dataset, self._reference).images

    @functools.cached_property
    def network(self):
        """The network, and its accuracy if it is a classifier.

        Raises:
            ValueError: if it can't be had.
        """
        if self._name != "classifier":
            return fidelity.features.load_network(self._name), None
        data = self.dataset
        # Of all training images, whichever split is the reference: one classifier a data set.
        learnt = [np.concatenate([getattr(s, n) for s in (data.train, data.validation)]) for n in ("images", "labels")]
        return fidelity.classifier.classifier_network(*learnt, (data.test.images, data.test.labels), self._cache)

    @property
    def protocol(self):
        """The `protocol.Protocol`."""
        return fidelity.protocol.Protocol(self._settings["dataset"], self._reference, self.count, self._splits)

    @functools.cached_property
    def request(self) -> dict:
        """What tells these scores from others before the network is loaded: of a file, what it holds."""
        path = pathlib.Path(self._name).expanduser()
        network = {"network": path.name}
        if self._name not in NAMED and (path.is_file() or (path / "saved_model.pb").is_file()):
            network["digest"] = digest_of_files(path)
        return network | {"reference": self._reference, "count": self.count, "splits": self._splits}

    @property
    def about(self) -> dict:
        """What belongs beside the scores in a row."""
        network, accuracy = self.network
        said = vars(self.protocol) | {"network": network.name, "network_digest": network.digest}
        return said | ({} if accuracy is None else {"classifier_accuracy": accuracy})

    def score(self, samples: np.ndarray) -> dict[str, float]:
        """Scores of samples uint8 [N, H, W, C], by their names; see `protocol.score`."""
        fidelity.protocol.check(samples, self.real, self.protocol)  # before a classifier is trained
        return fidelity.protocol.score(samples, self.real, self.network[0], self.protocol, self._cache)

    def score_by_batch(self, samples: np.ndarray) -> dict[str, float]:
        """The Inception Score of samples that were normalised by their batch; see `protocol.score_by_batch`."""
        return fidelity.protocol.score_by_batch(samples, self.network[0], self.protocol)
