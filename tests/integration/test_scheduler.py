# SPDX-License-Identifier: Apache-2.0
"""Messages that come later, again and again, or when a cron entry says so; and how to look at and remove them."""
import time
import unittest

from broker import Broker

SUPPORT = 'schedulerSupport="true"'
MANAGEMENT = "/topic/ActiveMQ.Scheduler.Management"
NOON = "0 12 1 1 *"


def put(client, destination, body, **properties):
    """As Client.put, with these headers AMQ_SCHEDULED_... in capitals."""
    headers = {"AMQ_SCHEDULED_" + name.upper(): value for name, value in properties.items()}
    return client.request("SEND", dict(headers, destination=destination), body)


class Scheduler(unittest.TestCase):
    def both(self, check, **arguments):
        for workers in (1, 3):
            with self.subTest(workers=workers), Broker(attributes=SUPPORT, workers=workers, **arguments) as broker:
                check(broker)

    def browse(self, client, count, **headers):
        """Asks for all jobs and returns the answers, of which there must be that many."""
        client.subscribe("/queue/answers", id="answers")
        client.request("SEND", {"destination": MANAGEMENT, "AMQ_SCHEDULER_ACTION": "BROWSE", "reply-to": "/queue/answers",
                                **headers})
        answers = client.messages(count)
        self.assertEqual(client.settle(), [])
        client.request("UNSUBSCRIBE", {"id": "answers"})
        return answers

    def test_a_delayed_message_comes_later(self):
        def check(broker):
            client = broker.connect()
            client.subscribe("/queue/a")
            start = time.monotonic()
            client.request("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_DELAY": "700", "color": "red"}, "later")
            client.put("/queue/a", "now")
            client.message("now")
            message = client.message("later")
            self.assertGreaterEqual(time.monotonic() - start, 0.69)
            self.assertEqual(message["color"], "red")
            self.assertIsNone(message.get("AMQ_SCHEDULED_DELAY"))
            self.assertTrue(message["scheduledJobId"].startswith("ID:"))

        self.both(check)

    def test_without_scheduler_support_it_comes_at_once(self):
        with Broker() as broker:
            client = broker.connect()
            client.subscribe("/queue/a")
            put(client, "/queue/a", "now", delay="3600000")
            self.assertEqual(client.message("now")["AMQ_SCHEDULED_DELAY"], "3600000")

    def test_a_message_is_repeated(self):
        def check(broker):
            client = broker.connect()
            client.subscribe("/topic/a")
            start = time.monotonic()
            put(client, "/topic/a", "again", delay="200", period="150", repeat="2")
            messages = [client.message("again") for _ in range(3)]
            self.assertGreaterEqual(time.monotonic() - start, 0.49)
            self.assertEqual(len({message["message-id"] for message in messages}), 3)
            client.settle()

        self.both(check)

    def test_a_transaction_schedules_when_it_is_committed(self):
        with Broker(attributes=SUPPORT) as broker:
            client = broker.connect()
            client.send("BEGIN", {"transaction": "t"})
            client.request("SEND", {"destination": "/queue/a", "transaction": "t", "AMQ_SCHEDULED_DELAY": "3600000"}, "x")
            self.browse(client, 0)
            client.request("COMMIT", {"transaction": "t"})
            self.assertEqual([job.text for job in self.browse(client, 1)], ["x"])

    def test_jobs_are_browsed_and_removed(self):
        def check(broker):
            client = broker.connect()
            for name in ("a", "b", "c", "d"):
                put(client, "/queue/" + name, name, delay="3600000")
            put(client, "/topic/e", "e", cron=NOON)
            jobs = self.browse(client, 5)
            self.assertEqual(sorted(job.text for job in jobs), ["a", "b", "c", "d", "e"])
            self.assertEqual({job.text: job.get("AMQ_SCHEDULED_CRON") for job in jobs}["e"], NOON)
            self.assertEqual({job.text: job["original-destination"] for job in jobs}["a"], "/queue/a")
            now = int(time.time() * 1000)
            self.browse(client, 0, ACTION_START_TIME=str(now), ACTION_END_TIME=str(now + 60000))
            client.request("SEND", {"destination": MANAGEMENT, "AMQ_SCHEDULER_ACTION": "REMOVE",
                                    "scheduledJobId": jobs[0]["scheduledJobId"]})
            self.browse(client, 4)
            client.request("SEND", {"destination": MANAGEMENT, "AMQ_SCHEDULER_ACTION": "REMOVEALL"})
            self.browse(client, 0)

        self.both(check)

    def test_a_cron_entry_is_read(self):
        with Broker(attributes=SUPPORT) as broker:
            client = broker.connect()
            client.request("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_CRON": "*/5 8-17 * jan,JUL MON-FRI"}, "x")
            client.send("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_CRON": "at noon", "receipt": "r"}, "x")
            self.assertIn("five fields", client.error(**{"receipt-id": "r"})["message"])
            client.send("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_CRON": "0 0 30 2 *"}, "x")
            self.assertIn("no month has", client.error()["message"])
            self.browse(client, 1)

    def test_what_is_no_number_ends_the_connection(self):
        with Broker(attributes=SUPPORT) as broker:
            for name in ("AMQ_SCHEDULED_DELAY", "AMQ_SCHEDULED_PERIOD", "AMQ_SCHEDULED_REPEAT"):
                client = broker.connect()
                client.send("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_DELAY": "1", name: "soon"}, "x")
                self.assertIn("%s is not a valid number" % name, client.error()["message"])
                client.expect_close()

    def test_too_many_repeats_are_refused(self):
        with Broker(attributes=SUPPORT) as broker:
            client = broker.connect()
            client.send("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_PERIOD": "1", "AMQ_SCHEDULED_REPEAT": "1001"}, "x")
            self.assertIn("repeat value is too large", client.error()["message"])
            client.settle()

    def test_a_sender_waits_while_the_scheduler_is_full(self):
        usage = """<systemUsage><systemUsage><jobSchedulerUsage><jobSchedulerUsage limit="20 kb"/></jobSchedulerUsage>
                   </systemUsage></systemUsage>"""
        with Broker(attributes=SUPPORT, children=usage) as broker:
            producer, other = broker.connect(), broker.connect()
            for i in range(5):
                producer.send("SEND", {"destination": "/queue/a", "AMQ_SCHEDULED_DELAY": "3600000", "receipt": "r%d" % i},
                              "x" * 8000)
            for i in range(3):
                producer.expect("RECEIPT")
            with self.assertRaises(TimeoutError):
                producer.expect("RECEIPT", 1)
            other.request("SEND", {"destination": MANAGEMENT, "AMQ_SCHEDULER_ACTION": "REMOVEALL"})
            for i in range(2):
                producer.expect("RECEIPT")


if __name__ == "__main__":
    unittest.main()
