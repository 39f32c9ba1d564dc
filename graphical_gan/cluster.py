"""Which image belongs to which cluster, by a trained model: `python -m graphical_gan.cluster MODEL IMAGES --out=DIR`.

MODEL is the folder of a finished run, or of an export such as models/mnist. IMAGES is a folder of image files of
any number, whose sub-folders are labels if there are any, or the name of a data set.

    python -m graphical_gan.cluster RUN my_images --out=clusters
    python -m graphical_gan.cluster models/mnist mnist --out=clusters

DIR/clusters.csv has a line an image: its file, its cluster, the probability of that cluster, the distance from the
centroid, its component, and its label. DIR/clusters.html shows each cluster, and finds files; it needs no other file
and no network.
With --clusters=10 the components that lie closest are joined into 10 clusters; no label is needed for that.
"""

import csv
import io
import pathlib

import numpy as np
from absl import flags

from graphical_gan import data, evaluation, export, pictures
from graphical_gan.common.files import refuse_foreign, write_chunks
from graphical_gan.data.images import named
from graphical_gan.pictures import gallery
from graphical_gan.runs import reopen
from graphical_gan.settings import command_line

command_line.define(reopen.PLACES)
OUT = command_line.define_path("out", None, "folder to write to; it may exist")
CLUSTERS = flags.DEFINE_integer(
    "clusters", None, "number of clusters that the components are joined to; by default each is one", lower_bound=1
)
SPLIT = flags.DEFINE_enum("split", "test", ["train", "validation", "test"], "images of a data set that are clustered")

COLUMNS = ("file", "cluster", "probability", "distance", "component")
EARLIER = b"file,cluster,probability,distance"  # how clusters.csv begins, in older versions too
SHOWN = 12  # images of a kind, of each cluster


def main(argv: list[str]) -> None:
    with command_line.user_errors():
        if len(argv) != 3 or not OUT.value:
            raise ValueError(
                f"{' '.join(argv[1:]) or 'Nothing'} is given, and {f'--out={OUT.value}' if OUT.value else 'no --out'}; "
                "expected a model, images and a folder to write to, such as models/mnist my_images --out=my_clusters. "
                "See --help."
            )
        model, out = reopen.export_of(command_line.argument_path(argv[1])), _place(pathlib.Path(OUT.value))
        _check_source(argv[2])

    command_line.load_tensorflow()
    assignments = evaluation.assignments
    with command_line.user_errors():
        clusters = assignments.clusters_of(export.saved_models.load_saved_model(model))
        if len(clusters.image_shape) != 3:
            raise ValueError(
                f"{model} clusters vectors of {clusters.image_shape[0]} numbers; expected a model of images. Name "
                "another, or cluster in Python: graphical_gan.GMGAN.load(...).predict(table)."
            )
        if CLUSTERS.value and CLUSTERS.value > clusters.components:
            raise ValueError(
                f"--clusters={CLUSTERS.value} of a model with {clusters.components} components, which are joined to "
                "them; expected as many or fewer. Give a smaller number."
            )
        images = _images(argv[2], clusters.image_shape)
        found = assignments.assign(clusters, images, CLUSTERS.value)
        out.mkdir(parents=True, exist_ok=True)
        write_chunks(out / "clusters.csv", _lines(images, found))
        title = f"{len(images):,} images in {len(np.unique(found.cluster))} clusters"
        rows = (_row(k, clusters, images, found) for k in range(len(found.components)))
        files = {"names": list(images.names), "cluster": found.cluster.tolist()}
        files |= {n: np.round(getattr(found, n).astype(float), 4).tolist() for n in ("probability", "distance")}
        write_chunks(out / "clusters.html", gallery.page(title, f"{argv[2]}, by {argv[1]}", rows, files))
    print(f"{title}: {out / 'clusters.csv'} and {out / 'clusters.html'}")


def _place(out):
    """The folder to write to, where nothing but an earlier result would be replaced."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out={out} is a file; expected a folder, or no such place yet. Name another.")
    refuse_foreign(out / "clusters.csv", EARLIER)
    refuse_foreign(out / "clusters.html", gallery.BEGINNING.encode())
    return out


def _check_source(source):
    """Refuses images that can't be had, before anything slow."""
    if source == "folder" or not (source in data.DESCRIPTIONS or pathlib.Path(source).is_dir()):
        names = ", ".join(name for name in data.DESCRIPTIONS if name != "folder")
        raise ValueError(f"{source} is no folder and no data set; expected a folder of images, or one of {names}.")
    given = list(command_line.given(reopen.PLACES)) + ["split"] * flags.FLAGS["split"].present
    if source not in data.DESCRIPTIONS and given:
        raise ValueError(f"--{given[0]} is for data sets, and {source} is a folder. Leave it out.")


def _images(source, shape):
    if source not in data.DESCRIPTIONS:
        return named.of_folder(pathlib.Path(source), shape)
    dataset = data.load(source, **command_line.given(reopen.PLACES))
    if dataset.image_shape != shape:
        raise ValueError(
            f"The images of {source} are of shape {dataset.image_shape}; this model takes {shape}. Name other images, "
            "or a model that was trained on such."
        )
    return named.of_split(dataset, SPLIT.value)


def _lines(images, found):
    """The lines of clusters.csv."""
    columns = COLUMNS + (("label",) if images.labels else ())
    yield _line(columns)
    for row, name in enumerate(images.names):
        numbers = f"{found.probability[row]:.6g}", f"{found.distance[row]:.6g}", found.component[row]
        label = (images.labels[row],) if images.labels else ()
        yield _line((name, found.cluster[row], *numbers, *label))


def _line(values):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode("utf-8", "surrogateescape")  # names of files keep their bytes


def _row(k, clusters, images, found):
    """What the page shows of a cluster."""
    members = np.flatnonzero(found.cluster == k)
    strips = {
        "most typical": members[np.argsort(found.distance[members], kind="stable")[:SHOWN]],
        "most doubtful": members[np.argsort(found.probability[members], kind="stable")[:SHOWN]],
    }
    said = [f"{len(members):,} images, {len(members) / len(images):.1%}"]
    if images.labels and len(members):
        labels, counts = np.unique([images.labels[row] for row in members], return_counts=True)
        said.append(f"mostly {labels[counts.argmax()]}, {counts.max() / len(members):.1%}")
    shown = {
        caption: gallery.Shown(images.read(rows), [_said(images, found, row) for row in rows])
        for caption, rows in strips.items()
        if len(rows)
    }
    own = found.components[k]
    drawn = own[np.linspace(0, len(own) - 1, SHOWN).astype(int)]
    parts = [clusters.sample(component, np.sum(drawn == component)) for component in np.unique(drawn)]
    images = pictures.grids.to_uint8(np.concatenate(parts))
    samples = gallery.Shown(images, [f"of component {component}" for component in drawn])
    return gallery.Row(k, said, shown | {"drawn": samples})


def _said(images, found, row):
    label = f", label {images.labels[row]}" if images.labels and images.labels[row] else ""
    return f"{images.names[row]}: probability {found.probability[row]:.3f}, distance {found.distance[row]:.1f}{label}"


if __name__ == "__main__":
    command_line.run(main)
