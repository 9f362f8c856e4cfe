#!/usr/bin/env python3
"""Every dependency that a package of the workspace declares is named in that package's sources.

A dependency that is there only for its features, or only for other crates, is an exception with its reason.
Exit status 1 when one is not used.
"""

import json
import pathlib
import re
import subprocess
import sys

# (package, dependency): reason; there is none today
EXCEPTIONS: dict = {}


def sources(folder):
    """The Rust files of one package, without those of packages that live inside it."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in ("target", "var") and not (path / "Cargo.toml").exists():
                yield from sources(path)
        elif path.suffix == ".rs":
            yield path


def code(path):
    """The text without line comments, so that a mention in prose is not a use."""
    return re.sub(r"(?m)^\s*//.*$", "", path.read_text(encoding="utf-8"))


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--no-deps"],
        check=True, stdout=subprocess.PIPE, text=True).stdout)
    # the name in `use` is the library's, which is not always the package's
    everything = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked"],
        check=True, stdout=subprocess.PIPE, text=True).stdout)
    libraries = {}
    for package in everything["packages"]:
        for target in package["targets"]:
            if {"lib", "proc-macro"} & set(target["kind"]):
                libraries.setdefault(package["name"], set()).add(target["name"].replace("-", "_"))

    faults, declared = [], 0
    for package in metadata["packages"]:
        text = "\n".join(code(path) for path in sources(pathlib.Path(package["manifest_path"]).parent))
        for dependency in package["dependencies"]:
            declared += 1
            name = dependency["name"]
            if (package["name"], name) in EXCEPTIONS:
                continue
            names = {dependency["rename"]} if dependency["rename"] else libraries.get(name, {name})
            if not any(re.search(rf"\b{re.escape(each.replace('-', '_'))}\b", text) for each in names):
                section = {"dev": "dev-dependencies", "build": "build-dependencies"}.get(
                    dependency["kind"], "dependencies")
                faults.append(f"{package['name']}: {name} is in [{section}] and named in none of its sources")
    members = {(package["name"], dependency["name"])
               for package in metadata["packages"] for dependency in package["dependencies"]}
    for package, name in EXCEPTIONS:
        if (package, name) not in members:
            faults.append(f"{package}: {name} is no dependency any more, remove its exception")

    # a version in the workspace table that no member asks for
    root = pathlib.Path(metadata["workspace_root"])
    table = re.search(r"(?ms)^\[workspace\.dependencies\]\n(.*?)(?=^\[)", (root / "Cargo.toml").read_text())
    wanted = {name for _, name in members}
    for name in re.findall(r"(?m)^([A-Za-z0-9_-]+)\s*=", table.group(1) if table else ""):
        if name not in wanted:
            faults.append(f"workspace: {name} is in [workspace.dependencies] and no member asks for it")

    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"dependencies: {declared} declared, all used")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
