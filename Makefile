.PHONY: demo test slow lint docs bench
.DELETE_ON_ERROR:

PYTHON ?= python3.11
RUN ?= $(HOME)/graphical-gan/runs/demo
BENCH ?= $(HOME)/graphical-gan/speed.md

# Trains GMGAN on the embedded digits: pictures, an accuracy and a SavedModel in minutes.
demo: .venv/installed
	.venv/bin/python train_gmgan.py --run_dir=$(RUN)
	.venv/bin/python -m graphical_gan.sample $(RUN)/saved_model --k=3 --n=64 --out=$(RUN)/pictures/component-3.png

test: .venv/installed
	.venv/bin/python -m pytest -m "not slow" --numprocesses=2 --dist=loadfile --no-loadscope-reorder

slow: .venv/installed
	.venv/bin/python -m pytest -m slow --numprocesses=2 --dist=worksteal

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# The documentation as pages, in site/; a broken link or a page that is in no menu is an error.
docs: .venv-docs/installed
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. .venv-docs/bin/mkdocs build --strict

# The product beside PyTorch twins and a plain TensorFlow loop, which get a virtual environment of their own.
bench: .venv/installed .venv-bench/installed
	.venv/bin/python -m benchmarks --out=$(BENCH)

.venv/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement requirements.txt --requirement requirements-dev.txt
	touch $@

.venv-docs/installed: requirements-docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --requirement requirements-docs.txt
	touch $@

.venv-bench/installed: requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --requirement requirements-bench.txt
	touch $@
