#!/usr/bin/env python3
"""The rules of the house that neither rustc nor clippy can check: who may know whom, and what no file may hold.

    routes → actions → {domain, entity}     scheduler → actions     entity → domain     domain → nothing

Exit status 1 when a rule is broken; every line says file, line and rule.
"""

import json
import pathlib
import re
import subprocess
import sys

# --- who may know whom --------------------------------------------------------------------------------------------

# Packages of the workspace that a package may depend on (not counting dev-dependencies).
PACKAGE_ARROWS = {
    "domain": set(),
    "migration": set(),
    "openapi": set(),
    "entity": {"domain"},
    "api": {"domain", "entity", "migration", "openapi"},
    "tests": {"api", "domain", "entity", "migration", "openapi"},
}

# Crates that a package must not name outside its tests, and why.
PACKAGE_STRANGERS = {
    "domain": (["tokio", "sqlx", "actix_web", "reqwest", "lettre", "futures_util"], "the domain only computes"),
    "entity": (["tokio", "actix_web", "utoipa", "reqwest", "lettre"], "entities are tables"),
}

# Modules of `api` (a folder or a file of api/src) and what they must not name.
MODULE_ARROWS = {
    "actions": (
        ["crate::routes", "crate::http", "crate::scheduler", "crate::problem", "crate::openapi",
         "actix_web", "utoipa", "utoipa_actix_web", "reqwest", "lettre"],
        "an action knows no HTTP and no scheduler, and nothing leaves the machine while its transaction is open"),
    "scheduler": (["crate::routes", "crate::http", "actix_web", "utoipa"], "the scheduler runs actions, not handlers"),
    "mail": (["crate::routes", "crate::http", "crate::scheduler", "actix_web"], "mail is asked for by actions"),
    "payment": (["crate::routes", "crate::http", "crate::actions", "crate::scheduler", "actix_web"],
                "a gateway knows nobody of the house"),
    "document": (["crate::routes", "crate::http", "crate::actions", "crate::scheduler", "actix_web"],
                 "a document is made of values"),
    "routes": (["TransactionTrait", "ActiveModelTrait", "begin_with_options"], "every write goes through an action"),
    "http": (["crate::routes", "crate::scheduler"], "routes use http, not the other way round"),
}

# --- what no code may hold ----------------------------------------------------------------------------------------

# Packages whose code, tests apart, cannot stop half-way.
NO_STOP_PACKAGES = ("api", "domain", "entity", "migration", "openapi")
STOPS = re.compile(r"\b(todo|unimplemented|panic)!|\.unwrap\(\)|\.expect\(")
# the exception is written down where it is: #[expect(clippy::…, reason = "…")]
WRITTEN_DOWN = re.compile(r"#!?\[(expect|allow)\([^\]]*clippy::(unwrap_used|expect_used|panic|todo|unimplemented)")
LINES_AN_ATTRIBUTE_REACHES = 12

DOMAIN_IS_PURE = [
    (re.compile(r"\basync\b|\.await\b"), "the domain is not async"),
    (re.compile(r"\bf(32|64)\b"), "the domain knows no float"),
    (re.compile(r"\b(Utc|Local|SystemTime|Instant)::now\b"), "time is a parameter"),
    (re.compile(r"\bstd::(fs|net|env|process|thread)\b"), "the domain only computes"),
]
ENTITY_IS_TABLES = [(re.compile(r"\basync fn\b|\.await\b"), "entities hold no async: finders return selects")]

# Folders that exist on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.~}$:-])/(?:work|root|home/\w+|Users/\w+)/\w")


