"""The page of a run: everything in one file, nothing from elsewhere."""

import base64
import html.parser
import io
import json

import numpy as np
from PIL import Image

from tests.system.forks import command

SETTINGS = {"program": "gmgan", "dataset": "digits", "model": "gmgan-l", "K": 5, "seed": 3, "steps": 20}


def run_folder(path):
    """A run of 10 of 20 steps, as training leaves it in the middle."""
    (path / "pictures").mkdir(parents=True)
    (path / "settings.json").write_text(json.dumps(SETTINGS | {"manual_dir": "<b>&"}))
    (path / "network.txt").write_text("p(k) p(h|k) <p(x|h)>")
    for name, value in [("p", 10), ("pictures/samples-0000005", 20), ("pictures/samples-0000010", 30)]:
        Image.fromarray(np.full((4, 4), value, np.uint8)).save(path / f"{name}.png")
    Image.fromarray(np.full((4, 4), 40, np.uint8)).save(path / "pictures" / "film-0000010.gif")
    rows = [{"step": s, "split": "train", "cost_on_p/(h, k)": 1.0 / s} for s in (5, 10)]
    rows += [{"step": s, "split": "validation", "mse": 0.25, "acc_nearest": 0.5} for s in (5, 10)]
    (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"step": 1')
    return path


class Page(html.parser.HTMLParser):
    """What a browser would load, and the text that it would show."""

    def __init__(self, text):
        super().__init__()
        self.images, self.links, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "img":
            kind, _, data = found["src"].partition(";base64,")
            self.images.append((kind, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"))))
        elif "src" in found or "href" in found:
            self.links.append(found)
        assert tag not in ("script", "link", "iframe", "b")

    def handle_data(self, data):
        self.text += data


def report(path):
    status, out, err = command("-m", "graphical_gan.report", path)
    assert status == 0 and out.strip() == str(path / "report.html"), err
    text = (path / "report.html").read_text()
    assert "http" not in text and "url(" not in text
    page = Page(text)
    assert not page.links
    return page


def test_a_page_of_a_run_that_is_training_and_of_one_that_has_finished(tmp_path):
    path = run_folder(tmp_path / "run")
    page = report(path)
    assert "10 of 20 steps; not finished" in page.text and "gmgan-l on digits, K = 5, seed 3" in page.text
    assert "p(k) p(h|k) <p(x|h)>" in page.text and "--manual_dir=<b>&" in page.text
    flat = {(kind, int(pixels.mean())) for kind, pixels in page.images if pixels.shape == (4, 4)}
    assert flat == {("data:image/png", 10), ("data:image/png", 30), ("data:image/gif", 40)}  # the newest of each
    assert len(page.images) == 3 + 3  # and three curves
    results = {
        "step": 20,
        "version": "1",
        "split": "test",
        "seed": 3,
        "mse": 0.125,
        "live_clusters": 4,
        "acc_nearest": 0.75,
    }
    (path / "results.json").write_text(json.dumps(results))
    best = results | {"step": 10, "acc_nearest": 0.875, "chosen_by": "nmi"}
    (path / "results-best.json").write_text(json.dumps(best))
    (path / "samples.jsonl").write_text(json.dumps({"count": 9, "step": 17, "fid_stub_train_9": 1.5}) + "\n")
    assert "10 of 20 steps; not finished" in report(path).text  # scored by evaluate, on the way
    (path / "saved_model").mkdir()
    (path / "saved_model" / "saved_model.pb").touch()
    text = report(path).text
    for shown in (
        "0.7500",
        "0.8750",
        "last weights, step 20",
        "step 10 (nmi)",
        "fid_stub_train_9",
        "1.5000",
        "17",
        "0 is best",
    ):
        assert shown in text
    assert "not finished" not in text


def test_damaged_files_are_left_out_or_named(tmp_path):
    path = run_folder(tmp_path / "run")
    for name in ("metrics.jsonl", "samples.jsonl"):
        with open(path / name, "a") as file:
            file.write('\nbroken\n[1]\n{"step": "x"}\n')
    assert "10 of 20 steps" in report(path).text
    for content in ("{", "[1]", '{"mse": 0.5}'):
        (path / "results-best.json").write_text(content)
        status, _, err = command("-m", "graphical_gan.report", path)
        assert status == 2 and str(path / "results-best.json") in err and "Traceback" not in err


def test_a_folder_that_is_no_run(tmp_path):
    status, _, err = command("-m", "graphical_gan.report", tmp_path)
    assert status == 2 and "holds no run" in err and "Traceback" not in err
