"""The paper's figures of a model of clips, each from a study of its run; one seed, the same figure."""

import numpy as np

from graphical_gan.evaluation.clip_study import ClipStudy, strips

ROWS = 6  # clips of a figure
LONG = [first + i for first in (46, 96, 146, 196) for i in range(4)]  # frames 47-50, 97-100, 147-150 and 197-200


def samples(study: ClipStudy, seed: int) -> np.ndarray:
    """Samples, a clip a row, of all frames (Figs. 5, 13, and 6, where the paper prints the first 12 of 16)."""
    return strips(sample=study.sample(ROWS, study.T, seed))


def reconstructions(study: ClipStudy, seed: int) -> np.ndarray:
    """Test clips in odd rows, their reconstructions in even ones (Figs. 14a, 15)."""
    chosen = _some(study, ROWS, seed)
    return strips(clip=chosen["clip"], again=study.reconstruct(chosen))


def analogy(study: ClipStudy, seed: int) -> np.ndarray:
    """Test clips in odd rows, and in even ones their motion with the content of one other clip (Figs. 7, 14b).

    Raises:
        ValueError: if there is no other clip.
    """
    chosen = _some(study, ROWS + 1, seed)
    motion = {name: values[1:] for name, values in chosen.items()}
    count = len(motion["clip"])
    if not count:
        raise ValueError(
            f"--dataset={study.dataset.name} has a single test clip; analogy needs another for the content. "
            "Add clips to --manual_dir and train on them, or draw another figure."
        )
    given = {"content": chosen["clip"][:1].repeat(count, axis=0), "motion": motion["clip"]}
    if "y" in chosen:
        given |= {"y": chosen["y"][:1].repeat(count, axis=0), "motion_y": motion["y"]}
    return strips(motion=motion["clip"], transferred=study.transfer(given))


def long(study: ClipStudy, seed: int) -> np.ndarray:
    """Frames 47-50, 97-100, 147-150 and 197-200 of clips of 200 frames, a clip a row (Fig. 8)."""
    return strips(sample=study.sample(ROWS, LONG[-1] + 1, seed)[:, LONG])


def _some(study, count, seed):
    """Random test clips, with their labels if the network sees them."""
    held = study.held("test", 100)
    chosen = np.random.default_rng(seed).permutation(len(held["clip"]))[:count]
    return {name: values[chosen] for name, values in held.items()}
