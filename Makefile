.PHONY: demo test slow lint bench
.DELETE_ON_ERROR:

PYTHON ?= python3.11
RUN ?= $(HOME)/graphical-gan/runs/demo

# Trains GMGAN on the embedded digits: pictures, an accuracy and a SavedModel in minutes.
demo: .venv/installed
	.venv/bin/python train_gmgan.py --run_dir=$(RUN)
	.venv/bin/python -m graphical_gan.sample $(RUN)/saved_model --k=3 --n=64 --out=$(RUN)/pictures/component-3.png

test: .venv/installed
	.venv/bin/python -m pytest -m "not slow" --numprocesses=2 --dist=loadfile

slow: .venv/installed
	.venv/bin/python -m pytest -m slow

lint: .venv/installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

# The product beside the plainest loop over the same updates; about three minutes.
bench: .venv/installed
	.venv/bin/python -m benchmarks.plain_loop

.venv/installed: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement requirements.txt --requirement requirements-dev.txt
	touch $@