def without_comments_and_strings(text):
    """Rust text with the inside of comments, strings and characters blanked; lines and columns stay."""
    pattern = re.compile(
        r"""//[^\n]*                            # line comment
          | /\*.*?\*/                           # block comment
          | \bb?r(?P<hash>\#*)".*?"(?P=hash)    # raw string
          | b?"(?:\\.|[^"\\])*"                 # string
          | b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)|[^'\\\n])'   # character, not a lifetime
        """, re.VERBOSE | re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def without_tests(text):
    """Blanks every item under #[cfg(test)]; `text` has no comments and strings any more."""
    attribute = re.compile(r"#\[cfg\((?:test|all\(test\b[^\]]*|any\(test\b[^\]]*)\)\]")
    position = 0
    while match := attribute.search(text, position):
        end, depth = match.end(), 0
        while end < len(text):
            character = text[end]
            end += 1
            depth += character in "{(["
            depth -= character in "})]"
            if depth == 0 and (character in ";}"):
                break
        text = text[:match.start()] + re.sub(r"[^\n]", " ", text[match.start():end]) + text[end:]
        position = end
    return text


def is_test(path):
    return path.stem in ("tests", "test") or any(part in ("tests", "benches") for part in path.parts)


def rust_files(folder):
    """Of one package, without packages inside it."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in ("target", "var") and not (path / "Cargo.toml").exists():
                yield from rust_files(path)
        elif path.suffix == ".rs":
            yield path


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def names(crate_or_path):
    """Finds `crate::routes` also in `use crate::{routes, …}`."""
    if crate_or_path.startswith("crate::"):
        module = crate_or_path[len("crate::"):]
        return re.compile(rf"\bcrate::{module}\b|\bcrate::\{{[^;]*?(?<![\w:]){module}\b")
    return re.compile(rf"(?<!::)\b{crate_or_path}\b")


class Code:
    """A source file: as written, and as the rules see it."""

    def __init__(self, root, path):
        self.path = path.relative_to(root)
        self.raw = path.read_text(encoding="utf-8")
        self.text = without_tests(without_comments_and_strings(self.raw))

    def find(self, pattern):
        for match in pattern.finditer(self.text):
            yield f"{self.path}:{line_of(self.text, match.start())}", match

    def exception_before(self, match):
        line = line_of(self.text, match.start())
        before = "\n".join(self.raw.split("\n")[max(0, line - 1 - LINES_AN_ATTRIBUTE_REACHES):line])
        return WRITTEN_DOWN.search(re.sub(r"\s*\n\s*", "", before)) is not None


def code_faults(root, package, folder):
    # the package's own folder, not the one it is in, says what is a test
    for path in rust_files(folder):
        if is_test(path.relative_to(folder)):
            continue
        code = Code(root, path)
        if package in NO_STOP_PACKAGES:
            for where, match in code.find(STOPS):
                if not code.exception_before(match):
                    yield f"{where}: {match.group()} outside the tests: return a Result"
        pure = {"domain": DOMAIN_IS_PURE, "entity": ENTITY_IS_TABLES}.get(package, [])
        for pattern, rule in pure:
            for where, match in code.find(pattern):
                yield f"{where}: {match.group()}: {rule}"
        strangers, rule = PACKAGE_STRANGERS.get(package, ([], ""))
        for stranger in strangers:
            for where, _ in code.find(names(stranger)):
                yield f"{where}: {stranger}: {rule}"
        if package == "api":
            parts = path.relative_to(folder / "src").parts
            strangers, rule = MODULE_ARROWS.get(parts[0].removesuffix(".rs"), ([], ""))
            for stranger in strangers:
                for where, _ in code.find(names(stranger)):
                    yield f"{where}: {stranger}: {rule}"


# A handler that wants a fresh proof says so in the contract, and no other does.
HANDLER = re.compile(r"#\[utoipa::path\((?P<contract>.*?)\n\)\]\n(?:#\[.*?\]\n)*pub async fn (?P<name>\w+)\((?P<takes>.*?)\)\s*->",
                     re.DOTALL)


def contract_faults(root):
    for path in rust_files(root / "api" / "src" / "routes"):
        for handler in HANDLER.finditer(path.read_text(encoding="utf-8")):
            wants, says = "RequireFresh<" in handler["takes"], '"x-fresh-proof" = json!(true)' in handler["contract"]
            if wants != says:
                yield f"{path.relative_to(root)}: {handler['name']}: RequireFresh and x-fresh-proof go together"


def package_faults(packages):
    ours = {package["name"] for package in packages}
    for package in packages:
        name = package["name"]
        if name not in PACKAGE_ARROWS:
            yield f"{name}: a new package: say in scripts/house-rules.py which of ours it may depend on"
            continue
        for dependency in package["dependencies"]:
            other = dependency["name"]
            if other in ours and other not in PACKAGE_ARROWS[name] and dependency["kind"] != "dev":
                yield f"{name} depends on {other}: the arrow points the other way"


def path_faults(root):
    """Tracked files, and new ones that are not ignored."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            check=True, stdout=subprocess.PIPE).stdout
    for name in listed.decode().split("\0"):
        path = root / name
        if not name or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for match in MACHINE_PATH.finditer(text):
            yield f"{name}:{line_of(text, match.start())}: {match.group()}…: a path of one machine"


def self_test():
    sample = "fn a() { b('{', '\"'); } // .unwrap()\n#[cfg(test)]\nmod tests { fn c() { d().unwrap() } }\nfn e<'a>() {}\n"
    text = without_tests(without_comments_and_strings(sample))
    assert not STOPS.search(text) and "fn e<'a>()" in text and text.count("\n") == sample.count("\n"), text
    assert STOPS.search("x.unwrap()") and STOPS.search('panic!("")') and not STOPS.search("#[expect(clippy::panic)]")
    assert names("crate::http").search("use crate::{app::App, http::etag};")
    assert not names("crate::http").search("use crate::{app::http, db};")
    assert not names("crate::http").search("use crate::{app};\nuse actix::http;")
    assert names("lettre").search("use lettre::Message;") and not names("lettre").search("crate::mail::lettre")
    assert MACHINE_PATH.search('"' + "/home/" + 'me/x"') and not MACHINE_PATH.search("https://a.example/home/x/y"[15:])


def main():
    self_test()
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--no-deps"],
        check=True, stdout=subprocess.PIPE, text=True).stdout)
    root = pathlib.Path(metadata["workspace_root"])
    packages = metadata["packages"]
    faults = [*package_faults(packages), *contract_faults(root), *path_faults(root)]
    for package in packages:
        faults += code_faults(root, package["name"], pathlib.Path(package["manifest_path"]).parent)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"house rules: {len(packages)} packages, all kept")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
