#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures corewired and ActiveMQ on this machine, in one run, with the same load and configuration.

Each broker runs alone, pinned to one CPU; corewire-bench drives it from another one. Both start from
bench/activemq.xml. A round measures every workload with each broker in turn, so that a change of the machine's
speed meets both; before each measurement the broker gets the same load unmeasured, since a JVM is slow until it has
compiled what it runs. The best round counts for rates, the median for latencies; every round is in the JSON.

Exit status: 0 measured, 1 a broker did not start or lost messages, 2 nothing to measure with.
"""
import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ACTIVEMQ_HOME = Path("/usr/share/activemq")
HOST = "127.0.0.1"
START_SECONDS, STOP_SECONDS, LOAD_SECONDS = 90, 20, 600
LOG4J = """log4j.rootLogger=WARN, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %-5p %c{1} %m%n
"""


class Failed(Exception):
    pass


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def allow_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Broker:
    """One broker process, pinned to a CPU. A context: it runs inside."""
    name = None

    def __init__(self, cpu, folder):
        self.cpu, self.port, self.openwire_port = cpu, free_port(), free_port()
        self.base = Path(folder) / self.name
        self.conf, self.data = self.base / "conf", self.base / "data"
        shutil.rmtree(self.base, ignore_errors=True)
        self.conf.mkdir(parents=True)
        self.data.mkdir()
        shutil.copy(HERE / "activemq.xml", self.conf / "activemq.xml")
        (self.conf / "log4j.properties").write_text(LOG4J)
        self.output = self.base / "output"

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(["taskset", "-c", str(self.cpu)] + self.command(), stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd=self.base, start_new_session=True,
                                            preexec_fn=die_with_parent)
        try:
            self.wait_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_port(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed("%s ended with status %d:\n%s" % (self.name, self.process.returncode, self.log()))
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise Failed("%s did not open its port within %d s:\n%s" % (self.name, START_SECONDS, self.log()))

    def log(self):
        return self.output.read_text(errors="replace")[-3000:]

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Corewired(Broker):
    name = "corewired"
    program = None

    def command(self):
        return [str(self.program), "--config", str(self.conf / "activemq.xml"), "--data", str(self.data),
                "--set", "bench.port=%d" % self.port, "--set", "bench.openwirePort=%d" % self.openwire_port,
                "--set", "activemq.data=%s" % self.data]


class ActiveMQ(Broker):
    name = "activemq"

    def command(self):
        properties = {"activemq.home": ACTIVEMQ_HOME, "activemq.base": self.base, "activemq.conf": self.conf,
                      "activemq.data": self.data, "activemq.classpath": self.conf, "bench.port": self.port,
                      "bench.openwirePort": self.openwire_port,
                      "org.apache.activemq.UseDedicatedTaskRunner": "false",
                      "log4j.configuration": "file:%s/log4j.properties" % self.conf}
        return (["java", "-Xms64m", "-Xmx2g", "-XX:-UsePerfData"] + ["-D%s=%s" % p for p in properties.items()] +
                ["-jar", str(ACTIVEMQ_HOME / "bin/activemq.jar"), "start", "xbean:file:%s/activemq.xml" % self.conf])


class Workload:
    """One way of loading a broker, and the figure that is read from the load generator's JSON.

    counts "up" when more is better.
    """

    def __init__(self, key, title, arguments, ends, figure, unit, counts, connections=0):
        self.key, self.title, self.figure = key, title, figure
        self.unit, self.counts, self.connections = unit, counts, connections
        self.warm_up, self.measured = tuple(arguments + ends[0]), tuple(arguments + ends[1])

    def best(self, values):
        if self.unit == "us":
            return statistics.median(values)
        return max(values) if self.counts == "up" else min(values)


def received(result):
    return result["received"]["per_second"]


def quantile(name):
    return lambda result: result["latency_us"][name]


def workloads(options):
    """All there are; the first of a workload's two ends warms up, the second measures."""
    ends = (["--seconds", str(options.warm_seconds)], ["--seconds", str(options.seconds), "--warmup", "1"])
    rate = ["--rate", "10000"]
    topic = ["--topic", "bench", "--consumers", "100", "--window", "1000"]
    openwire = ["--protocol", "openwire"]
    idle = ["--topic", "bench", "--producers", "0", "--consumers", "0"]
    found = [
        Workload("queue", "queue, 1 producer, 1 consumer, 100 bytes", ["--window", "10000"], ends, received, "msg/s", "up"),
        Workload("topic", "topic, 1 producer, 100 subscribers, 100 bytes", topic, ends, received, "msg/s", "up"),
        Workload("openwire_queue", "OpenWire queue, 1 producer, 1 consumer, 100 bytes", openwire + ["--window", "10000"], ends,
                 received, "msg/s", "up"),
        Workload("openwire_topic", "OpenWire topic, 1 producer, 100 subscribers, 100 bytes", openwire + topic, ends,
                 received, "msg/s", "up"),
        Workload("stomp_to_openwire", "queue, STOMP producer, OpenWire consumer, 100 bytes",
                 ["--window", "10000", "--consumer-protocol", "openwire"], ends, received, "msg/s", "up"),
        Workload("openwire_to_stomp", "queue, OpenWire producer, STOMP consumer, 100 bytes",
                 ["--window", "10000", "--producer-protocol", "openwire"], ends, received, "msg/s", "up"),
        Workload("latency_p50", "latency at 10,000 msg/s, p50", rate, ends, quantile("p50"), "us", "down"),
        Workload("latency_p99", "latency at 10,000 msg/s, p99", rate, ends, quantile("p99"), "us", "down"),
        Workload("latency_p99.9", "latency at 10,000 msg/s, p99.9", rate, ends, quantile("p99.9"), "us", "down"),
    ]
    for count in (int(n) for n in options.connections.split(",") if n):
        idle_ends = (["--idle-connections", "200"], ["--idle-connections", str(count)])
        found.append(Workload("idle_%d" % count, "memory of an idle subscribed connection, of {:,}".format(count), idle,
                              idle_ends, lambda result: result["idle"]["bytes_per_connection"], "bytes", "down", count))
    return found


