/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_HARNESS_H
#define STOMP_HARNESS_H
/* harness.h - one session on the fake engine, fed with frames. Include once in a test program. */
#include "fake_engine.h"

static struct stomp_worker *worker;
static struct stomp_session *session;
static struct stomp_connector connector;
static struct config_transport_connector connector_config;

static uint64_t wire_written(void *arg)
{
    (void)arg;
    return fake.output.committed;
}

static void wire_pause(void *arg)
{
    (void)arg;
    fake.is_paused = true;
}

static void wire_resume(void *arg)
{
    (void)arg;
    fake.is_paused = false;
}

static void wire_close(void *arg)
{
    (void)arg;
    fake.is_closed = true;
}

static inline void open_session_with(struct config_option *options, size_t count)
{
    const struct wire wire = {&fake.output, wire_written, wire_pause,
                              wire_resume,  wire_close,   NULL};
    const struct log_scope scope = {.module = "stomp", .connection_id = 7};

    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, 2);
    wheel_init(&fake.wheel, 1000);
    text_init(&fake.calls);
    text_init(&fake.output.bytes);
    fake.config.settings.connection_subscriptions_max = 50;
    fake.config.settings.connection_temps_max = 3;
    fake.config.settings.output_bytes_max = 65536;
    connector_config = (struct config_transport_connector){
        .name = "stomp", .scheme = "stomp", .options = options, .option_count = count};
    stomp_connector_init(&connector, &connector_config, &fake.config);
    worker = stomp_worker_create(NULL, &fake.wheel);
    session = stomp_session_create(worker, &connector, &wire, scope, "tcp://10.0.0.1:5");
    cr_assert(worker && session);
}

static inline void open_session(void)
{
    open_session_with(NULL, 0);
}

static inline void close_session(void)
{
    stomp_session_destroy(session);
    stomp_worker_destroy(worker);
    message_unref(fake.last_message);
    text_fini(&fake.calls);
    text_fini(&fake.output.bytes);
}

static inline size_t feed_bytes(const void *bytes, size_t len)
{
    return stomp_session_receive(session, slice_of(bytes, len));
}

/* A literal's own NUL ends the frame. */
#define FEED(literal) cr_assert_eq(feed_bytes(literal, sizeof(literal)), sizeof(literal))

static inline void pass_time(int64_t ms)
{
    wheel_advance(&fake.wheel, fake.wheel.now_ms + ms);
}

static inline void open_1_0(void)
{
    open_session();
    FEED("CONNECT\n\n");
    fake_output();
    fake_forget_calls();
}

static inline void open_1_1(void)
{
    open_session();
    FEED("CONNECT\naccept-version:1.1\n\n");
    fake_output();
    fake_forget_calls();
}

static inline void open_1_2(void)
{
    open_session();
    FEED("CONNECT\naccept-version:1.2\n\n");
    fake_output();
    fake_forget_calls();
}

static inline void assert_output(const char *expected)
{
    const char *shown = fake_output();

    cr_assert_str_eq(shown, expected);
}

static inline void assert_output_has(const char *expected)
{
    const char *shown = fake_output();

    cr_assert(strstr(shown, expected), "not in [%s]", shown);
}

static inline void assert_called(const char *line)
{
    cr_assert(fake_called(line), "calls were [%s]", fake.calls.bytes ? fake.calls.bytes : "");
}

static inline void assert_not_called(const char *line)
{
    cr_assert_not(fake_called(line), "calls were [%s]", fake.calls.bytes);
}

/* An ERROR whose body is this text, and the connection stays or goes. */
static inline void assert_error(const char *text, bool closes)
{
    char expected[600];
    const char *shown;

    snprintf(expected, sizeof expected, "\n\n%s~\n", text);
    shown = fake_output();
    cr_assert(strstr(shown, "ERROR\ncontent-type:text/plain\n") && strstr(shown, expected),
              "not in [%s]", shown);
    cr_assert_eq(fake.is_closed, closes);
}
#endif
