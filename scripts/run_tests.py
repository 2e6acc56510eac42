#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a build folder and ends with one line: `N passed, N failed, N skipped`.

  units        what ctest knows: units, simulations, threads, seeds of the fuzz targets
  integration  tests/integration/test_*.py, each file a process, against the built corewired
  jms          tests/java: ActiveMQ's own JMS client against the built corewired, with one worker and with two
  acceptance   the MCollective acceptance test with one broker, called where it lies

The exit status is 0 only if nothing failed.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's python3-stomp
SUITES = ("units", "integration", "jms", "acceptance")
FILE_SECONDS, JMS_SECONDS, ACCEPTANCE_SECONDS = 900, 900, 1200


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run_group(command, seconds, **options):
    """Runs a command as a process group of its own; returns (exit status, output). A command
    that takes too long is ended with everything it started, and its status is None."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, start_new_session=True, **options) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
            return process.returncode, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return None, output + f"\n(ended after {seconds} s)\n"


def units(options):
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = ["ctest", "--test-dir", str(options.build), "--output-on-failure", "--no-tests=error",
                   "-j", str(options.jobs), "--output-junit", str(report)]
        if options.units_like:
            command += ["-R", options.units_like]
        status = subprocess.call(command, stdin=subprocess.DEVNULL)
        try:
            root = ElementTree.parse(report).getroot()
        except (OSError, ElementTree.ParseError):
            return Counts(failed=1)
        total, failed = int(root.get("tests")), int(root.get("failures"))
        skipped = int(root.get("skipped", 0)) + int(root.get("disabled", 0))
        if status != 0 and failed == 0:
            failed = 1
        return Counts(max(0, total - failed - skipped), failed, skipped)


def integration_file(file, options):
    began = time.monotonic()
    environment = dict(os.environ, COREWIRE_BUILD=str(options.build), PYTHONDONTWRITEBYTECODE="1")
    status, output = run_group([PYTHON, "-W", "ignore", "-m", "unittest", "-v", file.stem], FILE_SECONDS,
                               cwd=file.parent, env=environment)
    ran = re.search(r"^Ran (\d+) tests?", output, re.M)
    parts = dict(re.findall(r"(failures|errors|skipped)=(\d+)", output[ran.end():] if ran else ""))
    failed = int(parts.get("failures", 0)) + int(parts.get("errors", 0))
    skipped = int(parts.get("skipped", 0))
    if status != 0 and failed == 0:
        failed = 1
    counts = Counts(max(0, int(ran.group(1)) - failed - skipped) if ran else 0, failed, skipped)
    print(f"--- {file.stem}: {counts} ({time.monotonic() - began:.0f} s)", flush=True)
    for line in output.splitlines():
        if "... skipped" in line:
            print("    " + line)
    if failed or options.verbose:
        print(output, flush=True)
    return counts


def integration(options):
    files = sorted((ROOT / "tests" / "integration").glob("test_*.py"))
    if options.integration_like:
        files = [f for f in files if re.search(options.integration_like, f.stem)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return sum(pool.map(lambda f: integration_file(f, options), files), Counts())


def jms(options):
    total = Counts()
    for workers in (1, 2):
        began = time.monotonic()
        status, output = run_group([PYTHON, "-B", str(ROOT / "tests" / "java" / "run.py"), "--workers", str(workers)],
                                   JMS_SECONDS, env=dict(os.environ, COREWIRE_BUILD=str(options.build)))
        said = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", output, re.M)
        counts = Counts(*map(int, said[-1])) if said else Counts()
        if status != 0 and counts.failed == 0:
            counts.failed = 1
        print(f"--- jms, workers={workers}: {counts} ({time.monotonic() - began:.0f} s)", flush=True)
        if counts.failed or options.verbose:
            print("\n".join(line for line in output.splitlines() if options.verbose or not line.startswith("ok ")), flush=True)
        total += counts
    return total


def free_port_base():
    """A port with free ones behind it, below the range from which clients get theirs."""
    for base in range(25600, 32000, 100):
        try:
            for port in range(base, base + 3):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    sys.exit("no free ports for the acceptance test")


def acceptance(options):
    folder = Path(os.environ.get("MCOLLECTIVE_ACCEPTANCE", ROOT.parent / "shared" / "acceptance" / "mcollective"))
    if not (folder / "run.py").is_file():
        print(f"SKIPPED: the MCollective acceptance test is not in {folder}; set MCOLLECTIVE_ACCEPTANCE to its folder")
        return Counts(skipped=1)
    lacking = [p for p in ("mco", "mcollectived") if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/usr/bin")]
    if lacking:
        print(f"SKIPPED: the MCollective acceptance test needs {' and '.join(lacking)}; make deps installs them")
        return Counts(skipped=1)
    work = Path(tempfile.mkdtemp(prefix="acceptance-", dir=options.build))
    command = [PYTHON, "-B", str(folder / "run.py"), "--work", str(work / "run"), "--single", "--scale", "0",
               "--port-base", str(free_port_base()),
               "--broker-cmd", f"{options.build}/corewired --config {{config}} --data {{data}}"]
    status, output = run_group(command, ACCEPTANCE_SECONDS)
    print(output, end="", flush=True)
    passed = len(re.findall(r"^ok ", output, re.M))
    failed = len(re.findall(r"^FAIL ", output, re.M))
    if status != 0 and failed == 0:
        failed = 1
    if failed:
        print(f"what happened is in {work}/run")
    else:
        shutil.rmtree(work)
    return Counts(passed, failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="folder with the built programs")
    parser.add_argument("--only", default=",".join(SUITES), help="comma separated: " + ", ".join(SUITES))
    parser.add_argument("--units-like", help="only ctest tests whose name matches this expression")
    parser.add_argument("--integration-like", help="only integration files whose name matches this expression")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--verbose", action="store_true", help="print the output of files that passed, too")
    options = parser.parse_args()
    options.build = options.build.resolve()
    chosen = options.only.split(",")
    unknown = set(chosen) - set(SUITES)
    if unknown:
        parser.error("no such suite: " + ", ".join(sorted(unknown)))

    total = Counts()
    for name in SUITES:
        if name in chosen:
            began = time.monotonic()
            print(f"== {name}", flush=True)
            counts = globals()[name](options)
            print(f"== {name}: {counts} ({time.monotonic() - began:.0f} s)", flush=True)
            total += counts
    print(total, flush=True)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
