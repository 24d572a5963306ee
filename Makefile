# Each target does all its own set-up in a fresh clone; Python 3.11+, make, pip and (for the tests) apt are enough.
# Give arguments to the tests with ARGS: make test ARGS="tests/core -k money"
.PHONY: run install test check bench lock

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
SETUP = $(if $(PYTHON),@exec "$(PYTHON)",$(error fieldapp needs Python 3.11 or newer, and none was found on PATH: \
	install it (Debian: apt-get install python3 python3-venv), or name one: make $(or $(MAKECMDGOALS),run) PYTHON=/path/to/python3.11)) \
	tools/setup.py

run:
	$(SETUP) runtime -- tools/serve.py

install:
	$(SETUP) runtime

test:
	$(SETUP) development -- tools/test.py $(ARGS)

check:
	$(SETUP) development -- tools/check.py

bench:
	$(SETUP) development -- -m bench $(ARGS)

lock:
	$(SETUP) development -- tools/lock.py
