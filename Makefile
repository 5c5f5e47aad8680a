# Each target installs what is missing first; `make` alone names them.
BIN := .venv/bin
BUF := protos/node_modules/.bin/buf

.PHONY: help setup pjsua2 run test fuzz fuzz-sip fuzz-devices generated-calls lint contract tour screens tasks by-ear bench chaos chaos-payments phones lock clean

help:
	@echo "make run    start the terminal, the phone line and the backend, with simulated devices"
	@echo "            OPTIONS=--help names its options"
	@echo "make test   run the tests"
	@echo "make fuzz   say to a backend whatever no client would, for MINUTES=10"
	@echo "make fuzz-sip  send a phone line what nobody should, while a call goes on, for MINUTES=10"
	@echo "make lint   check style, types and the contract"
	@echo "make tour   a whole visit, a whole call and every service, with pictures: tour/index.html"
	@echo "            OPTIONS=--documents renews docs/services.md and the pictures of the documents too"
	@echo "make screens  draw every screen in all sizes, themes and languages, and name those that changed;"
	@echo "            OPTIONS=--accept renews docs/screens.md"
	@echo "make tasks  do every task of a resident by touches, at three sizes, in type up to very large, in both languages;"
	@echo "            OPTIONS=\"--task policy --size 1280x1024\" does one in one way"
	@echo "make by-ear  do all that a terminal does by its keypad and voice alone, with the screen dark;"
	@echo "            OPTIONS=\"--task payment --language en\" does that one"
	@echo "make bench  measure; OPTIONS=\"search --full\" searches a million policies too"
	@echo "make chaos  kill and cut everything while 2,000 applications are sent, and count them"
	@echo "make chaos-payments  kill the backend at every step of paying, and look at the books"
	@echo "make pjsua2 build the telephone library for 2,000 calls in place of the ready one, which takes 4;"
	@echo "            PJPROJECT=FILE names its source where none can be fetched"
	@echo "make phones  SIPp, baresip and linphone finish every kind of service through Kamailio, in both languages"
	@echo "make setup  install what is missing (the others call it)"

setup:
	@sh deploy/setup.sh

pjsua2: setup
	@$(BIN)/python -m deploy.pjsua2 $(if $(PJPROJECT),--source '$(PJPROJECT)')

run: setup
	@$(BIN)/python -m deploy.run $(OPTIONS)

# A file of tests stays in one process. Four processes for two cores, because most tests wait for sound, paint and
# serial lines; in the order of tests/conftest.py, which xdist would change.
# Where the telephone library cannot be built here, it says why, and the tests run with the ready one.
test: setup
	@$(BIN)/python -m deploy.pjsua2 || true
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

# MINUTES=30 SEED=1: how long, and the same attacks again.
fuzz: setup
	@$(BIN)/python -m tests.backend.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

# What nobody should send to a phone line, and a call that must not notice.
fuzz-sip: setup
	@$(BIN)/python -m tests.ivr_sip.bombard $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

# Callers who press anything at any time, while the backend comes and goes.
generated-calls: setup
	@$(BIN)/python -m tests.ivr.generated_calls $(if $(CALLS),--calls $(CALLS)) $(if $(SEED),--seed $(SEED))

fuzz-devices: setup
	@$(BIN)/python -m tests.hardware.fuzz $(DECODERS) $(if $(MINUTES),--minutes $(MINUTES)) $(OPTIONS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python generate.py descriptors build/huimin.binpb
	$(BUF) lint build/huimin.binpb --config protos/buf.yaml
	$(BUF) breaking build/huimin.binpb --against protos/contract.binpb --config protos/buf.yaml
	@$(BUF) build build/huimin.binpb --exclude-source-info -o build/contract.binpb
	@cmp -s build/contract.binpb protos/contract.binpb \
	    || { echo "the contract has grown: 'make contract' puts what is new under guard too" >&2; exit 1; }

# Puts what was added to the contract under guard; refuses to where something would break for those who speak it.
contract: setup
	$(BIN)/python generate.py descriptors build/huimin.binpb
	$(BUF) breaking build/huimin.binpb --against protos/contract.binpb --config protos/buf.yaml
	$(BUF) build build/huimin.binpb --exclude-source-info -o protos/contract.binpb

tour: setup
	@$(BIN)/python -m deploy.tour $(OPTIONS)

screens: setup
	@$(BIN)/python -m deploy.screens $(OPTIONS)

# About half an hour; pictures of what failed in build/tasks.
tasks: setup
	@$(BIN)/python -m tests.end_to_end.tasks $(OPTIONS)

# By keypad and voice alone, with the screen dark: every task, in both languages.
by-ear: setup
	@$(BIN)/python -m tests.kiosk.by_ear $(OPTIONS)

bench: setup
	@$(BIN)/python -m bench $(OPTIONS)

chaos: setup
	@$(BIN)/python -m tests.chaos $(OPTIONS)

chaos-payments: setup
	@$(BIN)/python -m tests.payments.killing $(OPTIONS)

phones: setup
	@HUIMIN_PHONES=all $(BIN)/pytest tests/ivr_workers/test_outsiders.py

# Resolves the newest versions within pyproject.toml's bounds.
lock: setup
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --extra dev \
	    --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml

clean:
	rm -rf build .venv tour data protos/node_modules
