#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documentation against the tree: relative links lead somewhere, sources that a page names
are there, and docs/architecture.md names every source of the engine. Exits 1 and prints what is wrong."""
import fnmatch
import re
import sys
from pathlib import Path

SOURCE = re.compile(r"`([\w*./-]*[\w*]\.(?:c|h|py|sh|supp))`")
FOLDERS = ("core", "net", "auth", "bench", "include", "tests", "scripts")
ARCHITECTURE = Path("docs/architecture.md")


def broken_links(page, text):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        if not (page.parent / target).exists():
            yield f"{page}: the link to {target} leads nowhere"


def missing_sources(page, text, names):
    for named in SOURCE.findall(text):
        if "/" in named:
            is_there = any(Path(folder, named).exists() for folder in (".", "include"))
        else:
            is_there = named.startswith("_") or fnmatch.filter(names, named)  # _<end>: of the name before
        if not is_there:
            yield f"{page}: there is no {named}"


def unnamed_sources():
    patterns = [Path(named).name for named in SOURCE.findall(ARCHITECTURE.read_text())]
    for source in sorted(Path("core/engine").glob("*.c")):
        if not any(fnmatch.fnmatch(source.with_suffix(end).name, p) for p in patterns for end in (".c", ".h")):
            yield f"{ARCHITECTURE}: it does not say where {source} belongs"


def main():
    names = {file.name for folder in FOLDERS for file in Path(folder).rglob("*.*")}
    wrong = list(unnamed_sources())
    for page in [*Path(".").glob("*.md"), *Path("docs").rglob("*.md")]:
        text = page.read_text()
        wrong += [*broken_links(page, text), *missing_sources(page, text, names)]
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
