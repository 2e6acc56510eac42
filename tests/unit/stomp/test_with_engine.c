/* SPDX-License-Identifier: Apache-2.0 */
/* Two connections on one shard of the real engine: what clients see of messaging. */
#include "loop/output.h"
#include "stomp/stomp_session.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEERS = 2, SHOWN_MAX = 100000 };

struct output {
    struct text bytes;
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

static struct peer {
    struct stomp_session *session;
    struct output output;
    bool is_closed;
} peers[PEERS];

static struct config config;
static struct config_transport_connector transport = {.name = "s", .scheme = "stomp"};
static struct stomp_connector connector;
static struct auth_realm *realm;
static struct wheel wheel;
static struct engine *engine;
static struct stomp_worker *worker;

uint8_t *output_reserve(struct output *output, size_t len)
{
    cr_assert_leq(len, OUTPUT_RESERVE_MAX);
    return output->room;
}

void output_commit(struct output *output, size_t len)
{
    output_add(output, slice_of(output->room, len));
}

void output_add(struct output *output, struct slice bytes)
{
    text_add(&output->bytes, bytes);
    output->total += bytes.len;
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    output_add(output, bytes);
    release(owner);
}

static uint64_t written(void *arg)
{
    return ((struct peer *)arg)->output.total;
}

static void ignore(void *arg)
{
    (void)arg;
}

static void close_peer(void *arg)
{
    ((struct peer *)arg)->is_closed = true;
}

static void no_mail(void *arg, uint16_t to, const struct mail *mail)
{
    (void)arg;
    (void)to;
    (void)mail;
    cr_assert_fail("there is one shard only");
}

static uint64_t no_memory_elsewhere(void *arg)
{
    (void)arg;
    return 0;
}

static void open_peer(int index)
{
    struct peer *peer = &peers[index];
    const struct wire wire = {&peer->output, written, ignore, ignore, close_peer, peer};
    const struct log_scope scope = {.module = "stomp"};

    peer->session = stomp_session_create(worker, &connector, &wire, scope, "tcp://10.0.0.1:1");
    cr_assert(peer->session);
}

static void setup(void)
{
    struct engine_options options = {
        .shards = 1, .config = &config, .id_base = "ID:t-1-2", .now_ms = 1, .wall_ms = 1000000};
    struct text_error why;

    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, 2);
    config = (struct config){.broker_name = "t",
                             .force_persistency = -1,
                             .advisory_support = true,
                             .use_virtual_topics = true,
                             .allow_temp_auto_creation = true};
    config.settings = (struct config_settings){.output_bytes_max = 65536,
                                               .connection_subscriptions_max = 20,
                                               .connection_temps_max = 10,
                                               .transaction_bytes_max = 65536};
    config_policy_init(&config.policies.fallback);
    cr_assert_eq(auth_realm_create(&config.security, &realm, &why), 0);
    options.realm = realm;
    options.host = (struct engine_host){.send = no_mail, .memory_of_others = no_memory_elsewhere};
    wheel_init(&wheel, 1);
    engine = engine_create(&options);
    cr_assert(engine);
    engine_start(engine);
    worker = stomp_worker_create(engine, &wheel);
    stomp_connector_init(&connector, &transport, &config);
    for (int i = 0; i < PEERS; i++)
        open_peer(i);
}

static void teardown(void)
{
    for (int i = 0; i < PEERS; i++) {
        stomp_session_destroy(peers[i].session);
        text_fini(&peers[i].output.bytes);
    }
    stomp_worker_destroy(worker);
    engine_destroy(engine);
    auth_realm_unref(realm);
}

TestSuite(stomp_with_engine, .init = setup, .fini = teardown);

/* A literal's own NUL ends the frame. */
#define FEED(index, literal) \
    cr_assert_eq(stomp_session_receive(peers[index].session, slice_of(literal, sizeof(literal))), \
                 sizeof(literal))

/* What a peer has got since the last look, NUL shown as '~'. The kernel takes it with this. */
static const char *take(int index)
{
    static char shown[SHOWN_MAX];
    struct output *output = &peers[index].output;
    const size_t len = output->bytes.len;

    cr_assert_lt(len, sizeof shown);
    for (size_t i = 0; i < len; i++)
        shown[i] = output->bytes.bytes[i] ? output->bytes.bytes[i] : '~';
    shown[len] = '\0';
    output->bytes.len = 0;
    stomp_session_sent(peers[index].session, output->total);
    return shown;
}

static void assert_has(int index, const char *part)
{
    const char *shown = take(index);

    cr_assert(strstr(shown, part), "[%s] not in [%s]", part, shown);
}

static void connect_both(void)
{
    FEED(0, "CONNECT\naccept-version:1.2\n\n");
    FEED(1, "CONNECT\naccept-version:1.2\n\n");
    assert_has(0, "CONNECTED\n");
    assert_has(1, "CONNECTED\n");
}

