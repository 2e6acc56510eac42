# SPDX-License-Identifier: Apache-2.0
"""Debian's ruby-stomp against corewired: the checks are in ruby_client.rb."""
import shutil
import subprocess
import unittest
from pathlib import Path

from broker import HOST, PATIENCE, BrokerTest, with_workers

HAS_RUBY = bool(shutil.which("ruby")) and subprocess.run(
    ["ruby", "-e", "require 'stomp'"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


@unittest.skipUnless(HAS_RUBY, "ruby-stomp is not installed")
@with_workers
class RubyStomp(BrokerTest):
    def run_ruby(self, what):
        done = subprocess.run(["ruby", str(Path(__file__).with_name("ruby_client.rb")), HOST, str(self.broker.stomp), what],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "ok " + what), done.stdout + done.stderr)

    def test_messages_in_every_version(self):
        self.run_ruby("messages")

    def test_acknowledgements(self):
        self.run_ruby("acknowledgements")

    def test_transactions(self):
        self.run_ruby("transactions")

    def test_request_and_reply(self):
        self.run_ruby("request_reply")

    def test_a_durable_subscriber(self):
        self.run_ruby("durable")

    def test_heart_beats(self):
        self.run_ruby("heart_beats")

    def test_the_client_with_its_own_thread(self):
        self.run_ruby("threaded")


if __name__ == "__main__":
    unittest.main()
