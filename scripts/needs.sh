#!/usr/bin/env bash
# needs.sh [cargo] [cc] [python3] [venv] [chromium] [oathtool] [rustfmt] [clippy]: each of them is there, is installed where that is possible
# without asking (as root on Debian or Ubuntu; toolchain components through rustup), or is named in a clear message.
set -euo pipefail

failed=0
missing() {
    failed=1
    printf '%s\n' "$@" >&2
}

# $1 the command, $2 Debian's package
from_debian() {
    command -v "$1" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    printf 'needs: %s is missing: installing the package %s\n' "$1" "$2" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$2"; } >&2 &&
        command -v "$1" >/dev/null
}

# Debian keeps the half of venv that installs pip in a package of its own
venv_works() { python3 -c 'import ensurepip, venv' 2>/dev/null; }
venv_from_debian() {
    venv_works && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    printf 'needs: Python makes no virtual environments: installing the package python3-venv\n' >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv; } >&2 &&
        venv_works
}

# $1 the component, $2 what to call to see it
from_rustup() {
    "${@:2}" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null && rustup component add "$1" >&2 && "${@:2}" --version >/dev/null 2>&1
}

for need in "$@"; do
    case $need in
    cargo)
        command -v cargo >/dev/null || missing \
            "Tacit is built with Rust 1.95 or newer, and there is no \`cargo\` here." \
            "Install Rust for your user (no root needed), then open a new shell and run make again:" \
            "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
        ;;
    cc)
        from_debian cc build-essential || missing \
            "SQLite and the cryptography (aws-lc) are compiled from C, and there is no C compiler here." \
            "    Debian, Ubuntu   sudo apt-get install build-essential" \
            "    Fedora           sudo dnf install gcc" \
            "    macOS            xcode-select --install"
        ;;
    python3)
        from_debian python3 python3 || missing \
            "The checks of licences and house rules are Python (3.9 or newer, no packages), and there is none here." \
            "    Debian, Ubuntu   sudo apt-get install python3"
        ;;
    venv)
        { from_debian python3 python3 && venv_from_debian; } || missing \
            "The judges of \`make check-peers\` are Python (3.9 or newer) with packages from PyPI, in a virtual environment." \
            "    Debian, Ubuntu   sudo apt-get install python3 python3-venv"
        ;;
    chromium)
        from_debian chromium chromium || missing \
            "A browser judges the ceremonies of security keys, and there is no \`chromium\` here." \
            "    Debian           sudo apt-get install chromium"
        ;;
    oathtool)
        from_debian oathtool oathtool || missing \
            "One-time codes are judged by \`oathtool\`, which is not here." \
            "    Debian, Ubuntu   sudo apt-get install oathtool"
        ;;
    rustfmt) from_rustup rustfmt cargo fmt || missing "rustfmt is missing:    rustup component add rustfmt" ;;
    clippy) from_rustup clippy cargo clippy || missing "clippy is missing:    rustup component add clippy" ;;
    *) missing "needs.sh: $need?" ;;
    esac
done
exit "$failed"
