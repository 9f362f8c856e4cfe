#!/usr/bin/env bash
# Property tests of a running server against its contract. Sourced by check-api.sh.

# fuzz SPEC BASE TOKEN: every check of Schemathesis, the same cases each time.
# CHECK_API_EXAMPLES is the number of cases for each operation (50).
fuzz() {
  local spec=$1 base=$2 token=$3 work rc
  install_fuzzer || return 2
  work=$(mktemp -d)
  cat >"$work/schemathesis.toml" <<'T'
# a well-formed request may still be refused: by its state, its owner, its values or the quota
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "402", "403", "404", "409", "412", "422", "429"]
T
  (cd "$work" && "$VENV_BIN/st" --config-file "$work/schemathesis.toml" run "$spec" --url "$base" \
    -H "Authorization: Bearer $token" --max-examples "${CHECK_API_EXAMPLES:-50}" \
    --generation-deterministic --continue-on-failure)
  rc=$?
  rm -rf "$work"
  return $rc
}
