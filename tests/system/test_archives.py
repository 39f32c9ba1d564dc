"""From the archives of the paper's data sets, in their published layouts but small, to figures and a table."""

import io
import json
import tarfile

import numpy as np
import pytest
from scipy.io import savemat

from graphical_gan import data
from tests.data.test_clips_chairs import write_chair
from tests.data.test_data_downloads import celeb_a_files
from tests.system.forks import command
from tests.system.test_commands import pixels

# Only the counts and the checksums differ from the published files: in those of the process that reads them.
READS = """
import dataclasses, pathlib, runpy, sys
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import checksums
from graphical_gan import data
from graphical_gan.data import files
_, name, manual, *sys.argv = sys.argv
for file in files.FILES.get(name, ()):
    if (path := pathlib.Path(manual, file.name)).is_file():
        tfds.builder_cls(name).url_infos[file.url] = checksums.compute_url_info(path)
small = dataclasses.replace(data.DESCRIPTIONS["celeb_a"], validation_examples=6, test_examples=8)
data.DESCRIPTIONS["celeb_a"] = small
runpy.run_path(sys.argv[0], run_name="__main__")
"""
TINY = ["--width=2", "--latent=6", "--units=8", "--steps=3", "--log_every=1"]
COUNT = 40  # training images


def svhn_cropped(folder, rng):
    for name in ("train", "test"):
        images = rng.integers(0, 256, (32, 32, 3, COUNT), np.uint8)
        savemat(
            folder / f"{name}_32x32.mat", {"X": images, "y": np.arange(COUNT)[:, None] % 10 + 1}, do_compression=True
        )


def cifar10(folder, rng):
    members = {f"data_batch_{i}.bin": COUNT // 5 for i in range(1, 6)} | {"test_batch.bin": COUNT}
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, count in members.items():
            labels = np.arange(count, dtype=np.uint8)[:, None] % 10
            add(archive, name, np.hstack([labels, rng.integers(0, 256, (count, 3072), np.uint8)]).tobytes())
        add(archive, "batches.meta.txt", "\n".join(data.DESCRIPTIONS["cifar10"].label_names).encode())


def add(archive, name, content):
    member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def celeb_a(folder, rng):
    celeb_a_files(folder, COUNT + 8)


def chairs(folder, rng):
    for number in range(4):
        write_chair(folder / "unpacked", number)
    with tarfile.open(folder / "rendered_chairs.tar", "w") as archive:
        archive.add(folder / "unpacked" / "rendered_chairs", "rendered_chairs")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("write", "flags", "figure"),
    [
        (svhn_cropped, ["train_gmgan.py", "--K=5", "--batch_size=8"], "components"),
        (cifar10, ["train_gmgan.py", "--K=5", "--batch_size=8"], "components"),
        (celeb_a, ["train_gmgan.py", "--K=5", "--batch_size=8"], "components"),
        (chairs, ["train_ssgan.py", "--T=4", "--batch_size=2"], "samples"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_from_the_archives_to_figures(tmp_path, write, flags, figure):
    name, manual, script, run = write.__name__, tmp_path / "manual", tmp_path / "reads.py", tmp_path / "run"
    manual.mkdir()
    write(manual, np.random.default_rng(0))
    script.write_text(READS)
    where = [f"--dataset={name}", f"--data_dir={tmp_path / 'tfds'}", f"--manual_dir={manual}"]
    status, out, err = command(script, name, manual, *flags, *TINY, *where, f"--run_dir={run}")
    assert status == 0 and "No validation split" in out, err
    assert np.isfinite(json.loads((run / "results.json").read_text())["mse"])
    status, _, err = command(script, name, manual, "graphical_gan/figures.py", figure, run)
    assert status == 0, err
    (drawn,) = (run / "pictures").glob(f"figure-{figure}-*.png")
    assert pixels(drawn).std() > 1
    if write is cifar10:
        asked = [*flags[1:], *TINY, *where, "--row=GMGAN-L", "--seeds=0", f"--runs={tmp_path}", f"--count={COUNT}"]
        kept = [f"--out={tmp_path / 'table'}", f"--cache_dir={tmp_path / 'cache'}"]
        status, out, err = command("-m", "graphical_gan.reproduce", "table7", *asked, *kept)
        assert status == 0 and "| GMGAN-L | 25.14 (±2.38) |" in out and "Trains" not in out, err
