"""The public 3D chairs for tensorflow-datasets: 1,393 chairs, each rendered from 31 sides at 2 elevations."""

import pathlib

import numpy as np
import tensorflow_datasets as tfds

from graphical_gan.data.clips import renders

_DESCRIPTION = """
Renders of 1,393 chairs of CAD models (Aubry, Maturana, Efros, Russell and Sivic: Seeing 3D chairs, CVPR 2014), each
from 31 azimuths at 2 elevations. An example is one chair that turns once at one elevation: the 320 x 320 pixels in the
middle of each render, shrunk to 64 x 64.
"""
_CITATION = """
@inproceedings{aubry2014seeing,
  title={Seeing 3D chairs: exemplar part-based 2D-3D alignment using a large dataset of CAD models},
  author={Aubry, Mathieu and Maturana, Daniel and Efros, Alexei A. and Russell, Bryan C. and Sivic, Josef},
  booktitle={IEEE Conference on Computer Vision and Pattern Recognition},
  year={2014}
}
"""


class RenderedChairs(tfds.core.GeneratorBasedBuilder):
    """Builder of the 3D chairs, in the order of the chairs' names and of the elevations."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Sequences of 31 frames of 64 x 64."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = renders.ADVICE
    pkg_dir_path = pathlib.Path(__file__).parent  # in a checkout data/ lies beside the package that it belongs to

    def _info(self):
        return self.dataset_info_from_configs(
            description=_DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "frames": tfds.features.Video(shape=(renders.TURN, 64, 64, 3)),
                    "chair": tfds.features.Text(),
                    "elevation": tfds.features.Scalar(np.int32),
                }
            ),
            homepage=renders.HOMEPAGE,
            citation=_CITATION,
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(dl_manager.manual_dir)}

    def _generate_examples(self, manual_dir):
        """Yield a number and an example for each sequence of the folder or the tar in `manual_dir`."""
        with renders.open_renders(manual_dir) as found:
            for number, (chair, elevation, frames) in enumerate(renders.sequences(found)):
                yield number, {"frames": frames, "chair": chair, "elevation": elevation}
