"""Your own arrays for a network of your own: a value of each observed variable for each example.

They come from memory, as `graphical_gan.estimators.fit` is given them, or from a folder: NAME.npy, a file a variable.
"""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from graphical_gan.data import npy
from graphical_gan.data.request import Place, existing_folder, held_out
from graphical_gan.data.splits import LEAST, divided, fixed_order, tenths


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """Some examples.

    Attributes:
        values: by name of the variable, float32 arrays [N, ...].
    """

    values: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, rows):
        return Rows({name: array[rows] for name, array in self.values.items()})

    def contents(self) -> Iterator[np.ndarray]:
        """All that they hold, as contiguous arrays."""
        yield from map(np.ascontiguousarray, self.values.values())


@dataclasses.dataclass(frozen=True)
class VariablesSpec:
    """What a data set of variables holds.

    Attributes:
        shapes: of each variable, by name, without the batch.
        missing: names of those that are NaN for some examples.
        training_examples: number of them, as of the others.
        validation_examples: held out to watch a run with.
        test_examples: held out for the final numbers.
    """

    shapes: Mapping[str, tuple[int, ...]]
    missing: tuple[str, ...]
    training_examples: int
    validation_examples: int
    test_examples: int
    label_names = None
    found = None


def read(manual_dir: Place | None) -> Rows:
    """Read the arrays of a folder, checked.

    Raises:
        ValueError: as `checked`, or if there is no such folder, or a file is damaged.
    """
    if manual_dir is None:
        raise ValueError(
            "--dataset=variables came without a folder: expected a folder of a file NAME.npy for each observed "
            "variable. Name it with --manual_dir=FOLDER."
        )
    root = existing_folder(manual_dir)
    return checked({file.stem: npy.read(root, file.stem) for file in sorted(root.glob("*.npy"))})


def checked(values: Mapping[str, np.ndarray]) -> Rows:
    """Check arrays and bring them to float32.

    Args:
        values: by name of the variable, numbers [N, ...]; one that is not known for an example is NaN there.

    Returns:
        `Rows` of all examples, in the order of the names.

    Raises:
        ValueError: if there are none or too few, their lengths differ, or they are no finite numbers.
    """
    arrays = {name: np.asarray(values[name]) for name in sorted(values)}
    shapes = {name: f"{array.dtype} {list(array.shape)}" for name, array in arrays.items()}
    said = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "nothing"
    if not arrays or any(a.ndim < 2 or not a.size or a.dtype.kind not in "fiub" for a in arrays.values()):
        raise ValueError(
            f"The data is {said}; expected numbers [N, size...] of each observed variable, classes as one-hot vectors. "
            "Write x[:, None] for single numbers, and np.eye(K)[labels] for classes."
        )
    counts = {len(array) for array in arrays.values()}
    if len(counts) > 1 or min(counts) < LEAST:
        raise ValueError(
            f"The data is {said}; expected as many examples of each variable, at least {LEAST}. Give them all alike."
        )
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    for name, array in arrays.items():
        unknown = np.isnan(array.reshape(len(array), -1))
        if np.isinf(array).any() or not np.array_equal(unknown.any(1), unknown.all(1)):
            raise ValueError(
                f"{name} holds infinity, or examples of which only a part is NaN; expected numbers, or an example that "
                "is NaN as a whole where it is not known. Leave such examples out, or make them NaN."
            )
    return Rows(arrays)


def describe(rows: Rows, holdout: int | None) -> VariablesSpec:
    """Say what a data set of some examples holds.

    Args:
        holdout: number of validation examples, None for a tenth.

    Raises:
        ValueError: if nothing is left to train on.
    """
    shapes = {name: array.shape[1:] for name, array in rows.values.items()}
    missing = tuple(name for name, array in rows.values.items() if np.isnan(array).any())
    return held_out(VariablesSpec(shapes, missing, **tenths(len(rows))), holdout)


def split(rows: Rows, holdout: int | None) -> dict[str, Rows]:
    """Divide examples, in the one order that a data set of this size is split by; arguments as of `describe`.

    Returns:
        Dictionary of the `Rows` "train", "validation" and "test".
    """
    tenth, order = tenths(len(rows))["test_examples"], fixed_order(len(rows))
    return divided(rows[order[tenth:]], rows[order[:tenth]], tenth if holdout is None else holdout)
