"""What the paper's tables say: their rows, columns and numbers (Table 1 and Table 7)."""

from typing import NamedTuple

ROWS = {"GMM": None, "GAN-G + GMM": "gan-g", "GMGAN-G": "gmgan-g", "GMGAN-L": "gmgan-l"}  # with our --model
RUNS = "ACC over 10 runs, IS and MSE over 5"


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: as printed.
        metric: name of our score, or "is" and "fid" for those of samples, whose names hang on the network.
        scale: what our score is multiplied by.
        digits: after the point.
        dataset: that the paper's numbers are of.
        numbers: of the paper, by row: mean and standard deviation.
    """

    title: str
    metric: str
    scale: float
    digits: int
    dataset: str | None
    numbers: dict[str, tuple[float, float]]


class Table(NamedTuple):
    """A table: its data set, if no other is asked for, and its columns."""

    dataset: str
    columns: tuple[Column, ...]


_ACC = {"GMM": (68.33, 0.21), "GAN-G + GMM": (70.27, 0.50), "GMGAN-G": (91.62, 1.91), "GMGAN-L": (93.03, 1.65)}
_IS = {"GAN-G + GMM": (5.26, 0.05), "GMGAN-G": (5.41, 0.08), "GMGAN-L": (5.94, 0.06)}
_MSE = {"GAN-G + GMM": (0.071, 0.001), "GMGAN-G": (0.056, 0.001), "GMGAN-L": (0.044, 0.001)}
_ACC_CIFAR10 = {"GMM": (20.36, 0.69), "GAN-G + GMM": (19.19, 0.10), "GMGAN-G": (22.63, 1.09), "GMGAN-L": (25.14, 2.38)}
_OTHERS = (
    Column("IS", "is", 1, 2, "cifar10", _IS),
    Column("MSE", "mse", 1, 3, "mnist", _MSE),
    Column("FID", "fid", 1, 2, None, {}),
)
TABLES = {
    "table1": Table("mnist", (Column("ACC", "acc_nearest", 100, 2, "mnist", _ACC), *_OTHERS)),
    "table7": Table("cifar10", (Column("ACC", "acc_nearest", 100, 2, "cifar10", _ACC_CIFAR10), *_OTHERS)),
}
