#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documentation against the sources: the table of settings in docs/operations.md has a
row for each of CONFIG_SETTINGS with its default and range (--write puts them there), and relative
links lead somewhere. Exits 1 and prints what is wrong."""
import re
import sys
from pathlib import Path

OPERATIONS = Path("docs/operations.md")
HEADER = Path("include/config/config.h")
TABLE = re.compile(r"\| attribute \| default \| range \| meaning \|\n(\|.*\n)+")


def settings_table():
    text = HEADER.read_text()
    text = text[text.index("#define CONFIG_SETTINGS"):text.index("struct config_settings")].replace("\\\n", " ")
    rows = re.findall(r'X\(\s*\w+,\s*"(\w+)",\s*(\d+),\s*(\d+),\s*(\d+),\s*"([^"]*)"\s*\)', text)
    lines = ["| attribute | default | range | meaning |", "| --- | --- | --- | --- |"]
    lines += ["| `cw:%s` | %s | %s to %s | %s |" % row for row in rows]
    return "\n".join(lines) + "\n"


def broken_links():
    for page in [*Path(".").glob("*.md"), *Path("docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                yield f"{page}: the link to {target} leads nowhere"


def main():
    wrong = list(broken_links())
    page = OPERATIONS.read_text()
    fresh = TABLE.sub(lambda _: settings_table(), page)
    if fresh != page:
        if "--write" in sys.argv:
            OPERATIONS.write_text(fresh)
        else:
            wrong.append(f"{OPERATIONS}: the settings are not those of {HEADER}; run {sys.argv[0]} --write")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