Test(stomp_with_engine, delivers_from_one_connection_to_the_other)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nreceipt:r\n\n");
    assert_has(1, "RECEIPT\nreceipt-id:r\n");
    FEED(0, "SEND\ndestination:/queue/a\nx:y\n\nhello");
    assert_has(1, "x:y\n\nhello~\n");
}

Test(stomp_with_engine, keeps_messages_of_a_queue_until_somebody_comes)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\nreceipt:1\n\none");
    FEED(0, "SEND\ndestination:/queue/a\n\ntwo");
    assert_has(0, "receipt-id:1\n");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    assert_has(1, "two~\n");
}

Test(stomp_with_engine, matches_wildcards_of_topics)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/topic/mc.>\n\n");
    FEED(0, "SEND\ndestination:/topic/mc.a.b\n\nx");
    assert_has(1, "destination:/topic/mc.a.b\n");
}

static void reopen_with_separator(int index, const char *separator)
{
    config.path_separator = separator;
    stomp_session_destroy(peers[index].session);
    open_peer(index);
}

Test(stomp_with_engine, another_path_separator_is_a_dot_inside)
{
    reopen_with_separator(1, "/");
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/topic/mc/>\n\n");
    FEED(0, "SEND\ndestination:/topic/mc.a.b\nreply-to:/queue/x.y\n\nx");
    assert_has(1, "destination:/topic/mc/a/b\n");
    FEED(0, "SUBSCRIBE\nid:s\ndestination:/queue/p.q\n\n");
    FEED(1, "SEND\ndestination:/queue/p/q,/queue/r\nreply-to:/topic/t/u\n\nhello");
    assert_has(0, "reply-to:/topic/t.u\n");
}

Test(stomp_with_engine, a_connector_may_limit_the_consumers_of_a_connection)
{
    transport.maximum_consumers = 1;
    config.connectors = &transport;
    config.connector_count = 1;
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nreceipt:1\n\n");
    assert_has(1, "receipt-id:1\n");
    FEED(1, "SUBSCRIBE\nid:t\ndestination:/queue/b\nreceipt:2\n\n");
    assert_has(1, "at maximum limit: 1");
    FEED(0, "SUBSCRIBE\nid:s\ndestination:/queue/b\nreceipt:3\n\n");
    assert_has(0, "receipt-id:3\n");
}

Test(stomp_with_engine, a_path_separator_leaves_temporary_destinations_alone)
{
    reopen_with_separator(1, "/");
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/temp-queue/a.b/c\n\n");
    FEED(1, "SEND\ndestination:/temp-queue/a.b/c\n\nx");
    assert_has(1, "destination:/temp-queue/a.b/c\n");
}

Test(stomp_with_engine, goes_by_the_selector)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nselector:n > 5\n\n");
    FEED(0, "SEND\ndestination:/queue/a\nn:3\n\nsmall");
    FEED(0, "SEND\ndestination:/queue/a\nn:30\n\nlarge");
    assert_has(1, "large~\n");
    cr_assert_str_eq(take(1), "");
}

Test(stomp_with_engine, refuses_a_bad_selector_and_stays_open)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nselector:n >\nreceipt:r\n\n");
    assert_has(1, "ERROR\ncontent-type:text/plain\nreceipt-id:r\n");
    cr_assert_not(peers[1].is_closed);
    FEED(1, "UNSUBSCRIBE\nid:s\n\n");
    assert_has(1, "No subscription matched.");
}

Test(stomp_with_engine, delivers_again_what_was_not_acknowledged)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    assert_has(1, "one~\n");
    FEED(1, "UNSUBSCRIBE\nid:s\n\n");
    FEED(0, "SUBSCRIBE\nid:t\ndestination:/queue/a\n\n");
    assert_has(0, "subscription:t\nredelivered:true\n");
}

Test(stomp_with_engine, does_not_deliver_again_what_was_acknowledged)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    assert_has(1, "ack:1-1\n");
    FEED(1, "ACK\nid:1-1\nreceipt:k\n\n");
    assert_has(1, "receipt-id:k\n");
    FEED(1, "UNSUBSCRIBE\nid:s\n\n");
    FEED(0, "SUBSCRIBE\nid:t\ndestination:/queue/a\n\n");
    cr_assert_str_eq(take(0), "");
}

Test(stomp_with_engine, gives_a_message_once_more_when_the_kernel_did_not_take_it)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    stomp_session_destroy(peers[1].session);
    peers[1].session = NULL;
    FEED(0, "SUBSCRIBE\nid:t\ndestination:/queue/a\n\n");
    assert_has(0, "one~\n");
}

Test(stomp_with_engine, makes_room_in_the_prefetch_window_by_sending)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nactivemq.prefetchSize:1\n\n");
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    FEED(0, "SEND\ndestination:/queue/a\n\ntwo");
    assert_has(1, "one~\n");
    assert_has(1, "two~\n");
}

Test(stomp_with_engine, delivers_nothing_with_a_prefetch_of_zero)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nactivemq.prefetchSize:0\n\n");
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    cr_assert_str_eq(take(1), "");
}

