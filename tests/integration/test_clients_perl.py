# SPDX-License-Identifier: Apache-2.0
"""Debian's libnet-stomp-perl against corewired: the checks are in perl_client.pl."""
import shutil
import subprocess
import unittest
from pathlib import Path

from broker import HOST, PATIENCE, BrokerTest, with_workers

HAS_PERL = bool(shutil.which("perl")) and subprocess.run(
    ["perl", "-MNet::Stomp", "-e", "1"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(HAS_PERL, "libnet-stomp-perl is not installed")
@with_workers
class NetStomp(BrokerTest):
    def run_perl(self, what):
        done = subprocess.run(["perl", str(Path(__file__).with_name("perl_client.pl")), HOST, str(self.broker.stomp), what],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "ok " + what), done.stdout + done.stderr)

    def test_messages(self):
        self.run_perl("messages")

    def test_acknowledgements(self):
        self.run_perl("acknowledgements")

    def test_transactional_send(self):
        self.run_perl("transactional")

    def test_receipts(self):
        self.run_perl("receipts")


if __name__ == "__main__":
    unittest.main()
