/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONNECT, heart-beats and the time limits of a connection.
 */
#include "stomp_internal.h"
#include <errno.h>
#include <stdlib.h>

enum { BEAT_MS_MIN = 10, HEART_BEAT_MS_MAX = INT32_MAX };

/* ActiveMQ looks at a silent client every interval and closes it after the third: x=500 is closed
 * after 1.5 s. */
enum { SILENT_INTERVALS = 3 };

static struct slice next_item(struct slice *list)
{
    const uint8_t *comma = list->len > 0 ? memchr(list->bytes, ',', list->len) : NULL;
    const size_t len = comma ? (size_t)(comma - list->bytes) : list->len;
    const struct slice item = slice_of(list->bytes, len);

    *list = slice_after(*list, comma ? len + 1 : len);
    return slice_trim(item);
}

/* The highest version of the list that we know; false when there is none. */
static bool choose_version(struct slice list, enum stomp_version *out)
{
    bool is_found = false;

    if (!slice_is_present(list)) {
        *out = STOMP_1_0;
        return true;
    }
    while (list.len > 0) {
        const struct slice item = next_item(&list);

        if (item.len == 3 && memcmp(item.bytes, "1.", 2) == 0 && item.bytes[2] >= '0' &&
            item.bytes[2] <= '2') {
            const enum stomp_version version = (enum stomp_version)(item.bytes[2] - '0');

            if (!is_found || version > *out)
                *out = version;
            is_found = true;
        }
    }
    return is_found;
}

static bool read_interval(struct slice item, int64_t *out)
{
    return slice_to_i64(item, out) && *out >= 0 && *out <= HEART_BEAT_MS_MAX;
}

static bool read_heart_beat(const struct stomp_connector *connector, struct slice header,
                            int64_t *read_ms, int64_t *write_ms)
{
    struct slice rest = header;

    *read_ms = connector->default_heart_beat_read_ms;
    *write_ms = connector->default_heart_beat_write_ms;
    if (!slice_is_present(header))
        return true;
    if (!read_interval(next_item(&rest), read_ms) || rest.len == 0)
        return false;
    return read_interval(next_item(&rest), write_ms) && rest.len == 0;
}

static int64_t at_least(int64_t interval_ms, int64_t min)
{
    return interval_ms < min ? min : interval_ms;
}

static void start_heart_beats(struct stomp_session *session, int64_t read_ms, int64_t write_ms)
{
    struct wheel *wheel = session->worker->wheel;
    const double grace = session->connector->grace_multiplier;

    session->last_read_ms = session->last_write_ms = wheel->now_ms;
    wheel_cancel(wheel, &session->read_timer);
    session->silence_ms_max = 0;
    session->beat_ms = 0;
    if (read_ms > 0) {
        session->silence_ms_max =
            (int64_t)((double)at_least(read_ms, BEAT_MS_MIN) * SILENT_INTERVALS * grace);
        wheel_set(wheel, &session->read_timer, wheel->now_ms + session->silence_ms_max);
    }
    if (write_ms > 0) {
        session->beat_ms = at_least(write_ms, BEAT_MS_MIN);
        wheel_set(wheel, &session->write_timer, wheel->now_ms + session->beat_ms);
    }
}

static void end_silent(struct stomp_session *session)
{
    session->is_lost = true;
    stomp_session_close(session, "heart_beat");
}

void session_read_timer_fired(struct timer *timer)
{
    struct stomp_session *session = CONTAINER_OF(timer, struct stomp_session, read_timer);
    struct wheel *wheel = session->worker->wheel;
    int64_t due;

    if (session->state == SESSION_CLOSED)
        return;
    if (session->state != SESSION_OPEN && session->state != SESSION_LEAVING) {
        stomp_session_close(session, "connect_timeout");
        return;
    }
    if (session->paused) /* we do not listen: silence proves nothing */
        session->last_read_ms = wheel->now_ms;
    due = session->last_read_ms + session->silence_ms_max;
    if (due > wheel->now_ms)
        wheel_set(wheel, timer, due);
    else
        end_silent(session);
}

void session_write_timer_fired(struct timer *timer)
{
    struct stomp_session *session = CONTAINER_OF(timer, struct stomp_session, write_timer);
    struct wheel *wheel = session->worker->wheel;

    if (session->state == SESSION_CLOSED)
        return;
    if (session->last_write_ms + session->beat_ms <= wheel->now_ms) {
        output_add(session->wire.output, SLICE("\n"));
        session->last_write_ms = wheel->now_ms;
    }
    wheel_set(wheel, timer, session->last_write_ms + session->beat_ms);
}

static void connecting_destroy(struct stomp_session *session)
{
    struct stomp_connecting *connecting = session->connecting;

    if (!connecting)
        return;
    free(connecting->client_id);
    free(connecting->receipt);
    free(connecting->request_id);
    free(connecting);
    session->connecting = NULL;
}

void session_connect_fini(struct stomp_session *session)
{
    connecting_destroy(session);
}