Test(stomp_with_engine, shows_transacted_messages_after_COMMIT_only)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED(0, "BEGIN\ntransaction:t\n\n");
    FEED(0, "SEND\ndestination:/queue/a\ntransaction:t\n\none");
    cr_assert_str_eq(take(1), "");
    FEED(0, "COMMIT\ntransaction:t\nreceipt:c\n\n");
    assert_has(0, "receipt-id:c\n");
    assert_has(1, "one~\n");
}

Test(stomp_with_engine, forgets_transacted_messages_after_ABORT)
{
    connect_both();
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED(0, "BEGIN\ntransaction:t\n\n");
    FEED(0, "SEND\ndestination:/queue/a\ntransaction:t\n\none");
    FEED(0, "ABORT\ntransaction:t\n\n");
    cr_assert_str_eq(take(1), "");
}

Test(stomp_with_engine, acknowledges_after_ABORT_without_a_new_delivery)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client-individual\n\n");
    FEED(1, "BEGIN\ntransaction:t\n\n");
    assert_has(1, "ack:1-1\n");
    FEED(1, "ACK\nid:1-1\ntransaction:t\n\n");
    FEED(1, "ABORT\ntransaction:t\n\n");
    FEED(1, "ACK\nid:1-1\nreceipt:k\n\n");
    cr_assert_str_eq(take(1), "RECEIPT\nreceipt-id:k\n\n~\n");
}

Test(stomp_with_engine, answers_a_request_over_a_temporary_queue)
{
    const char *reply_to;
    char frame[300];
    int len;

    connect_both();
    FEED(0, "SUBSCRIBE\nid:r\ndestination:/temp-queue/replies\n\n");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/service\n\n");
    FEED(0, "SEND\ndestination:/queue/service\nreply-to:/temp-queue/replies\n\nask");
    reply_to = strstr(take(1), "reply-to:/remote-temp-queue/ID\\c");
    cr_assert(reply_to);
    reply_to += strlen("reply-to:");
    len = snprintf(frame, sizeof frame, "SEND\ndestination:%.*s\n\nanswer",
                   (int)strcspn(reply_to, "\n"), reply_to);
    stomp_session_receive(peers[1].session, slice_of(frame, (size_t)len + 1));
    assert_has(0, "destination:/temp-queue/replies\n");
}

Test(stomp_with_engine, keeps_messages_for_a_durable_subscription_that_is_away)
{
    FEED(0, "CONNECT\naccept-version:1.2\n\n");
    FEED(1, "CONNECT\naccept-version:1.2\nclient-id:me\n\n");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/topic/a\nactivemq.subscriptionName:d\n\n");
    FEED(1, "UNSUBSCRIBE\nid:s\n\n");
    FEED(0, "SEND\ndestination:/topic/a\n\nmeanwhile");
    take(1);
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/topic/a\nactivemq.subscriptionName:d\n\n");
    assert_has(1, "meanwhile~\n");
    FEED(1, "UNSUBSCRIBE\nid:s\n\n");
    FEED(1, "UNSUBSCRIBE\nid:s\nactivemq.subscriptionName:d\nreceipt:gone\n\n");
    assert_has(1, "receipt-id:gone\n");
}

Test(stomp_with_engine, refuses_a_client_id_that_is_in_use)
{
    FEED(0, "CONNECT\nclient-id:me\n\n");
    FEED(1, "CONNECT\nclient-id:me\n\n");
    assert_has(1, "ERROR\n");
    cr_assert(peers[1].is_closed);
    cr_assert_not(peers[0].is_closed);
}

Test(stomp_with_engine, ends_a_browse_and_leaves_the_messages)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\n\none");
    FEED(1, "SUBSCRIBE\nid:b\ndestination:/queue/a\nbrowser:true\n\n");
    assert_has(1, "one~\nMESSAGE\nsubscription:b\nbrowser:end\n");
    FEED(0, "SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    assert_has(0, "one~\n");
}

Test(stomp_with_engine, sends_poison_to_the_dead_letter_queue)
{
    connect_both();
    FEED(0, "SEND\ndestination:/queue/a\npersistent:true\n\none");
    FEED(1, "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    FEED(0, "SUBSCRIBE\nid:d\ndestination:/queue/ActiveMQ.DLQ\n\n");
    assert_has(1, "ack:1-1\n");
    FEED(1, "NACK\nid:1-1\n\n");
    cr_assert_str_eq(take(1), "");
    assert_has(0, "subscription:d\n");
}

Test(stomp_with_engine, tells_of_connections_by_advisory)
{
    const char *shown;

    FEED(0, "CONNECT\naccept-version:1.2\n\n");
    FEED(0, "SUBSCRIBE\nid:a\ndestination:/topic/ActiveMQ.Advisory.Connection\n\n");
    take(0);
    FEED(1, "CONNECT\naccept-version:1.2\nlogin:u\npasscode:secret\n\n");
    shown = take(0);
    cr_assert(strstr(shown, "{\"ConnectionInfo\":{"), "%s", shown);
    cr_assert_not(strstr(shown, "secret"));
}
