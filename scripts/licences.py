#!/usr/bin/env python3
"""Licences, banned crates and sources of every dependency, from `cargo metadata`.

The rules are those of deny.toml, in a form that needs nothing but Python and takes a second. Where cargo-deny is
installed it runs as well. Prints what is wrong and why; exit status 1 when anything is.
"""

import json
import re
import shutil
import subprocess
import sys

TARGET = "x86_64-unknown-linux-gnu"
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"

# Permissive, or weak copyleft that ends at the file (MPL-2.0): Tacit stays Apache-2.0.
ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unicode-3.0", "Zlib",
}

# crate: (licence allowed for this crate only, reason)
LICENCE_EXCEPTIONS = {
    "tiny-keccak": ("CC0-1.0", "public domain dedication; in the lock file only, behind a feature that is off"),
}

# Banned from what is built: (crate, the versions that are banned or None for all, reason).
BANS = [
    ("openssl", None, "one crypto provider: aws-lc-rs"),
    ("openssl-sys", None, "one crypto provider: aws-lc-rs"),
    ("native-tls", None, "one crypto provider: aws-lc-rs, through rustls"),
    ("ring", None, "one crypto provider: aws-lc-rs"),
    ("actix-governor", None, "GPL-3.0-or-later; `governor` and a few lines do the same"),
    ("h2", (0, 4, 16), "RUSTSEC-2026-0258 below 0.4.16; HTTP/2 belongs to the reverse proxy"),
]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


# --- SPDX expressions ---------------------------------------------------------------------------------------------

def allowed(expression, also=()):
    """Whether an SPDX expression can be met with ALLOWED and `also`. OR binds least, then AND, then WITH; `/` is
    what old manifests write for OR."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def peek():
        return tokens[position] if position < len(tokens) else None

    def take():
        nonlocal position
        token = peek()
        if token is None:
            raise ValueError("ends too early")
        position += 1
        return token

    def any_of():
        result = all_of()
        while peek() == "OR":
            take()
            result = all_of() or result
        return result

    def all_of():
        result = term()
        while peek() == "AND":
            take()
            result = term() and result
        return result

    def term():
        token = take()
        if token == "(":
            result = any_of()
            if take() != ")":
                raise ValueError("parenthesis not closed")
            return result
        if token in (")", "AND", "OR", "WITH"):
            raise ValueError(f"unexpected {token}")
        if peek() == "WITH":
            take()
            token = f"{token} WITH {take()}"
        return token in ALLOWED or token in also

    result = any_of()
    if peek() is not None:
        raise ValueError(f"unexpected {peek()}")
    return result


def self_test():
    for expression, expected in [
        ("MIT", True),
        ("GPL-3.0-or-later", False),
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("MIT/Apache-2.0", True),
        ("GPL-2.0-only OR MIT AND ISC", True),
        ("(GPL-2.0-only OR MIT) AND LGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("ISC AND (Apache-2.0 OR ISC) AND MIT-0", True),
    ]:
        assert allowed(expression) is expected, expression
    assert allowed("CC0-1.0", ["CC0-1.0"]) and not allowed("CC0-1.0")


# --- the rules ----------------------------------------------------------------------------------------------------

def licence_faults(packages):
    exceptions = dict(LICENCE_EXCEPTIONS)
    for package in packages:
        name, expression = package["name"], package["license"]
        also = [exceptions.pop(name)[0]] if name in exceptions else []
        if not expression:
            yield f"{name} {package['version']}: states no licence"
            continue
        try:
            if not allowed(expression, also):
                yield f"{name} {package['version']}: licence not allowed: {expression}"
        except ValueError as error:
            yield f"{name} {package['version']}: cannot read the licence {expression!r}: {error}"
    for name in exceptions:
        yield f"{name}: not a dependency any more, remove its licence exception"


def source_faults(packages, root):
    for package in packages:
        source = package["source"]
        inside = package["manifest_path"].startswith(root.rstrip("/") + "/")
        if not (source == CRATES_IO or (source is None and inside)):
            yield f"{package['name']} {package['version']}: from {source or package['manifest_path']}, not crates.io"


def built_packages():
    """(name, version) of what cargo really builds: the metadata also lists what optional features could bring."""
    tree = run("cargo", "tree", "--workspace", "--locked", "--edges", "normal,build,dev", "--target", TARGET,
               "--prefix", "none", "--format", "{p}")
    return {tuple(match.groups()) for match in re.finditer(r"^(\S+) v(\S+)", tree, re.MULTILINE)}


def ban_faults(built):
    for name, below, reason in BANS:
        for version in sorted(version for crate, version in built if crate == name):
            numbers = tuple(int(part) for part in re.match(r"\d+\.\d+\.\d+", version).group().split("."))
            if below is None or numbers < below:
                yield f"{name} {version} is banned ({reason}); `cargo tree --workspace -i {name}` says who brings it"


def main():
    self_test()
    metadata = json.loads(run("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET))
    packages, built = metadata["packages"], built_packages()
    faults = [
        *licence_faults(packages),
        *source_faults(packages, metadata["workspace_root"]),
        *ban_faults(built),
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"licences, bans and sources: {len(packages)} packages, {len(built)} of them built, all fine")
    status = 1 if faults else 0
    if shutil.which("cargo-deny"):
        deny = ["cargo", "deny", "--locked", "check", "licenses", "bans", "sources"]
        status |= 1 if subprocess.run(deny, check=False).returncode else 0
    return status


if __name__ == "__main__":
    sys.exit(main())
