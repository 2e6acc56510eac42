/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time limits of a connection: until its WireFormatInfo has come, and then inactivity. Both sides
 * promise to send something in each interval, be it a KeepAliveInfo.
 */
#include "openwire_internal.h"
#include <inttypes.h>

static void read_timer_fired(struct timer *timer)
{
    struct openwire_session *session = CONTAINER_OF(timer, struct openwire_session, read_timer);
    struct wheel *wheel = session->worker->wheel;

    if (session->state == SESSION_NEW) {
        session_close(session, "no WireFormatInfo within %" PRId64 " ms",
                      session->connector->connect_timeout_ms);
        return;
    }
    if (session->has_read ||
        session->paused) { /* paused: we do not listen, silence proves nothing */
        session->is_silent = false;
    } else if (session->is_silent) {
        session_end(session, "inactivity");
        return;
    } else {
        session->is_silent = true;
    }
    session->has_read = false;
    wheel_set(wheel, timer, wheel->now_ms + session->inactivity_ms);
}

static int64_t write_interval_ms(const struct openwire_session *session)
{
    return session->inactivity_ms > 3 ? session->inactivity_ms / 3 : session->inactivity_ms;
}

static void write_timer_fired(struct timer *timer)
{
    static const struct ow_command keep_alive = {.object.type = OW_KEEP_ALIVE_INFO};
    struct openwire_session *session = CONTAINER_OF(timer, struct openwire_session, write_timer);
    struct wheel *wheel = session->worker->wheel;

    if (session->wire.written(session->wire.arg) == session->written_at_check) {
        session_write(session, &keep_alive.object);
        session_trim(session);
    }
    session->written_at_check = session->wire.written(session->wire.arg);
    if (session->state != SESSION_CLOSED)
        wheel_set(wheel, timer, wheel->now_ms + write_interval_ms(session));
}

void monitor_init(struct openwire_session *session)
{
    struct wheel *wheel = session->worker->wheel;

    timer_init(&session->read_timer, read_timer_fired);
    timer_init(&session->write_timer, write_timer_fired);
    if (session->connector->connect_timeout_ms > 0)
        wheel_set(wheel, &session->read_timer,
                  wheel->now_ms + session->connector->connect_timeout_ms);
}

void monitor_start(struct openwire_session *session)
{
    struct wheel *wheel = session->worker->wheel;
    const int64_t initial_ms = session->inactivity_initial_ms;

    monitor_stop(session);
    if (session->inactivity_ms <= 0)
        return;
    session->written_at_check = session->wire.written(session->wire.arg);
    wheel_set(wheel, &session->read_timer,
              wheel->now_ms + (initial_ms > 0 ? initial_ms : session->inactivity_ms));
    wheel_set(wheel, &session->write_timer,
              wheel->now_ms + (initial_ms > 0 ? initial_ms : write_interval_ms(session)));
}

void monitor_stop(struct openwire_session *session)
{
    wheel_cancel(session->worker->wheel, &session->read_timer);
    wheel_cancel(session->worker->wheel, &session->write_timer);
}
