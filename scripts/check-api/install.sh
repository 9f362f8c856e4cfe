#!/usr/bin/env bash
# Puts the judges of the contract, each at one pinned version, into a cache folder.
# Sourced by check-api.sh. Quick when the stamp already names these versions.

TOOLS=${TACIT_TOOLS:-$HOME/.cache/tacit/api-tools}
NODE_BIN=$TOOLS/npm/node_modules/.bin
VENV_BIN=$TOOLS/venv/bin

NPM_PACKAGES=(
  @stoplight/spectral-cli@6.16.3
  @stoplight/spectral-owasp-ruleset@2.0.1
  @redocly/cli@2.77.0
  openapi-examples-validator@7.1.0
)
PYPI_PACKAGES=(openapi-spec-validator==0.9.0)
FUZZ_PACKAGES=(schemathesis==4.32.5)

# stamped NAME WANTED: true when NAME was installed from exactly this list.
stamped() { [ -f "$TOOLS/$1.stamp" ] && [ "$(cat "$TOOLS/$1.stamp")" = "$2" ]; }

install_node_tools() {
  stamped npm "${NPM_PACKAGES[*]}" && return 0
  echo "installing ${NPM_PACKAGES[*]}" >&2
  mkdir -p "$TOOLS/npm"
  [ -f "$TOOLS/npm/package.json" ] || echo '{"private":true}' >"$TOOLS/npm/package.json"
  nice -n 15 npm install --prefix "$TOOLS/npm" --save-exact --no-audit --no-fund --loglevel=error \
    "${NPM_PACKAGES[@]}" >&2 || return 1
  echo "${NPM_PACKAGES[*]}" >"$TOOLS/npm.stamp"
}

# install_python_tools NAME PACKAGE...
install_python_tools() {
  local name=$1
  shift
  stamped "$name" "$*" && return 0
  echo "installing $*" >&2
  mkdir -p "$TOOLS"
  [ -x "$VENV_BIN/python" ] || python3 -m venv "$TOOLS/venv" || return 1
  nice -n 15 "$VENV_BIN/pip" install --quiet --disable-pip-version-check "$@" >&2 || return 1
  echo "$*" >"$TOOLS/$name.stamp"
}

install_linters() { install_node_tools && install_python_tools python "${PYPI_PACKAGES[@]}"; }
install_fuzzer() { install_python_tools fuzz "${FUZZ_PACKAGES[@]}"; }
