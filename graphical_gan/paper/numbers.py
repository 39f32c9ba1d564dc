"""What the paper's tables say: their rows, columns and numbers (Table 1 and Table 7)."""

from typing import NamedTuple


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        model: our --model of it, or None.
        mixture: covariances of a Gaussian mixture on the raw images, "identity" or "diagonal", or None.
        quoted: where the paper has its number from, None for runs of its authors.
    """

    model: str | None = None
    mixture: str | None = None
    quoted: str | None = None


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: as printed.
        metric: name of our score, or one of `OF_SAMPLES`, whose names depend on the network; None if none of ours is
            comparable.
        scale: what our score is multiplied by.
        digits: after the point.
        dataset: that it is measured on.
        numbers: of the paper, by row: mean and standard deviation, None where it gives none.
        runs: seeds that the paper's mean is over.
    """

    title: str
    metric: str | None
    scale: float
    digits: int
    dataset: str
    numbers: dict[str, tuple[float, float | None]]
    runs: int = 1

    def on(self, dataset: str) -> "Column":
        """The column measured on a data set: without the paper's numbers, if they are of another."""
        return self if dataset == self.dataset else self._replace(dataset=dataset, numbers={})


class Table(NamedTuple):
    """A table: its columns, of one data set or more."""

    columns: tuple[Column, ...]

    @property
    def datasets(self) -> list[str]:
        """What its columns are measured on."""
        return list(dict.fromkeys(column.dataset for column in self.columns))

    def on(self, dataset: str) -> "Table":
        """The table with all columns measured on one data set."""
        return Table(tuple(column.on(dataset) for column in self.columns))


ROWS = {
    "GMVAE": Row(model="gmvae", quoted="Dilokthanakul et al. 2016"),
    "CatGAN": Row(model="catgan", quoted="Springenberg 2015"),
    "GAN-G": Row(quoted="Warde-Farley and Bengio 2016"),
    "GMM": Row(mixture="identity"),
    "GMM, learnt covariances": Row(mixture="diagonal"),
    "GAN-G + GMM": Row(model="gan-g"),
    "GMGAN-G": Row(model="gmgan-g"),
    "GMGAN-L": Row(model="gmgan-l"),
}
RUNS = "ACC over 10 runs, IS and MSE over 5"
OF_SAMPLES = ("is", "is_batch_statistics", "fid")
PAPERS_IS = ("is_graph2015_", "_50k_")  # in the names of Inception Scores that the paper's can stand beside
_ACC = {
    "GMVAE": (92.77, 1.60),
    "CatGAN": (90.30, None),
    "GMM": (68.33, 0.21),
    "GAN-G + GMM": (70.27, 0.50),
    "GMGAN-G": (91.62, 1.91),
    "GMGAN-L": (93.03, 1.65),
}
_IS = {"GAN-G": (5.34, 0.05), "GAN-G + GMM": (5.26, 0.05), "GMGAN-G": (5.41, 0.08), "GMGAN-L": (5.94, 0.06)}
_MSE = {"GAN-G + GMM": (0.071, 0.001), "GMGAN-G": (0.056, 0.001), "GMGAN-L": (0.044, 0.001)}
_ACC_CIFAR10 = {"GMM": (20.36, 0.69), "GAN-G + GMM": (19.19, 0.10), "GMGAN-G": (22.63, 1.09), "GMGAN-L": (25.14, 2.38)}


def _accuracies(dataset, numbers):
    """The paper's rule, the same by the model's own centroids, and that of the released code."""
    return (
        Column("ACC", "acc_nearest", 100, 2, dataset, numbers, runs=10),
        Column("ACC by mu", "acc_nearest_mu", 100, 2, dataset, {}, runs=10),
        Column("ACC of the code", "acc_top_posterior", 100, 2, dataset, {}, runs=10),
    )


# Scores by the statistics of p and q, and by those of a batch, as in training and always in the released code.
_IS_CIFAR10 = (
    Column("IS", "is", 1, 2, "cifar10", _IS, runs=5),
    Column("IS by batch", "is_batch_statistics", 1, 2, "cifar10", {}, runs=5),
)
_MSE_MNIST = (
    Column("MSE", "mse", 1, 3, "mnist", _MSE, runs=5),
    Column("MSE by batch", "mse_batch_statistics", 1, 3, "mnist", {}, runs=5),
)
_FID_CIFAR10 = Column("FID", "fid", 1, 2, "cifar10", {}, runs=5)
TABLES = {
    "table1": Table((*_accuracies("mnist", _ACC), *_IS_CIFAR10, *_MSE_MNIST, _FID_CIFAR10)),
    "table7": Table(
        (*_accuracies("cifar10", _ACC_CIFAR10), *_IS_CIFAR10, *Table(_MSE_MNIST).on("cifar10").columns, _FID_CIFAR10)
    ),
}


def measured(table: Table, dataset: str) -> list[str]:
    """The rows that are measured on a data set: all where accuracies are, else those of which the paper has a number.

    Args:
        table: whose columns say what is measured where.
        dataset: one of its data sets.
    """
    columns = [column for column in table.columns if column.dataset == dataset]
    of_all = any(column.metric == "acc_nearest" for column in columns)
    printed = {row for column in columns for row in column.numbers}
    return [name for name, row in ROWS.items() if (row.model or row.mixture) and (of_all or name in printed)]
