#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the C sources against the budgets in CONTRIBUTING.md; prints what is over and exits 1.

Functions have at most 70 lines, .c files 1000, .h files 300, no header includes itself by a
detour, and nothing mutable is `extern` except what ALLOWED_EXTERN names. Tables are initialisers
and therefore not functions, so they are exempt by nature.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

FOLDERS = ("core", "net", "auth", "include", "bench", "tests")
FUNCTION_LINES, LINES = 70, {".c": 1000, ".h": 300}
ALLOWED_EXTERN = ("worker_self", "worker_role", "role")


def functions(files):
    """(path, line, name, lines) of every function."""
    done = subprocess.run(
        ["ctags", "-L", "-", "--languages=C", "--langmap=C:+.h", "--kinds-C=f", "--fields=+ne",
         "-I", "MUST_CHECK,WORKER_ONLY,PRINTF_LIKE+,THREAD_ATTR+", "--output-format=json", "-f", "-"],
        input="\n".join(map(str, files)), capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag" and "end" in tag:
            yield tag["path"], tag["line"], tag["name"], tag["end"] - tag["line"] + 1


def cycles(files):
    """Every include cycle, as a list of paths."""
    by_name = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)

    def target(file, name):
        near = [f for f in by_name.get(name.split("/")[-1], []) if ("/" + str(f)).endswith("/" + name)]
        return min(near, key=lambda f: (f.parent != file.parent, len(str(f))), default=None)

    includes = {}
    for file in files:
        names = re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read_text(), re.M)
        includes[file] = [t for t in (target(file, n) for n in names) if t]
    found, done = [], set()

    def walk(file, path):
        if file in path:
            found.append(path[path.index(file):] + [file])
        elif file not in done:
            for other in includes[file]:
                walk(other, path + [file])
            done.add(file)

    for file in files:
        walk(file, [])
    return found


def main():
    files = sorted(f for folder in FOLDERS for f in Path(folder).rglob("*.[ch]"))
    over = []
    for file in files:
        text = file.read_text()
        lines = text.count("\n")
        if lines > LINES[file.suffix]:
            over.append(f"{file}: {lines} lines, budget {LINES[file.suffix]}")
        if not text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n"):
            over.append(f"{file}:1: the SPDX line is missing")
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
                over.append(f"{file}:{number}: a note that belongs into an issue")
        for match in re.finditer(r"^extern\s+(?!const\b)(?![^;]*\bconst\b)[^;(]*?(\w+);", text, re.M):
            if match.group(1) not in ALLOWED_EXTERN:
                over.append(f"{file}: {match.group(1)} is extern and mutable")
    for path, line, name, lines in functions(files):
        if lines > FUNCTION_LINES:
            over.append(f"{path}:{line}: {name} has {lines} lines, budget {FUNCTION_LINES}")
    for cycle in cycles(files):
        over.append("include cycle: " + " -> ".join(map(str, cycle)))
    for line in over:
        print(line)
    print(f"{len(files)} files, {len(over)} over a budget")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