def load(bench, cpu, broker, arguments):
    """Runs the load generator once; its JSON. A lost message is a failure, not a figure."""
    command = ["taskset", "-c", str(cpu), str(bench), "--host", HOST, "--port", str(broker.port), "--openwire-port",
               str(broker.openwire_port), "--pid", str(broker.process.pid), "--drain", "30", "--quiet", "--json", "-"] + arguments
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LOAD_SECONDS, text=True,
                          preexec_fn=die_with_parent)
    if done.returncode == 1:
        raise Failed("messages were lost, repeated or reordered: %s" % json.loads(done.stdout)["verification"])
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    return json.loads(done.stdout)


def measure_round(options, kinds, folder, results, failures):
    """Every workload once with each broker. Workloads of the same arguments share one run; each gets a fresh broker."""
    groups = {}
    for workload in options.workloads:
        groups.setdefault((workload.warm_up, workload.measured), []).append(workload)
    for (warm_up, measured), members in groups.items():
        for kind in kinds:
            try:
                with kind(options.broker_cpu, folder) as broker:
                    load(options.bench, options.load_cpu, broker, list(warm_up))
                    result = load(options.bench, options.load_cpu, broker, list(measured))
            except (Failed, subprocess.TimeoutExpired) as error:
                failures.append("%s, %s: %s" % (kind.name, members[0].title, error))
                print("compare: " + failures[-1], file=sys.stderr)
                continue
            for workload in members:
                value = workload.figure(result)
                results.setdefault(workload.key, {}).setdefault(kind.name, []).append({"value": value, "result": result})
                print("  %-11s %-50s %14s %s" % (kind.name, workload.title, "{:,.0f}".format(value), workload.unit), flush=True)


def summary(options, results):
    rows = []
    for workload in options.workloads:
        row = {"key": workload.key, "title": workload.title, "unit": workload.unit, "counts": workload.counts}
        for name, runs in results.get(workload.key, {}).items():
            row[name] = workload.best([run["value"] for run in runs])
        if row.get("corewired") and row.get("activemq"):
            ratio = row["corewired"] / row["activemq"]
            row["ratio"] = ratio if workload.counts == "up" else 1 / ratio
        rows.append(row)
    return rows


