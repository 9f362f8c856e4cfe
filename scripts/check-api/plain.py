"""plain.py IN OUT: the contract without what openapi-examples-validator cannot read.

Its JSON Schema is draft 4, and it refuses discriminators with a mapping; the union below says the same.
"""

import json
import sys


def plain(value, is_map=False):
    if isinstance(value, list):
        return [plain(it) for it in value]
    if not isinstance(value, dict):
        return value
    if is_map:  # the names are ours, not keywords
        return {name: plain(it) for name, it in value.items()}
    value = {
        name: it if name in ("example", "examples") else plain(it, name in ("properties", "schemas"))
        for name, it in value.items()
        if not (name == "discriminator" and isinstance(it, dict))
    }
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        limit = value.get(exclusive)
        if isinstance(limit, (int, float)) and not isinstance(limit, bool):
            value[bound], value[exclusive] = limit, True
    return value


with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(plain(document), file)
