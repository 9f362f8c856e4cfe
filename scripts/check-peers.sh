#!/usr/bin/env bash
# Lets programs that know nothing of our code judge what we say to them: browsers, mail libraries, JWT and TOTP tools.
# Each tests/peers/*.py is a judge (tacit.py is what they share); one row each, then the total.
#
#   TACIT_BIN=target/debug/tacit scripts/check-peers.sh [JUDGE…]      all of them, or tests/peers/JUDGE.py
#
# TACIT_PEERS            where their Python packages are kept (~/.cache/tacit/peers)
# CHECK_PEERS_SECONDS    how long one judge may take (240)
# CHECK_PEERS_REPORTS    where what they say goes (a new folder in /tmp)
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
judges=$(cd "$here/../tests/peers" && pwd)
venv=${TACIT_PEERS:-$HOME/.cache/tacit/peers}

PYPI_PACKAGES=(
  aiosmtpd==1.4.6
  cryptography==50.0.2
  dkimpy==1.1.8
  dnspython==2.9.2
  pyjwt==2.15.1
  pynacl==1.6.2
  pyotp==2.12.1
  websockets==17.4
)

install_packages() {
  local wanted=${PYPI_PACKAGES[*]}
  [ -x "$venv/bin/python" ] && [ "$(cat "$venv/stamp" 2>/dev/null)" = "$wanted" ] && return 0
  echo "installing $wanted" >&2
  mkdir -p "$(dirname "$venv")"
  [ -x "$venv/bin/pip" ] || python3 -m venv --clear "$venv" || return 1
  nice -n 15 "$venv/bin/pip" install --quiet --disable-pip-version-check "${PYPI_PACKAGES[@]}" >&2 || return 1
  echo "$wanted" >"$venv/stamp"
}

"$here/needs.sh" venv chromium oathtool || exit 2
install_packages || { echo "the judges' packages could not be installed" >&2; exit 2; }
[ -x "${TACIT_BIN:-}" ] || { echo "TACIT_BIN names no program: run \`make check-peers\`" >&2; exit 2; }

# everything that a judge writes is in here; the reports stay when one says no
work=$(mktemp -d "${TMPDIR:-/tmp}/tacit-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
reports=${CHECK_PEERS_REPORTS:-$(mktemp -d /tmp/check-peers.XXXXXX)}
mkdir -p "$reports" "$work/tmp"
# a build that happens meanwhile changes nothing for them
cp "$TACIT_BIN" "$work/tacit"

if [ $# -gt 0 ]; then
  chosen=("${@/#/$judges/}") && chosen=("${chosen[@]/%/.py}")
else
  chosen=("$judges"/*.py)
fi

passed=0 failed=0
for judge in "${chosen[@]}"; do
  name=$(basename "$judge" .py)
  [ "$name" = tacit ] && continue
  report=$reports/$name.log
  began=$SECONDS
  # `timeout` ends the judge and what it started, gently first, so that it can clean up
  if TMPDIR=$work/tmp TACIT_BIN=$work/tacit PYTHONDONTWRITEBYTECODE=1 \
    timeout --kill-after=15 "${CHECK_PEERS_SECONDS:-240}" "$venv/bin/python" "$judge" >"$report" 2>&1 </dev/null; then
    outcome=passed passed=$((passed + 1))
  else
    outcome=FAILED failed=$((failed + 1))
  fi
  printf '%-22s %-7s %4d s   %s\n' "$name" "$outcome" $((SECONDS - began)) "$(tail -n 1 "$report")"
  [ "$outcome" = passed ] || sed 's/^/    /' "$report" | tail -n 40
done

[ "$failed" -eq 0 ] && [ -z "${CHECK_PEERS_REPORTS:-}" ] && rm -rf "$reports" || echo "reports: $reports"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
