"""Rows, their log, and the table: what is trained, found again, merged and averaged."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest

from graphical_gan import data
from graphical_gan.fidelity.scoring import SampleScoring
from graphical_gan.paper import numbers, pixel_mixture, rows
from graphical_gan.paper.comparison import compare
from graphical_gan.paper.pixel_mixture import pixel_mixture_scores
from graphical_gan.paper.results_log import ResultsLog
from graphical_gan.paper.rows import Runs, mixture_rows, sample_rows, trained_rows
from graphical_gan.paper.table import check_place, write_table
from graphical_gan.runs.programs import GMGAN
from graphical_gan.settings import knobs, recipes

SETTINGS = recipes.GMGAN.resolve({"recipe": "released", "steps": 8, "width": 2, "seed": 1})


@pytest.fixture
def trained(monkeypatch):
    """Training that leaves what a finished run leaves, or stops half-way while `stop` is in the list."""
    done = []

    def train(*command):
        given = dict(flag.removeprefix("--").split("=", 1) for flag in command[1:])
        path, steps = rows.pathlib.Path(given["run_dir"]), int(given["steps"])
        reached = steps // 2 if "stop" in done else steps
        done.append((path.name, given["model"], steps))
        path.mkdir(parents=True, exist_ok=True)
        saved = {k.name: given.get(k.name) for k in recipes.GMGAN.knobs if k.name != "temperature"}  # an older run
        saved |= {
            k.name: k.kind(saved[k.name]) for k in recipes.GMGAN.knobs if saved.get(k.name) and k.kind is not bool
        }
        saved = {n: v == "True" if v in ("True", "False") else v for n, v in saved.items()}
        (path / "settings.json").write_text(json.dumps({"program": "gmgan"} | saved))
        (path / "metrics.jsonl").write_text(json.dumps({"step": reached}) + "\n")
        if reached == steps:
            (path / "saved_model").mkdir(exist_ok=True)
            (path / "saved_model" / "saved_model.pb").touch()
            scores = {"step": steps, "version": "1", "dataset": "digits", "mse": 0.5 + steps, "live_clusters": 3}
            (path / "results.json").write_text(json.dumps(scores))
            if "best" in done:
                (path / "results-best.json").write_text(
                    json.dumps(scores | {"step": 3, "mse": 0.25, "chosen_by": "nmi"})
                )

    monkeypatch.setattr(rows, "run_command", train)
    return done


def row_of(settings, runs, log):
    return trained_rows("GMGAN-L", settings, runs, log)


def test_a_run_is_trained_once_and_found_by_its_settings(tmp_path, trained):
    runs, log = Runs(tmp_path / "runs"), ResultsLog(tmp_path / "results.jsonl")
    (row,) = row_of(SETTINGS, runs, log)
    assert row["scores"] == {"mse": 8.5, "live_clusters": 3} and row["seed"] == 1 and row["step"] == 8
    assert row_of(SETTINGS, runs, log) == [row] and len(trained) == 1  # from the log
    other = ResultsLog(tmp_path / "other.jsonl")
    assert row_of(SETTINGS | {"log_every": 7, "data_dir": "x"}, runs, other)[0]["scores"] == row["scores"]
    assert len(trained) == 1  # from the run
    row_of(SETTINGS | {"width": 3}, runs, log)
    row_of(SETTINGS | {"seed": 2}, runs, log)
    assert len(trained) == 3 and len({path for path, *_ in trained}) == 3  # other runs, each in a folder of its own
    row_of(SETTINGS | {"steps": 12}, runs, log)
    assert trained[-1] == (trained[0][0], "gmgan-l", 12)  # goes on where the run of 8 steps stopped
    fewer = row_of(SETTINGS | {"steps": 10}, runs, log)
    assert trained[-1][2] == 10 and trained[-1][0] != trained[0][0] and fewer[0]["step"] == 10
    (tmp_path / "runs" / "no run").mkdir()
    (tmp_path / "runs" / "no run" / "settings.json").write_text("{")
    assert len(row_of(SETTINGS, runs, log)) == 1


def test_best_weights_have_a_row_of_their_own_and_samples_too(tmp_path, trained, monkeypatch):
    runs, log = Runs(tmp_path / "runs"), ResultsLog(tmp_path / "results.jsonl")
    trained.append("best")
    last, best = row_of(SETTINGS, runs, log)
    assert (last["weights"], best["weights"], best["step"], best["scores"]["mse"]) == ("last", "best by nmi", 3, 0.25)
    assert row_of(SETTINGS, runs, ResultsLog(log.path)) == [last, best]
    scored = []

    class Scoring(SampleScoring):
        about = {"network_digest": "00"}

        def score(self, samples):
            scored.append(samples)
            return {"is_stub": 2.0}

        def score_by_batch(self, samples):
            return {"is_stub_batch_statistics": samples}

    monkeypatch.setattr(rows.reopen, "exported_samples", lambda path, count, seed: (path.parent.name, count))
    monkeypatch.setattr(rows.reopen, "samples_by_batch", lambda path, given, count, seed: count / 8)
    for count, times in ((9, 1), (9, 1), (7, 2)):
        (row,) = sample_rows("GMGAN-L", SETTINGS, runs, log, Scoring(GMGAN, SETTINGS, count=count))
        by_batch = {"is_stub_batch_statistics": count / 8}
        assert row["samples"]["count"] == count
        assert row["scores"] == {"is_stub": 2.0, "network_digest": "00"} | by_batch
        assert len(scored) == times and scored[-1] == (trained[1][0], count)
    assert len(row_of(SETTINGS, runs, log)) == 2 and len(trained) == 2
    columns = [numbers.Column(name, metric, 1, 2, "digits", {}) for name, metric in (("IS", "is_stub"), ("MSE", "mse"))]
    lines = compare(log.rows, columns, ["GMGAN-L"]).lines
    assert lines == [["GMGAN-L", "2.00 (±0.00)", "8.50", "8", "1"], ["GMGAN-L, best by nmi", "–", "0.25", "3", "1"]]


def test_another_network_of_the_same_name_asks_for_other_scores(tmp_path):
    def asked(content, folder, name="net.pb"):
        file = tmp_path / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return SampleScoring(GMGAN, SETTINGS, str(file if name == "net.pb" else file.parent), 9).request

    assert asked(b"a", "one") == asked(b"a", "two") != asked(b"b", "three")
    saved = asked(b"a", "net/here", "saved_model.pb")
    assert saved != asked(b"b", "net/here", "saved_model.pb") and saved["network"] == "here"
    assert SampleScoring(GMGAN, SETTINGS, "classifier", 9).request["network"] == "classifier"


def test_scores_of_samples_are_refused_before_anything_slow(tmp_path):
    assert (
        SampleScoring(GMGAN, SETTINGS).count == 1450 and SampleScoring(GMGAN, SETTINGS, reference="test").count == 347
    )
    (tmp_path / "net.pb").write_bytes(b"\xff")
    celeb_a = recipes.GMGAN.resolve({"dataset": "celeb_a"})
    for arguments, message in (
        ({"count": 1451}, "There are 1450 images in digits's train split; --count=1451"),
        ({"count": 5}, "--count=5 is too small"),
        ({"network": str(tmp_path / "net.pb")}, "net.pb is no frozen graph"),
        ({"network": "none"}, "--network=none is no network"),
        ({"settings": celeb_a}, "--dataset=celeb_a has no labels for --network=classifier"),
    ):
        with pytest.raises(ValueError, match=message):
            SampleScoring(GMGAN, **{"settings": SETTINGS} | arguments).check()
    SampleScoring(GMGAN, SETTINGS).check()


def test_a_known_row_says_that_its_run_kept_no_best_weights(tmp_path, trained, capsys):
    runs, log = Runs(tmp_path / "runs"), ResultsLog(tmp_path / "results.jsonl")
    row_of(SETTINGS, runs, log)
    assert "keep_best" not in capsys.readouterr().out
    assert len(row_of(SETTINGS | {"keep_best": "nmi"}, runs, log)) == 1
    assert "GMGAN-L, seed 1, is known from a run that kept no weights by --keep_best=nmi" in capsys.readouterr().out
    trained.append("best")
    row_of(SETTINGS | {"keep_best": "nmi", "seed": 2}, runs, log)
    assert "keep_best" not in capsys.readouterr().out


def test_a_run_that_stops_is_no_row_and_goes_on_next_time(tmp_path, trained):
    runs, log = Runs(tmp_path / "runs"), ResultsLog(tmp_path / "results.jsonl")
    trained.append("stop")
    with pytest.raises(ValueError, match="stopped before its end"):
        row_of(SETTINGS, runs, log)
    assert not log.rows
    trained.remove("stop")
    assert len(row_of(SETTINGS, runs, log)) == 1 and trained[0][0] == trained[1][0]


def test_rows_of_two_machines_are_merged_and_none_is_trained_again(tmp_path, trained):
    runs = Runs(tmp_path / "runs")
    here, there = (ResultsLog(tmp_path / name / "results.jsonl") for name in ("here", "there"))
    row_of(SETTINGS, runs, here)
    row_of(SETTINGS | {"seed": 2}, runs, there)
    assert here.merge(there.path) == 1 and here.merge(there.path) == 0
    again = ResultsLog(here.path)
    assert again.rows == here.rows and [r["seed"] for r in again.rows] == [1, 2]
    row_of(SETTINGS | {"seed": 2}, Runs(tmp_path / "empty"), again)
    assert len(trained) == 2
    with pytest.raises(ValueError, match="--merge=.*none is no file"):
        here.merge(tmp_path / "none")


def row_named(name, **changes):
    return {
        "row": name,
        "weights": "last",
        "seed": 0,
        "step": 8,
        "version": "1",
        "settings": {"dataset": "digits"},
        "scores": {},
    } | changes


def test_a_file_of_other_lines_is_not_merged(tmp_path):
    log, file = ResultsLog(tmp_path / "results.jsonl"), tmp_path / "metrics.jsonl"
    wrong = [json.dumps(row_named("b", seed="0")), '{"step": 5, "split": "train"}', "[1]", "3", "broken", "\\udc80"]
    for line in wrong:
        file.write_text(json.dumps(row_named("a")) + f"\n{line}\n")
        with pytest.raises(ValueError, match="metrics.jsonl, line 2 is no row of results; expected.*--merge"):
            log.merge(file)
    assert log.rows == [] and ResultsLog(log.path).rows == []


def test_a_letter_in_place_of_a_log_is_kept(tmp_path):
    (tmp_path / "results.jsonl").write_text("My dear")
    with pytest.raises(ValueError, match="results.jsonl, line 1 is no row of results"):
        ResultsLog(tmp_path / "results.jsonl")
    assert (tmp_path / "results.jsonl").read_text() == "My dear"


@pytest.mark.parametrize("name", ["table.md", "table.csv", "table.png"])
def test_a_table_takes_the_place_of_a_table_alone(tmp_path, name):
    write_table(tmp_path, numbers.TABLES["table1"].on("digits"), rows_of_samples())
    check_place(tmp_path)
    (tmp_path / name).write_text("My dear")
    with pytest.raises(ValueError, match=f"{name} is there and is no such file.*--out"):
        check_place(tmp_path)


def test_a_row_of_a_value_that_is_allowed_no_more_is_of_no_run(tmp_path, trained):
    log = ResultsLog(tmp_path / "results.jsonl")
    log.add([row_named("GMGAN-L", settings=SETTINGS | {"dataset": "gone"})])
    assert len(row_of(SETTINGS, Runs(tmp_path / "runs"), log)) == 1


def test_a_log_that_was_cut_off_loses_only_the_row_that_was_being_written(tmp_path):
    log = ResultsLog(tmp_path / "results.jsonl")
    rows = [row_named(name) for name in "abd"]
    log.add(rows[:2])
    whole = log.path.read_text()
    log.path.write_text(whole + '{"row": "c')
    again = ResultsLog(log.path)
    assert again.rows == rows[:2]
    again.add(rows[1:])
    assert [json.loads(line) for line in log.path.read_text().splitlines()] == rows
    log.path.write_text(whole.replace("\n", "\nbroken\n"))
    with pytest.raises(ValueError, match="line 2"):
        ResultsLog(log.path)


def test_the_mixture_of_pixels_does_as_well_as_k_means_and_is_logged_once(tmp_path, monkeypatch):
    from sklearn.cluster import KMeans

    digits = data.load("digits")
    scores = pixel_mixture_scores(digits, K=20, seed=0)
    pixels, labels = digits.test.images.reshape(347, -1) / 255, digits.test.labels
    clusters = KMeans(20, n_init=1, random_state=0).fit(digits.train.images.reshape(1200, -1) / 255).predict(pixels)
    majority = sum(np.bincount(labels[clusters == k]).max() for k in set(clusters)) / 347
    assert abs(scores["acc_nearest"] - majority) < 0.1 and scores["live_clusters"] > 15
    learnt = pixel_mixture_scores(digits, K=20, seed=0, covariances="diagonal")
    assert learnt["live_clusters"] > 10 and learnt["acc_nearest"] > 0.6 and learnt != scores
    settings = recipes.GMGAN.resolve({"model": "gan-g"})
    log = ResultsLog(tmp_path / "results.jsonl")
    (row,) = mixture_rows("GMM", settings, log)
    assert row["scores"] == scores
    monkeypatch.setattr(rows, "GMGAN", None)  # nothing is loaded again
    assert mixture_rows("GMM", settings | {"width": 64, "steps": 9}, ResultsLog(log.path)) == [row]


def test_the_mixture_with_variances_clusters_as_scikit_learn_does():
    from sklearn.mixture import GaussianMixture

    pixels = data.load("digits").train.images.reshape(1200, -1) / 255
    means, logits, weights = pixel_mixture._diagonal(pixels, pixels[:300], 7, 3)
    known = GaussianMixture(7, covariance_type="diag", reg_covar=0.01, random_state=3).fit(pixels)
    assert (logits.argmax(1) == known.predict(pixels[:300])).all() and len(set(logits.argmax(1))) > 4
    np.testing.assert_allclose(means, known.means_)
    densities = np.logaddexp.reduce(logits, 1) - pixels.shape[1] / 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(densities, known.score_samples(pixels[:300]), rtol=1e-6)
    np.testing.assert_allclose(weights.sum(), 1)


def test_the_table_has_the_papers_numbers_beside_means_and_deviations():
    values = {0: 0.9, 1: 0.92, 2: 0.97}
    on_mnist = {"settings": {"dataset": "mnist"}}
    rows = [
        row_named("GMGAN-L", seed=s, step=5000, scores={"acc_nearest": v, "mse": 0.05}, **on_mnist)
        for s, v in values.items()
    ]
    rows.append(row_named("GMGAN-L", weights="best", step=4000, scores={"acc_nearest": 0.95}, **on_mnist))
    columns = [c for c in numbers.TABLES["table1"].columns if c.metric in ("acc_nearest", "mse")]
    table = compare(rows, columns, list(numbers.ROWS))
    assert table.titles == ["Algorithm", "ACC, paper", "ACC, measured", "MSE, paper", "MSE, measured", "steps", "seeds"]
    mean, deviation = statistics.mean(values.values()), statistics.stdev(values.values())
    measured = f"{100 * mean:.2f} (±{100 * deviation:.2f})"
    lines = {line[0]: line for line in table.lines}
    assert lines["GMGAN-L"] == ["GMGAN-L", "93.03 (±1.65)", measured, "0.044 (±0.001)", "0.050 (±0.000)", "5,000", "3"]
    assert lines["GMGAN-L, best"][:3] == ["GMGAN-L, best", "93.03 (±1.65)", "95.00"]
    assert lines["GMGAN-L, best"][5:] == ["4,000", "1"]
    assert lines["GMM"] == ["GMM", "68.33 (±0.21)", "–", "–", "–", "–", "–"]
    assert lines["GMVAE"][1] == "92.77 (±1.60), quoted" and lines["CatGAN"][1] == "90.30, quoted"
    others = compare(rows, [c.on("digits") for c in columns], list(numbers.ROWS))
    assert "paper" not in " ".join(others.titles) and not others.lines  # none is of digits
    assert "\nGMM,68.33 (±0.21),–" in table.csv() and table.markdown().count("\n") == 2 + 6 + 1
    picture = table.picture("A line.\nAnother.")
    assert picture.dtype == np.uint8 and (picture < 128).mean() > 0.005


def rows_of_samples(network="classifier", **more):
    """A row of scores of samples, and one of their run."""
    row = {"row": "GMGAN-L", "weights": "last", "seed": 1, "step": 8, "version": "1", "settings": SETTINGS} | more
    scores = {f"is_{network}_9_3splits": 2.5, f"is_{network}_9_3splits_deviation": 9.5, f"fid_{network}_train_9": 7.25}
    by_batch = f"is_{network}_9_3splits_batch_statistics"
    scores |= {by_batch: 2.25, f"{by_batch}_deviation": 9.25}
    return [row | {"scores": {"mse": 0.125}}, row | {"samples": {"count": 9}, "scores": scores}]


def test_a_table_of_merged_rows_needs_neither_data_nor_network(tmp_path):
    write_table(tmp_path, numbers.TABLES["table1"].on("digits"), rows_of_samples())
    text = (tmp_path / "table.md").read_text()
    assert (
        "| GMGAN-L | – | – | – | 2.50 | 2.25 | 0.125 | – | 7.25 | 8 | 1 |" in text
        and "FID: fid_classifier_train_9" in text
    )
    assert "IS and FID: of the last weights." in text and "fitted to" not in text
    assert (tmp_path / "table.png").stat().st_size > 5000 and "GMGAN-L,–,–,–,2.50,2.25" in (
        tmp_path / "table.csv"
    ).read_text()
    assert "Paper:" not in text and "Quoted" not in text
    write_table(tmp_path, numbers.TABLES["table1"].on("digits"), rows_of_samples(row="GAN-G + GMM")[:1])
    assert "GMM: mixtures fitted to the first 10,000 training images" in (tmp_path / "table.md").read_text()
    assert "IS" not in (tmp_path / "table.md").read_text().partition("\n")[0]


def test_two_rows_of_a_seed_are_one_seed_and_the_first_known_counts(tmp_path):
    first, again, other = (rows_of_samples(seed=s, version=v) for s, v in ((0, "1"), (0, "2"), (1, "1")))
    for n, row in enumerate(again):
        row["scores"] = dict.fromkeys(row["scores"], 100.0 + n)
    write_table(tmp_path, numbers.TABLES["table1"].on("digits"), [*first, *again, *other])
    text = (tmp_path / "table.md").read_text()
    assert "| GMGAN-L | – | – | – | 2.50 (±0.00) | 2.25 (±0.00) | 0.125 (±0.000) | – | 7.25 (±0.00) | 8 | 2 |" in text
    assert "Left out, as a row of the same seed came first: GMGAN-L, last, seed 0." in text and "version 1." in text


def table_of(tmp_path, name, rows):
    """The lines of table.md by the name of their row, titles among them as "Algorithm", each as its cells by title."""
    write_table(tmp_path, numbers.TABLES[name], rows)
    lines = [
        line.strip("| ").split(" | ") for line in (tmp_path / "table.md").read_text().splitlines() if line[:1] == "|"
    ]
    return {line[0]: dict(zip(lines[0], line, strict=True)) for line in lines}


@pytest.mark.parametrize(
    ("network", "beside"),
    [("graph2015_bilinear299_50k", True), ("graph2015_bilinear299_1k", False), ("classifier_50k", False)],
)
def test_no_other_inception_score_stands_beside_the_papers(tmp_path, network, beside):
    cifar10 = SETTINGS | {"dataset": "cifar10"}
    rows = rows_of_samples(settings=cifar10)
    by_batch = {f"is_{network}_10splits_batch_statistics": 2.25}
    rows[1]["scores"] = {f"is_{network}_10splits": 2.5, f"fid_{network}": 7.25} | by_batch
    lines = table_of(tmp_path, "table7", rows)
    titles = list(lines["Algorithm"])
    place = titles.index("IS, paper")
    assert lines["GMGAN-L"]["IS, paper"] == "5.94 (±0.06)" and lines["GMGAN-L"]["ACC, paper"] == "25.14 (±2.38)"
    assert lines["GAN-G"]["IS, paper"] == "5.34 (±0.05), quoted"
    assert (titles[place + 1] == "IS, measured") is beside
    assert lines["GMGAN-L"]["IS, measured" if beside else "IS of another protocol, measured"] == "2.50"
    assert (
        lines["GMGAN-L"]["IS by batch, measured" if beside else "IS by batch of another protocol, measured"] == "2.25"
    )
    assert (
        beside or titles.index("IS of another protocol, measured") == len(titles) - 4
    )  # by batch, steps, seeds follow


def test_table_1_is_of_two_data_sets(tmp_path):
    scores = {"acc_nearest": 0.9, "acc_nearest_mu": 0.91, "acc_top_posterior": 0.92, "mse": 0.05}
    scores["mse_batch_statistics"] = 0.0625
    on = {name: {"settings": SETTINGS | {"dataset": name}} for name in ("mnist", "cifar10")}
    rows = [row_named("GMGAN-L", seed=s, scores=scores, **on["mnist"]) for s in range(3)]
    rows.append(row_named("GMGAN-L", scores={"mse": 0.5, "acc_nearest": 0.1}, **on["cifar10"]))
    score = {"is_graph2015_bilinear299_50k_10splits": 5.5}
    score["is_graph2015_bilinear299_50k_10splits_batch_statistics"] = 5.25
    rows.append(row_named("GMGAN-L", samples={"count": 50_000}, scores=score, **on["cifar10"]))
    line = table_of(tmp_path, "table1", rows)["GMGAN-L"]
    assert line == {
        "Algorithm": "GMGAN-L",
        "ACC on mnist, paper": "93.03 (±1.65)",
        "ACC on mnist, measured": "90.00 (±0.00)",
        "ACC by mu on mnist, measured": "91.00 (±0.00)",
        "ACC of the code on mnist, measured": "92.00 (±0.00)",
        "IS on cifar10, paper": "5.94 (±0.06)",
        "IS on cifar10, measured": "5.50",
        "IS by batch on cifar10, measured": "5.25",
        "MSE on mnist, paper": "0.044 (±0.001)",
        "MSE on mnist, measured": "0.050 (±0.000)",
        "MSE by batch on mnist, measured": "0.062 (±0.000)",
        "steps": "8",
        "seeds": "3, 1",
    }
    text = (tmp_path / "table.md").read_text()
    assert "dataset=mnist, " in text and "dataset=cifar10, " in text
    assert "Quoted by the paper: GMVAE from Dilokthanakul et al. 2016, CatGAN from Springenberg 2015" in text
    table1 = numbers.TABLES["table1"]
    assert numbers.measured(table1, "cifar10") == ["GAN-G + GMM", "GMGAN-G", "GMGAN-L"]
    assert {"GMM", "GMM, learnt covariances", *numbers.measured(table1, "cifar10")} <= {
        *numbers.measured(table1, "mnist")
    }


def test_a_run_made_before_a_knob_existed_has_its_default(trained, tmp_path):
    (row_of(SETTINGS, Runs(tmp_path), ResultsLog(tmp_path / "log.jsonl")),)
    (path,) = tmp_path.glob("*/settings.json")
    assert json.loads(path.read_text()).get("temperature") is None
    assert knobs.read_settings(path.parent)["width"] == 2
    row_of(SETTINGS, Runs(tmp_path), ResultsLog(tmp_path / "other.jsonl"))
    assert len(trained) == 1


def running(number):
    """Whether a process is there, and no zombie."""
    try:
        return rows.pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="a signal at the death of the parent is Linux'")
def test_training_does_not_outlive_the_command_that_started_it(tmp_path):
    child = (
        f"import os, pathlib, time; pathlib.Path({str(tmp_path / 'id')!r}).write_text(str(os.getpid())); time.sleep(99)"
    )
    parent = f"from graphical_gan.paper import rows; rows.run_command('-c', {child!r})"
    with subprocess.Popen([sys.executable, "-c", parent], cwd=rows.SCRIPTS) as process:
        while not (tmp_path / "id").exists() or not (tmp_path / "id").read_text():
            assert process.poll() is None
            time.sleep(0.05)
        number = int((tmp_path / "id").read_text())
        assert running(number)
        process.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not running(number):
            return
        time.sleep(0.1)
    os.kill(number, signal.SIGKILL)
    pytest.fail("it is still there")
