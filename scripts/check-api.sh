#!/usr/bin/env bash
# Judges the contract with the linters that outsiders would use. One row each; fails when one finds an error.
#
#   scripts/check-api.sh [SPEC]                                   lint (openapi/openapi.json)
#   CHECK_API_FUZZ=1 scripts/check-api.sh [SPEC] BASE TOKEN       lint, then property tests of a running server
#
# TACIT_TOOLS          where the linters are kept (~/.cache/tacit/api-tools)
# CHECK_API_REPORTS    where the full reports go (a new folder in /tmp)
# CHECK_API_EXAMPLES   cases for each operation of the property tests (50)
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/check-api/install.sh"
. "$here/check-api/fuzz.sh"

spec=$(realpath "${1:-$here/../openapi/openapi.json}")
[ -f "$spec" ] || { echo "no contract at $spec" >&2; exit 2; }
reports=${CHECK_API_REPORTS:-$(mktemp -d /tmp/check-api.XXXXXX)}
mkdir -p "$reports"
failed=0

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NODE_OPTIONS=--max-old-space-size=4096

# row NAME ERRORS WARNINGS STARTED EXIT
row() {
  printf '%-26s errors=%-6s warnings=%-6s %3ss\n' "$1" "$2" "$3" $(($(date +%s) - $4))
  [ "$5" -eq 0 ] || failed=1
}

# spectral RULES SEVERITY: fails from that severity on.
spectral() {
  local started rc
  started=$(date +%s)
  "$NODE_BIN/spectral" lint --quiet -F "$2" -r "$TOOLS/npm/rules/$1.yaml" -f json -o "$reports/$1.json" \
    "$spec" >"$reports/$1.log" 2>&1
  rc=$?
  row "spectral $1" $(python3 "$here/check-api/count.py" spectral "$reports/$1.json") "$started" $rc
}

redocly() {
  local started rc
  started=$(date +%s)
  (cd "$TOOLS/npm" && "$NODE_BIN/redocly" lint --extends "$1" --max-problems 10000 --format json "$spec") \
    >"$reports/redocly-$1.json" 2>"$reports/redocly-$1.log"
  rc=$?
  row "redocly $1" $(python3 "$here/check-api/count.py" redocly "$reports/redocly-$1.json") "$started" $rc
}

# whole NAME COMMAND...: a linter that only says yes or no.
whole() {
  local name=$1 started rc errors=0
  shift
  started=$(date +%s)
  "$@" >"$reports/$name.log" 2>&1
  rc=$?
  [ $rc -eq 0 ] || errors='>0'
  row "$name" "$errors" - "$started" $rc
}

install_linters || { echo "the linters could not be installed" >&2; exit 2; }
# rulesets find their packages beside themselves
mkdir -p "$TOOLS/npm/rules" && cp "$here"/check-api/*.yaml "$TOOLS/npm/rules/"

spectral oas warn
spectral house warn
spectral owasp error
redocly recommended
redocly recommended-strict
whole openapi-spec-validator "$VENV_BIN/openapi-spec-validator" "$spec"
python3 "$here/check-api/plain.py" "$spec" "$reports/plain.json" || failed=1
whole examples-validator "$NODE_BIN/openapi-examples-validator" "$reports/plain.json"

if [ "${CHECK_API_FUZZ:-0}" = 1 ]; then
  fuzz "$spec" "${2:?BASE is missing}" "${3:?TOKEN is missing}" || failed=1
fi

[ $failed -eq 0 ] || echo "reports: $reports" >&2
exit $failed
