#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows with ActiveMQ's own JMS client what a broker does: compiles the Java program in this folder,
starts the broker with activemq.xml and with secured.xml, and runs the program against both.

    tests/java/run.py [--broker corewired|activemq] [--workers N] [--only REGEX] [--seed N]

The last line is `N passed, N failed, N skipped`. The program needs Debian's libactivemq-java.
COREWIRE_BUILD names the build folder, where also the classes go.
"""
import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
for folder in ("integration", "reference"):
    sys.path.insert(0, str(HERE.parent / folder))

from broker import BUILD, SANITIZER, free_port  # pylint: disable=wrong-import-position
from brokers import ActiveMQ, Corewired, is_installed  # pylint: disable=wrong-import-position

JARS = ["/usr/share/java/%s.jar" % name for name in (
    "activemq-client", "activemq-openwire-legacy", "geronimo-jms_1.1_spec", "geronimo-j2ee-management-1.1-spec",
    "geronimo-jta-1.2-spec", "hawtbuf", "slf4j-api", "slf4j-nop")]
# In the order of the files: when the last one is open, all are.
CONNECTORS = {"activemq.xml": ("tcp", "nio", "auto", "autonio", "frames", "stomp"), "secured.xml": ("secured",)}
KINDS = {"activemq": ActiveMQ, "corewired": Corewired}


def compile_program(classes):
    """Leaves the classes of today's sources in the folder."""
    sources = sorted(HERE.glob("*.java"))
    done = classes / "compiled"
    if done.exists() and done.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return
    shutil.rmtree(classes, ignore_errors=True)
    classes.mkdir(parents=True)
    done_well = subprocess.run(["javac", "--release", "17", "-Xlint:all,-serial,-try", "-Werror", "-d", str(classes),
                    "-cp", ":".join(JARS)] + [str(source) for source in sources], check=False).returncode == 0
    if not done_well:
        sys.exit("the program does not compile")
    done.touch()


def start(kind, file, ports, workers):
    """A broker of the kind with the named file of this folder."""
    values = dict(ports, namespace="", workers="")
    if kind is Corewired:
        values.update(namespace='xmlns:cw="urn:corewire:config"', workers='cw:workers="%d"' % workers)
    text = Template((HERE / file).read_text())
    return kind(lambda folder: text.substitute(values, data=folder / "data"), ports[CONNECTORS[file][-1]])


def run(options):
    compile_program(options.classes)
    ports = {name: free_port() for names in CONNECTORS.values() for name in names}
    kind = KINDS[options.broker]
    brokers = []
    try:
        for file in CONNECTORS:
            brokers.append(start(kind, file, ports, options.workers))
        for broker in brokers:
            broker.wait()
        command = ["java", "-Xmx512m", "-XX:-UsePerfData", "-cp", ":".join([str(options.classes)] + JARS), "Main",
                   options.broker] + ["%s=%d" % port for port in ports.items()] + options.rest
        status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
        for broker in brokers:
            if broker.process.poll() is not None or SANITIZER.search(broker.log()):
                sys.stderr.write("%s ended or complained:\n%s\n" % (broker.name, broker.log()[-8000:]))
                status = 1
    finally:
        for broker in brokers:
            if options.keep_log:
                shutil.copy(broker.folder / "output", "%s-%d.log" % (options.keep_log, broker.port))
            broker.stop()
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--broker", choices=sorted(KINDS), default="corewired")
    parser.add_argument("--workers", type=int, default=1, help="of corewired")
    parser.add_argument("--only", help="behaviours whose area or sentence matches this expression")
    parser.add_argument("--seed", help="run them in the random order that this number gives")
    parser.add_argument("--threads", help="behaviours at a time")
    parser.add_argument("--keep-log", help="copy the brokers' logs to files that begin so")
    options = parser.parse_args()
    options.rest = ["%s=%s" % (name, getattr(options, name)) for name in ("only", "seed", "threads")
                    if getattr(options, name) is not None]
    options.classes = BUILD / "jms-classes"
    if options.broker == "activemq" and not is_installed():
        sys.exit("no ActiveMQ here: install the Debian package activemq")
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
