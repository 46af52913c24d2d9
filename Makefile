# The front door. `make run` and `make demo` honour the settings of the README (TENDERBELL_*).

PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate

WRITTEN = README.md $(wildcard docs/*.md)

.PHONY: help install run demo test lint docs bench soak fuzz sbom audit tools lock clean

help:
	@echo "make run      the site on http://127.0.0.1:8001, with live notices"
	@echo "make demo     the same on sample notices, without a network"
	@echo "make test     every test"
	@echo "make lint     ruff, mypy and the documentation check"
	@echo "make docs     write the generated parts of the documentation again"
	@echo "make bench    how fast it is, compared with what it is built on"
	@echo "make soak     a month of e-mails with kills and faults, and whether each arrived (15 minutes)"
	@echo "make fuzz     hostile input for everything that reads strangers' words (half an hour; ARGS=\"--target NAME\")"
	@echo "make sbom     what it is made of, with licences: artefacts/sbom.cdx.json"
	@echo "make audit    whether a pinned version is known to be vulnerable"
	@echo "make tools    what some tests and measurements need besides, from npm (needs Node.js)"
	@echo "make lock     resolve requirements*.in again (needs uv)"
	@echo "make install  only what the others need: $(VENV) with the tenderbell command"

install: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Tenderbell needs Python 3.11 or newer as $(PY). Another one: make $(MAKECMDGOALS) PY=python3.12" >&2; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PY) lacks the venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV): this is done once and takes under a minute."
	$(PY) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@# setuptools warns at length that an editable installation is one.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation -e .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: install
	@exec $(BIN)/tenderbell run

demo: install
	@exec $(BIN)/python -m schedules.demo

test: $(VENV)/.developing
	@# The gate (CI) has 15 minutes and leaves out what is marked slow. One worker more than processors: many tests wait for a server's silence or for a browser.
	$(BIN)/python -m pytest -n $$(( $$(nproc 2>/dev/null || echo 2) + 1 )) --durations=20 $(if $(CI),-m "not slow") --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cog --check -P -I . $(WRITTEN)

docs: $(VENV)/.developing
	$(BIN)/cog -r -P -I . $(WRITTEN)

bench: $(VENV)/.developing
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/.developing
	$(BIN)/python -m tests.soak $(ARGS)

fuzz: $(VENV)/.developing
	$(BIN)/python -m tests.fuzz $(ARGS)

sbom: $(VENV)/.installed
	@$(PY) .ci/supply_chain.py sbom

audit:
	@$(PY) .ci/supply_chain.py audit

tools: .tools/.installed

.tools/.installed: Makefile
	npm install --silent --no-save --no-package-lock --prefix .tools vnu-jar@26.9.27
	@touch $@

lock:
	$(COMPILE) --upgrade -o requirements.txt requirements.in
	$(COMPILE) --upgrade -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
