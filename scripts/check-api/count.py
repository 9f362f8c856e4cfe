"""count.py KIND REPORT: prints the errors and the warnings of a linter's JSON report."""

import json
import sys

kind, path = sys.argv[1:3]
with open(path, encoding="utf-8") as file:
    text = file.read()
try:
    if kind == "spectral":
        found = json.loads(text)
        print(sum(it["severity"] == 0 for it in found), sum(it["severity"] == 1 for it in found))
    else:
        totals = json.JSONDecoder().raw_decode(text[text.index("{") :])[0]["totals"]
        print(totals["errors"], totals["warnings"])
except (ValueError, KeyError):
    print("crash", "-")
