#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the same STOMP conversations with ActiveMQ 5.17 and with corewired, and compares the answers.

    tests/reference/conversations.py [--only REGEX] [--show] [--scheme stomp+nio]

COREWIRE_BUILD names the build folder. The scripts are in scripts_*.py, their language is in talk.py,
the brokers' configurations are in brokers.py. A conversation that has `differs` is one where corewired
is meant to be different; when it no longer is, that is an error as well.
"""
import argparse
import difflib
import re
import sys
import threading

import scripts_connect
import scripts_destinations
import scripts_messages
import scripts_queues
import scripts_scheduler
from brokers import ActiveMQ, Corewired, is_installed
from talk import Conversation

TABLE = scripts_connect.TABLE + scripts_messages.TABLE + scripts_queues.TABLE + scripts_destinations.TABLE + \
    scripts_scheduler.TABLE


def hold_all(kind, entries, scheme, results):
    """Every profile has a broker of its own, which is gone when the next one starts."""
    profiles = sorted({entry.profile for entry in entries})
    for profile in profiles:
        broker = kind.with_profile(profile, scheme)
        try:
            broker.wait()
            for entry in entries:
                if entry.profile == profile:
                    name = re.sub(r"\W+", "-", entry.name)
                    results[entry.name] = Conversation(entry.script, name, broker.port).hold()
            if broker.process.poll() is not None:
                results["broker"] = "%s ended with the profile %s:\n%s" % (kind.name, profile, broker.log()[-3000:])
        except (AssertionError, OSError) as problem:
            results["broker"] = str(problem)
        finally:
            broker.stop()


def compare(entry, reference, ours, show):
    """True when all is as it should be."""
    same = reference == ours
    if same and not entry.differs:
        if show:
            print("same    %s\n        %s" % (entry.name, "\n        ".join(ours)))
        return True
    if entry.differs and not same:
        print("differs %s (%s)" % (entry.name, entry.differs))
    elif same:
        print("SAME    %s: but it should differ: %s" % (entry.name, entry.differs))
        return False
    else:
        print("DIFFERS %s" % entry.name)
    if show or not entry.differs:
        for line in list(difflib.unified_diff(reference, ours, n=100, lineterm=""))[2:]:
            if not line.startswith("@@"):
                print("        %s" % line)
    return bool(entry.differs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="conversations whose section or name matches this expression")
    parser.add_argument("--show", action="store_true", help="show all answers, not only those that differ")
    parser.add_argument("--scheme", default="stomp", help="of the connector: stomp or stomp+nio")
    options = parser.parse_args()
    names = [entry.name for entry in TABLE]
    assert len(names) == len(set(names)), "two conversations have the same name"
    entries = [e for e in TABLE if re.search(options.only, "%s %s" % (e.section, e.name))]
    if not is_installed():
        sys.exit("no ActiveMQ here: install the Debian package activemq")
    reference, ours = {}, {}
    threads = [threading.Thread(target=hold_all, args=(kind, entries, options.scheme, results))
               for kind, results in ((ActiveMQ, reference), (Corewired, ours))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in (reference.get("broker"), ours.get("broker")):
        if problem:
            print("BROKER  %s" % problem)
    wrong = sum(not compare(e, reference.get(e.name, ["(not held)"]), ours.get(e.name, ["(not held)"]), options.show)
                for e in entries)
    deliberate = sum(bool(e.differs) for e in entries)
    print("%d conversations: %d must be the same, %d must differ, %d are not as they must be"
          % (len(entries), len(entries) - deliberate, deliberate, wrong))
    return 1 if wrong or "broker" in reference or "broker" in ours else 0


if __name__ == "__main__":
    sys.exit(main())