def print_table(rows):
    print("\n%-52s %14s %14s %9s" % ("", "corewired", "ActiveMQ", "better by"))
    for row in rows:
        cells = ["{:,.0f}".format(row[name]) if name in row else "-" for name in ("corewired", "activemq")]
        ratio = "%.1f x" % row["ratio"] if "ratio" in row else "-"
        print("%-52s %14s %14s %9s" % (row["title"] + ", " + row["unit"], cells[0], cells[1], ratio))


def versions(options, kinds):
    found = {}
    if Corewired in kinds:
        done = subprocess.run([str(options.corewired), "--version"], stdout=subprocess.PIPE, text=True)
        found["corewired"] = done.stdout.strip()
    if ActiveMQ in kinds:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "activemq"], stdout=subprocess.PIPE, text=True)
        found["activemq"] = done.stdout.strip()
    return found


def cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corewired", type=Path, default=ROOT / "build/corewired", help="build/corewired")
    parser.add_argument("--bench", type=Path, default=ROOT / "build/corewire-bench", help="build/corewire-bench")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (8)")
    parser.add_argument("--warm-seconds", type=float, default=10, help="of the same load before it (10)")
    parser.add_argument("--rounds", type=int, default=2, help="how often everything is measured (2)")
    parser.add_argument("--connections", default="5000,10000", help="numbers of idle connections (5000,10000)")
    parser.add_argument("--only", default="", help="workloads whose key starts with one of these, such as queue,latency")
    parser.add_argument("--brokers", default="corewired,activemq", help="which to measure")
    parser.add_argument("--broker-cpu", type=int, default=None, help="CPU of the broker (the first)")
    parser.add_argument("--load-cpu", type=int, default=None, help="CPU of the load generator (the second)")
    parser.add_argument("--json", type=Path, default=ROOT / "build/bench.json", help="where the results go")
    options = parser.parse_args()
    cpus = sorted(os.sched_getaffinity(0))
    options.broker_cpu = cpus[0] if options.broker_cpu is None else options.broker_cpu
    options.load_cpu = cpus[-1] if options.load_cpu is None else options.load_cpu
    wanted = tuple(w for w in options.only.split(",") if w)
    options.workloads = [w for w in workloads(options) if not wanted or w.key.startswith(wanted)]
    return options


def brokers(options):
    """Those that can run here; without ActiveMQ there is still something to measure."""
    kinds, wanted = [], options.brokers.split(",")
    Corewired.program = options.corewired.resolve()
    if "corewired" in wanted:
        if not options.corewired.exists():
            sys.exit("compare: %s is missing; run make build" % options.corewired)
        kinds.append(Corewired)
    if "activemq" in wanted:
        if (ACTIVEMQ_HOME / "bin/activemq.jar").exists() and shutil.which("java"):
            kinds.append(ActiveMQ)
        else:
            print("compare: no ActiveMQ here (Debian package activemq): measuring without it", file=sys.stderr)
    return kinds


def main():
    options = parse()
    kinds = brokers(options)
    if not kinds or not options.bench.exists():
        print("compare: nothing to measure with", file=sys.stderr)
        return 2
    if options.broker_cpu == options.load_cpu:
        print("compare: one CPU only: broker and load share it, the figures say little", file=sys.stderr)
    descriptors = allow_descriptors()
    options.workloads = [w for w in options.workloads if w.connections + 200 <= descriptors]
    results, failures = {}, []
    with tempfile.TemporaryDirectory(prefix="corewire-bench-") as folder:
        for number in range(options.rounds):
            print("round %d of %d" % (number + 1, options.rounds), flush=True)
            measure_round(options, kinds, folder, results, failures)
    rows = summary(options, results)
    print_table(rows)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({
        "machine": {"cpu": cpu_model(), "cpus": os.cpu_count(), "kernel": platform.release(),
                    "broker_cpu": options.broker_cpu, "load_cpu": options.load_cpu},
        "versions": versions(options, kinds), "seconds": options.seconds, "rounds": options.rounds,
        "summary": rows, "failures": failures, "runs": results}, indent=1) + "\n")
    print("\nall figures: %s" % options.json)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
