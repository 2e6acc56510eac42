#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make_vectors.py FILE.jsonl > vectors.tsv - recorded OpenWire frames in a form that C can read.

One frame a line: set, version, tight, cache slots (0: no cache), stack traces, stream, type, the
frame in hex, its fields as JSON without blanks. Frames of a stream share its caches.
"""
import json
import sys

for line in open(sys.argv[1], encoding="utf-8"):
    vector = json.loads(line)
    print(vector["set"], vector["version"], int(vector["tight"]),
          vector["cacheSize"] if vector["cache"] else 0, int(vector["stack"]), vector["stream"],
          vector["type"], vector["hex"], json.dumps(vector["fields"], separators=(",", ":")),
          sep="\t")
