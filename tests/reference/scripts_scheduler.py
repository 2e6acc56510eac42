# SPDX-License-Identifier: Apache-2.0
"""Scheduled messages: what is delivered later, what is refused, browsing and removing."""
from entry import talk
from scripts_messages import SAYS_WHY

HEAR = "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
MANAGE = "SEND|destination:/topic/ActiveMQ.Scheduler.Management|AMQ_SCHEDULER_ACTION:"
ANSWERS = "b+ 1.2\nb= SUBSCRIBE|destination:/queue/answers.@|id:1\n"
FOR_ALL_TIME = "|ACTION_START_TIME:{now+3000000}|ACTION_END_TIME:{now+4000000}"


def later(text, more=""):
    return "a= SEND|destination:/queue/@|%s%s||x\n" % (text, more)


TABLE = [talk("D13", name, script, profile="scheduler", **more) for name, script, more in (
    ("a delay", HEAR + later("AMQ_SCHEDULED_DELAY:300", "|colour:red") + "a_ 1300\na<.", {"differs": "a job has no number of its message"}),
    ("a delay is not over", HEAR + later("AMQ_SCHEDULED_DELAY:60000") + "a<.\na?", {}),
    ("a delay of nothing", HEAR + later("AMQ_SCHEDULED_DELAY:0") + "a_ 800\na<.", {}),
    ("a delay in the past", HEAR + later("AMQ_SCHEDULED_DELAY:-100") + "a_ 800\na<.",
     {"differs": "it is due; only ActiveMQ's scheduler without a store refuses it"}),
    ("a period alone", HEAR + later("AMQ_SCHEDULED_PERIOD:200") + "a_ 1200\na<.", {}),
    ("repeats", HEAR + later("AMQ_SCHEDULED_DELAY:300|AMQ_SCHEDULED_PERIOD:300|AMQ_SCHEDULED_REPEAT:2") + "a_ 2500\na<.", {}),
    ("repeats without a delay", HEAR + later("AMQ_SCHEDULED_PERIOD:300|AMQ_SCHEDULED_REPEAT:1") + "a_ 2000\na<.", {}),
    ("repeats alone", HEAR + later("AMQ_SCHEDULED_REPEAT:2") + "a<.", {}),
    ("a job id of the sender's", HEAR + later("AMQ_SCHEDULED_DELAY:60000|scheduledJobId:mine") + "a<.", {}),
    ("an empty cron entry", "a+ 1.2\na> SEND|destination:/queue/@|AMQ_SCHEDULED_CRON:|receipt:r||x\na<x",
     {"differs": SAYS_WHY}),
    ("time to live", HEAR + "a= SEND|destination:/queue/@|AMQ_SCHEDULED_DELAY:300|expires:{now+100}||x\na_ 1200\na<.", {}),
    ("in a transaction", HEAR + "a= BEGIN|transaction:t\n" + later("AMQ_SCHEDULED_DELAY:300|transaction:t") +
     "a_ 1500\na<.\na= COMMIT|transaction:t\na_ 3000\na<.", {}),
    ("a delay is no number", "a+ 1.2\na> SEND|destination:/queue/@|AMQ_SCHEDULED_DELAY:soon|receipt:r||x\na<x", {"differs": SAYS_WHY}),
    ("too many repeats", "a+ 1.2\na> SEND|destination:/queue/@|AMQ_SCHEDULED_DELAY:5|AMQ_SCHEDULED_REPEAT:1001|receipt:r||x\na<.\na?", {}),
    ("a cron entry with four fields", "a+ 1.2\na> SEND|destination:/queue/@|AMQ_SCHEDULED_CRON:* * * *|receipt:r||x\na<.\na?",
     {"differs": SAYS_WHY}),
    ("browse", HEAR + ANSWERS + later("AMQ_SCHEDULED_DELAY:3500000", "|colour:red|type:t") +
     "a= " + MANAGE + "BROWSE|reply-to:/queue/answers.@" + FOR_ALL_TIME + "\nb<.",
     {"differs": "Debian's ActiveMQ has no XStream, without which it cannot write an Advisory as STOMP"}),
    ("remove all of a time", HEAR + later("AMQ_SCHEDULED_DELAY:1500") + later("AMQ_SCHEDULED_DELAY:2500", "|n:2") +
     "a= " + MANAGE + "REMOVEALL|ACTION_START_TIME:{now}|ACTION_END_TIME:{now+2200}\na_ 4000\na<.", {}),
    ("remove what is not there", HEAR + later("AMQ_SCHEDULED_DELAY:500") +
     "a= " + MANAGE + "REMOVE|scheduledJobId:none\na_ 1500\na<.", {}),
    ("commands without meaning", "a+ 1.2\na= " + MANAGE + "DANCE\na= " + MANAGE + "BROWSE\na= " + MANAGE + "REMOVE\na?", {}),
    ("nobody hears commands", "a+ 1.2\na= SUBSCRIBE|destination:/topic/ActiveMQ.Scheduler.Management|id:1\na= " + MANAGE + "DANCE\na<.",
     {}),
)]
