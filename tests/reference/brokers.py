# SPDX-License-Identifier: Apache-2.0
"""The two brokers that hold the same conversations: ActiveMQ and corewired, with the same files."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from broker import BUILD, HOST, die_with_parent, free_port, sanitizer_variables, wait_until  # pylint: disable=wrong-import-position

ACTIVEMQ_HOME = Path("/usr/share/activemq")
LOG4J = """log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d %-5p %c{1} %m%n
"""
FILE = """<beans xmlns="http://www.springframework.org/schema/beans"
       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
                           http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="talk" persistent="false" useJmx="false" %s>
    %s
    <transportConnectors>
      <transportConnector name="stomp" uri="%s://127.0.0.1:%d%s"/>
    </transportConnectors>
  </broker>
</beans>
"""


def policy(*entries):
    return ("<destinationPolicy><policyMap><policyEntries>%s</policyEntries></policyMap></destinationPolicy>"
            % "".join(entries))


def authentication(attributes):
    users = (("admin", "admins,everyone"), ("reader", "readers,everyone"), ("writer", "writers,everyone"))
    return ('<simpleAuthenticationPlugin %s><users>%s</users></simpleAuthenticationPlugin>' % (attributes, "".join(
        '<authenticationUser username="%s" password="%s-pass" groups="%s"/>' % (name, name, groups)
        for name, groups in users)))


RIGHTS = """<authorizationPlugin><map><authorizationMap>
  <authorizationEntries>
    <authorizationEntry queue=">" read="admins" write="admins" admin="admins"/>
    <authorizationEntry topic=">" read="admins" write="admins" admin="admins"/>
    <authorizationEntry queue="shared.>" read="readers" write="writers" admin="everyone"/>
    <authorizationEntry topic="shared.>" read="readers" write="writers" admin="everyone"/>
    <authorizationEntry queue="fixed.>" read="readers" write="writers"/>
    <authorizationEntry queue="open.>" read="guests" write="guests" admin="guests"/>
    <authorizationEntry topic="ActiveMQ.Advisory.>" read="everyone,guests" write="everyone,guests" admin="everyone,guests"/>
  </authorizationEntries>
  <tempDestinationAuthorizationEntry>
    <tempDestinationAuthorizationEntry read="readers,admins" write="readers,admins" admin="readers,admins"/>
  </tempDestinationAuthorizationEntry>
