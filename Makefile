# make run   the site, a live intake and the auditors' board on this machine
# make test  lint, types, the workflows and all tests
# make test-all  the long proofs as well: kills, load and faults by the hundred
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
WITHOUT_VENV := On Debian and Ubuntu type: sudo apt install python3-venv

.PHONY: run test test-all fresh build lint messages schemas benchmark lock clean

run: $(VENV)/run
	@exec $(PY) -m pipeline run --port $(PORT)

test: $(VENV)/test
	$(PY) tests/find_browser.py
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/zizmor --offline --strict-collection --persona pedantic --no-progress --color never .github
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(PY) -m pytest

# Two at a time: each of them keeps a server and its callers busy. A proof may take ten minutes.
test-all: test
	$(PY) -m pytest -m long -n 2 --timeout 600

# Both commands in a bare Debian, which debootstrap makes: tests/fresh.sh. As root, outside of CI.
fresh:
	sh tests/fresh.sh

build: $(VENV)/run
	$(PY) -m mkdocs build --strict

lint: $(VENV)/test
	$(PY) -m ruff check --fix . && $(PY) -m ruff format . && $(PY) -m mypy

# What is generated and committed: the catalogue of interface texts and the derived schemas.
messages: $(VENV)/run
	$(PY) -m pipeline messages

schemas: $(VENV)/run
	$(PY) -m pipeline schemas

# The portfolio's form against its targets: benchmarks/README.md. Needs Node.js.
benchmark: $(VENV)/test benchmarks/node_modules/.package-lock.json
	$(PY) -m benchmarks.measure

benchmarks/node_modules/.package-lock.json: benchmarks/package-lock.json
	cd benchmarks && PUPPETEER_SKIP_DOWNLOAD=1 npm install --no-save --silent

# The exact versions of every dependency, for every platform, with hashes.
lock:
	for group in pipeline run test; do uv pip compile --universal --generate-hashes --no-annotate --no-header \
		--python-version 3.11 --group pyproject.toml:$$group --output-file requirements/$$group.txt --quiet; done

clean:
	rm -rf $(VENV) site

$(VENV)/python-ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(WITHOUT_VENV)"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/%: requirements/%.txt | $(VENV)/python-ready
	@echo "Installing what '$*' needs into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@
