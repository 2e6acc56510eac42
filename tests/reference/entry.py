# SPDX-License-Identifier: Apache-2.0
"""What a line of the table is."""
import collections

# section: of the feature inventory; profile: see brokers.py; differs: why corewired is to be different
Entry = collections.namedtuple("Entry", "section name script profile differs")


def talk(section, name, script, profile="plain", differs=None):
    return Entry(section, name, script, profile, differs)