</authorizationMap></map></authorizationPlugin>"""

# name: (attributes of <broker>, its children, options of the connector)
PROFILES = {
    "plain": ("", policy(
        '<policyEntry queue="ind.>"><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ."/>'
        '</deadLetterStrategy></policyEntry>',
        '<policyEntry queue="indnp.>"><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ." '
        'processNonPersistent="true"/></deadLetterStrategy></policyEntry>',
        '<policyEntry queue="indnoexp.>"><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ." '
        'processExpired="false"/></deadLetterStrategy></policyEntry>',
        '<policyEntry queue="discard.>"><deadLetterStrategy><discarding/></deadLetterStrategy></policyEntry>',
        '<policyEntry topic="indtopic.>"><deadLetterStrategy><individualDeadLetterStrategy topicPrefix="DLT."/>'
        '</deadLetterStrategy></policyEntry>',
        '<policyEntry queue="prio.>" prioritizedMessages="true"/>',
        '<policyEntry queue="exclusive.>" allConsumersExclusiveByDefault="true"/>',
        '<policyEntry queue="few.>" queuePrefetch="3"/>',
        '<policyEntry topic="few.>" topicPrefetch="3"/>',
        '<policyEntry topic="last.>"><subscriptionRecoveryPolicy><lastImageSubscriptionRecoveryPolicy/>'
        '</subscriptionRecoveryPolicy></policyEntry>',
        '<policyEntry topic="fixedcount.>"><subscriptionRecoveryPolicy><fixedCountSubscriptionRecoveryPolicy '
        'maximumSize="2"/></subscriptionRecoveryPolicy></policyEntry>'), ""),
    "virtual": ("", """<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>
        <compositeQueue name="both.q"><forwardTo><queue physicalName="both.one"/><topic physicalName="both.two"/>
          </forwardTo></compositeQueue>
        <compositeQueue name="keep.q" forwardOnly="false"><forwardTo><queue physicalName="keep.copy"/>
          </forwardTo></compositeQueue>
        <compositeTopic name="both.t"><forwardTo><queue physicalName="both.three"/></forwardTo></compositeTopic>
        <compositeQueue name="filter.q"><forwardTo><filteredDestination selector="colour='red'" queue="filter.red"/>
          <filteredDestination selector="size &gt; 5" queue="filter.large"/></forwardTo></compositeQueue>
        <virtualTopic name="V.>" prefix="C.*." selectorAware="true"/>
        <virtualTopic name="P.>" prefix="K.*." postfix=".end"/>
      </virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>""", ""),
    "users": ("", "<plugins>%s%s</plugins>" % (authentication(""), RIGHTS), ""),
    "guests": ("", "<plugins>%s%s</plugins>" % (
        authentication('anonymousAccessAllowed="true" anonymousUser="guest" anonymousGroup="guests"'), RIGHTS), ""),
    "userid": ('populateJMSXUserID="true"', "<plugins>%s</plugins>" % authentication(""), ""),
    "scheduler": ('schedulerSupport="true"', "", ""),
    "small": ("", policy(
        '<policyEntry queue=">"/>'), "?wireFormat.maxFrameSize=6000&amp;wireFormat.maxDataLength=4000"
              "&amp;transport.defaultHeartBeat=0,7000"),
}


class Broker:
    """A running broker. `text` gives its activemq.xml when told the broker's own folder, `port` is the
    one whose opening says that it is ready. stop() ends it, by its own process id only."""

    def __init__(self, text, port):
        self.folder = Path(tempfile.mkdtemp(prefix="talk-%s-" % self.name))
        self.port = port
        self.file = self.folder / "activemq.xml"
        self.file.write_text(text(self.folder))
        (self.folder / "log4j.properties").write_text(LOG4J)
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            cwd=self.folder, env=sanitizer_variables(), start_new_session=True,
                                            preexec_fn=die_with_parent)

    @classmethod
    def with_profile(cls, profile, scheme):
        attributes, children, options = PROFILES[profile]
        port = free_port()
        return cls(lambda folder: FILE % (attributes + ' dataDirectory="%s/data"' % folder, children, scheme, port,
                                          options), port)

    def log(self):
        return (self.folder / "output").read_text(errors="replace")

    def wait(self):
        def listens():
            if self.process.poll() is not None:
                raise AssertionError("%s ended with status %d:\n%s" % (self.name, self.process.returncode, self.log()))
            try:
                socket.create_connection((HOST, self.port), 5).close()
                return True
            except OSError:
                return False

        wait_until("the port of %s is open" % self.name, listens, 120, 0.1)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class ActiveMQ(Broker):
    name = "activemq"

    def command(self):
        properties = {"activemq.home": ACTIVEMQ_HOME, "activemq.base": self.folder, "activemq.conf": self.folder,
                      "activemq.data": self.folder / "data", "activemq.classpath": self.folder,
                      "org.apache.activemq.UseDedicatedTaskRunner": "false",
                      "log4j.configuration": "file:%s/log4j.properties" % self.folder}
        return (["java", "-Xmx512m", "-XX:-UsePerfData"] + ["-D%s=%s" % p for p in properties.items()] +
                ["-jar", str(ACTIVEMQ_HOME / "bin/activemq.jar"), "start", "xbean:file:%s" % self.file])


class Corewired(Broker):
    name = "corewired"

    def command(self):
        return [os.environ.get("COREWIRED", str(BUILD / "corewired")), "--config", str(self.file),
                "--data", str(self.folder / "data")]


def is_installed():
    return (ACTIVEMQ_HOME / "bin/activemq.jar").exists() and shutil.which("java") is not None