static int keep_header(const struct stomp_frame *frame, enum stomp_header_id id, char **out)
{
    const struct slice value = stomp_frame_header(frame, id);

    if (!slice_is_present(value))
        return 0;
    *out = strndup((const char *)value.bytes, value.len);
    return *out ? 0 : -ENOMEM;
}

static int connecting_create(struct stomp_session *session, const struct stomp_frame *frame)
{
    struct stomp_connecting *connecting = calloc(1, sizeof *connecting);

    if (!connecting)
        return -ENOMEM;
    session->connecting = connecting;
    if (keep_header(frame, STOMP_HEADER_CLIENT_ID, &connecting->client_id) ||
        keep_header(frame, STOMP_HEADER_RECEIPT, &connecting->receipt) ||
        keep_header(frame, STOMP_HEADER_REQUEST_ID, &connecting->request_id))
        return -ENOMEM; /* whoever destroys the session frees the rest */
    return 0;
}

static void accept_client(struct stomp_session *session)
{
    const struct stomp_connecting *connecting = session->connecting;
    const struct slice id = engine_client_connection_id(session->client);
    struct log_text clean;

    session->state = SESSION_OPEN;
    write_connected(session, connecting);
    start_heart_beats(session, connecting->read_ms, connecting->write_ms);
    log_event_limited(&session->scope, &session->worker->connect_limit, LOG_INFO, "connected",
                      "remote=\"%s\" session=\"%s\" version=1.%d", session->remote_address,
                      log_text(&clean, id), (int)session->version);
    stomp_session_resume(session, PAUSE_CONNECT);
}

static void finish(struct stomp_session *session)
{
    const struct stomp_connecting *connecting = session->connecting;
    struct log_text clean;

    if (connecting->is_refused) {
        log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_WARN,
                          "connect_refused", "remote=\"%s\" error=\"%s\"", session->remote_address,
                          log_text(&clean, slice_of_text(connecting->why.text)));
        write_error(session, connecting->why.text, slice_of_text(connecting->receipt));
        stomp_session_close(session, "refused");
    } else {
        accept_client(session);
    }
    connecting_destroy(session);
}

/* May come before engine_client_open has returned the client. */
void session_connect_answered(struct stomp_session *session,
                              const struct engine_completion *completion)
{
    struct stomp_connecting *connecting = session->connecting;

    if (session->state != SESSION_CONNECTING)
        return; /* closed meanwhile */
    connecting->is_answered = true;
    connecting->is_refused = completion->error != ENGINE_OK;
    if (connecting->is_refused)
        text_error_set(&connecting->why, "%s", completion->text);
    if (session->client)
        finish(session);
}

static void open_client(struct stomp_session *session, const struct stomp_frame *frame,
                        struct auth_principal *principal)
{
    const struct config_transport_connector *config = session->connector->config;
    const struct engine_client_spec spec = {
        .client_id = stomp_frame_header(frame, STOMP_HEADER_CLIENT_ID),
        .principal = principal,
        .user_name = stomp_frame_header(frame, STOMP_HEADER_LOGIN),
        .remote_address = slice_of_text(session->remote_address),
        .connector_name = slice_of_text(config->name),
        .steal_link = config->allow_link_stealing,
        .request = CONNECT_REQUEST,
    };

    session->state = SESSION_CONNECTING;
    session->client = engine_client_open(session->worker->engine, &spec, &session_ops, session);
    if (!session->client) {
        session_fail(session, frame, "No memory for a connection");
        return;
    }
    session->naming.client = session->client;
    if (session->connecting->is_answered)
        finish(session);
    else
        stomp_session_pause(session, PAUSE_CONNECT);
}

static void log_in(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct auth_credentials credentials = {
        stomp_frame_header(frame, STOMP_HEADER_LOGIN),
        stomp_frame_header(frame, STOMP_HEADER_PASSCODE),
        session->remote_address,
    };
    struct auth_principal *principal = NULL;
    struct text_error why;

    if (auth_cache_login(session->worker->logins, engine_realm(session->worker->engine),
                         &credentials, &principal, &why) != 0) {
        session_fail(session, frame, "%s", why.text);
        return;
    }
    open_client(session, frame, principal);
    auth_principal_unref(principal);
}

void session_on_connect(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct slice versions = stomp_frame_header(frame, STOMP_HEADER_ACCEPT_VERSION);
    const struct slice heart_beat = stomp_frame_header(frame, STOMP_HEADER_HEART_BEAT);
    enum stomp_version version = STOMP_1_0;
    int64_t read_ms, write_ms;

    if (!choose_version(versions, &version)) {
        session_fail(session, frame,
                     "Invalid Protocol version[%.*s], supported versions are: [1.2, 1.1, 1.0]",
                     SLICE_FMT(versions));
        return;
    }
    session->version = (uint8_t)version;
    if (!read_heart_beat(session->connector, heart_beat, &read_ms, &write_ms)) {
        session_fail(session, frame, "Invalid heart-beat header:%.*s", SLICE_FMT(heart_beat));
        return;
    }
    if (connecting_create(session, frame) != 0) {
        session_fail(session, frame, "No memory for a connection");
        return;
    }
    session->connecting->read_ms = read_ms;
    session->connecting->write_ms = write_ms;
    log_in(session, frame);
}
