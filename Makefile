# The only door: everything that is done with Tacit is a target here. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# cargo uses all the cores by itself, and the checks are in a wanted order
.NOTPARALLEL:

# rustup's folder, for shells that have not read its profile
export PATH := $(PATH):$(HOME)/.cargo/bin

CARGO ?= cargo
# more arguments for the command of a target: make test ARGS="service::expire", make demo ARGS=--help
ARGS ?=
# the database of `make demo`
DATABASE ?= sqlite

# development settings; the environment, or `make run TACIT_BIND=…`, overrides each
DEVELOPMENT := TACIT_DATABASE_URL TACIT_BIND TACIT_MAIL_URL TACIT_TEST_CLOCKS TACIT_SEED
TACIT_DATABASE_URL ?= sqlite://var/tacit.db
TACIT_BIND ?= 127.0.0.1:8080
TACIT_MAIL_URL ?= file:var/mail
TACIT_TEST_CLOCKS ?= true
TACIT_SEED ?= demo
run migrate: export TACIT_DATABASE_URL := $(TACIT_DATABASE_URL)
run migrate: export TACIT_MAIL_URL := $(TACIT_MAIL_URL)
run: export TACIT_BIND := $(TACIT_BIND)
run: export TACIT_TEST_CLOCKS := $(TACIT_TEST_CLOCKS)
run: export TACIT_SEED := $(TACIT_SEED)

TACIT := $(CARGO) run -p api --bin tacit --
WITH_POSTGRES := scripts/with-postgres.sh

##@ Use

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nDevelopment settings (override with VARIABLE=value):\n'
	@printf '  %s\n' $(foreach name,$(DEVELOPMENT),'$(name)=$($(name))')

.PHONY: run
run: needs-build ## builds (debug: quick to build) and serves http://127.0.0.1:8080, embedded database and demo catalogue in var/
	@mkdir -p var
	$(CARGO) run -p api --bin tacit -- serve $(ARGS)

.PHONY: mail-samples
mail-samples: needs-build ## every mail in both languages as HTML and text, in target/mail-samples/
	$(CARGO) test -q -p api --lib mail::tests::samples_are_written -- --ignored
	@ls target/mail-samples | wc -l

.PHONY: migrate
migrate: needs-build ## brings the schema of TACIT_DATABASE_URL up to date
	@mkdir -p var
	$(TACIT) migrate $(ARGS)

.PHONY: demo
demo: needs-build ## a customer's journey told over HTTP, on its own server and DATABASE=sqlite|postgres
ifeq ($(DATABASE),sqlite)
	$(TACIT) demo $(ARGS)
else ifeq ($(DATABASE),postgres)
	$(CARGO) build -p api --bin tacit
	$(WITH_POSTGRES) bash -c '$(CARGO) run --quiet -p api --bin tacit -- demo --database-url "$$TEST_DATABASE_URL" $(ARGS)'
else
	@echo 'DATABASE is sqlite or postgres, not $(DATABASE)' >&2; exit 2
endif

##@ Work

.PHONY: test
test: needs-build ## every test, on SQLite and on a throw-away PostgreSQL (or the server of TEST_DATABASE_URL)
	$(WITH_POSTGRES) $(CARGO) test --workspace $(ARGS)

.PHONY: fmt
fmt: needs-build ## formats the code
	@scripts/needs.sh rustfmt
	$(CARGO) fmt --all

.PHONY: openapi
openapi: needs-build ## writes the contract that the code serves into openapi/
	$(TACIT) openapi --write openapi/ --errors docs/errors.md

.PHONY: bench
bench: needs-build ## measures the release build, on SQLite and on a throw-away PostgreSQL with fsync on
	$(CARGO) build --release -p api --bin tacit
	PG_DURABLE=1 $(WITH_POSTGRES) $(CARGO) run --release -p tests --bin bench -- $(ARGS)

.PHONY: sbom
sbom: needs-build ## the bill of materials of the binary (CycloneDX), in target/sbom/, for each release
	@scripts/needs.sh python3
	scripts/sbom.py

.PHONY: clean
clean: needs-cargo ## removes what was built; var/ (your data) stays
	$(CARGO) clean

##@ Check

# what is quick and likely to fail comes first
.PHONY: check
check: check-fmt check-house check-deps check-clippy check-doc test check-contract ## everything that CI demands, apart from check-api and check-peers
	@echo 'make check: all fine'

.PHONY: check-api
check-api: needs-build ## lints the contract, generates clients, fuzzes the server (fetches tools from npm and PyPI)
	scripts/check-api.sh

.PHONY: check-peers
check-peers: needs-build ## lets a browser, mail, JWT and TOTP tools judge a running server (fetches tools from PyPI and Debian); ARGS=webauthn for one
	$(CARGO) build -p api --bin tacit
	TACIT_BIN="$${CARGO_TARGET_DIR:-target}/debug/tacit" scripts/check-peers.sh $(ARGS)

.PHONY: check-fmt
check-fmt: needs-build ## formatting
	@scripts/needs.sh rustfmt
	$(CARGO) fmt --all --check

.PHONY: check-house
check-house: needs-build ## who may know whom, nothing that stops half-way, no machine's paths
	@scripts/needs.sh python3
	scripts/house-rules.py

.PHONY: check-deps
check-deps: needs-build ## licences, bans and sources of the dependencies; none unused; a bill of materials that says all of it
	@scripts/needs.sh python3
	scripts/licences.py
	scripts/unused-deps.py
	scripts/sbom.py

.PHONY: check-clippy
check-clippy: needs-build ## clippy: all, pedantic and the house's denials
	@scripts/needs.sh clippy
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

.PHONY: check-doc
check-doc: needs-build ## the documentation builds, its links lead somewhere
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --workspace --no-deps

.PHONY: check-contract
check-contract: needs-build ## the checked-in contract is the one that the code serves
	$(TACIT) openapi --check openapi/ --errors docs/errors.md

.PHONY: needs-cargo needs-build
needs-cargo:
	@scripts/needs.sh cargo
needs-build:
	@scripts/needs.sh cargo cc
