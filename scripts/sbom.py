#!/usr/bin/env python3
"""Writes the software bill of materials of the binary: CycloneDX 1.6 as JSON, from what cargo resolves and the lock file.

    scripts/sbom.py [FILE]          default target/sbom/tacit.cdx.json

Each component has its package URL, licence, checksum of the lock file and what it depends on. Crates that only build
scripts use have the scope `excluded`: they run when the binary is built and are not in it. The same commit gives the
same bytes: number and time come from the lock file and the commit. Needs nothing but Python and cargo; exit status 1
when a component has no licence, or no checksum where the registry should have given one.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone

TARGET = "x86_64-unknown-linux-gnu"
ROOT = "api"
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "sbom.tacit")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(edges):
    """What the binary is built from: {(name, version): the (name, version)s it uses itself}, over these kinds of edge.

    `cargo tree` prints a package's own tree once and marks every later mention with (*)."""
    printed = run("cargo", "tree", "--package", ROOT, "--locked", "--edges", edges, "--target", TARGET,
                  "--prefix", "depth", "--format", " {p}")
    uses, path = {}, []
    for line in printed.splitlines():
        match = re.match(r"(\d+) (\S+) v(\S+)", line)
        if not match:
            continue
        depth, package = int(match.group(1)), match.group(2, 3)
        del path[depth:]
        if path:
            uses[path[-1]].add(package)
        uses.setdefault(package, set())
        path.append(package)
    return uses


def reference(package, metadata):
    """The package URL; our own crates are not on crates.io, where others may hold their names."""
    name, version = package
    if metadata[package]["source"] == CRATES_IO:
        return f"pkg:cargo/{name}@{version.replace('+', '%2B')}"
    return f"tacit:{name}@{version}"


def component(package, metadata, checksums, scope):
    name, version = package
    about = metadata[package]
    found = {
        "type": "library",
        "bom-ref": reference(package, metadata),
        "name": name,
        "version": version,
        "scope": scope,
    }
    if about["source"] == CRATES_IO:
        found["purl"] = found["bom-ref"]
    if about.get("description"):
        found["description"] = " ".join(about["description"].split())
    if about.get("license"):
        found["licenses"] = [{"expression": about["license"].replace("/", " OR ")}]
    if package in checksums:
        found["hashes"] = [{"alg": "SHA-256", "content": checksums[package]}]
    if (about.get("repository") or "").startswith("https://"):
        found["externalReferences"] = [{"type": "vcs", "url": about["repository"]}]
    return found


def faults(components, metadata):
    for entry in components:
        if "licenses" not in entry:
            yield f"{entry['name']} {entry['version']}: no licence"
        source = metadata[entry["name"], entry["version"]]["source"]
        if source == CRATES_IO and "hashes" not in entry:
            yield f"{entry['name']} {entry['version']}: no checksum in the lock file"


def commit_time():
    """When the commit was made, UTC; now where there is no history (a source archive)."""
    try:
        seconds = int(run("git", "log", "-1", "--format=%ct"))
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OSError, ValueError, subprocess.CalledProcessError):
        return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    listed = json.loads(run("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET))
    metadata = {(package["name"], package["version"]): package for package in listed["packages"]}
    lock = (pathlib.Path(listed["workspace_root"]) / "Cargo.lock").read_text(encoding="utf-8")
    checksums = {
        (name, version): checksum
        for name, version, checksum in re.findall(
            r'^name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "([0-9a-f]{64})"$', lock, re.MULTILINE)
    }

    built = tree("normal,build")
    inside = tree("normal")
    root = next(package for package in built if package[0] == ROOT)
    components = [
        component(package, metadata, checksums, "required" if package in inside else "excluded")
        for package in sorted(built)
        if package != root
    ]
    wrong = list(faults(components, metadata))
    for fault in wrong:
        print(fault, file=sys.stderr)

    main_component = component(root, metadata, checksums, "required")
    main_component |= {"type": "application", "name": "tacit"}
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(NAMESPACE, hashlib.sha256(lock.encode()).hexdigest() + root[1]).urn,
        "version": 1,
        "metadata": {
            "timestamp": commit_time(),
            "lifecycles": [{"phase": "build"}],
            "component": main_component,
        },
        "components": components,
        "dependencies": [
            {
                "ref": reference(package, metadata),
                "dependsOn": sorted(reference(used, metadata) for used in built[package]),
            }
            for package in sorted(built)
        ],
    }
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/sbom/tacit.cdx.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target}: {len(components)} components, {len(inside) - 1} of them in the binary")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
