/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_fanout.h"
#include "openwire_internal.h"

enum { SIZE_BYTES = 4 };

void fanout_init(struct fanout *fanout)
{
    *fanout = (struct fanout){.message = NULL};
    text_init(&fanout->bytes);
    text_init(&fanout->name);
}

void fanout_fini(struct fanout *fanout)
{
    message_unref(fanout->message);
    text_fini(&fanout->bytes);
    text_fini(&fanout->name);
    fanout_init(fanout);
}

static void forget(struct fanout *fanout)
{
    message_unref(fanout->message);
    fanout->message = NULL;
    fanout->bytes.len = fanout->name.len = 0;
}

/* The message as a frame of its own, without that frame's size. */
static bool write_for_all(struct fanout *fanout, struct openwire_session *session,
                          const struct message *message)
{
    struct rendering *rendering = &session->worker->rendering;
    const struct ow_message *rendered = &rendering->blob.message;
    struct ow_frame frame;

    if (render_message(session->worker, message, rendering) != 0 ||
        ow_write(session->writer, &rendered->command.object, &frame) != OW_OK)
        return false;
    text_add(&fanout->bytes, slice_after(frame.head, SIZE_BYTES));
    text_add(&fanout->bytes, frame.shared);
    text_add(&fanout->bytes, frame.tail);
    text_add(&fanout->name, rendered->destination->physical_name);
    if (text_failed(&fanout->bytes) || text_failed(&fanout->name)) {
        fanout_fini(fanout); /* failure is sticky */
        return false;
    }
    fanout->version = session->format.version;
    fanout->written = (struct ow_written){{OW_WRITTEN}, text_slice(&fanout->bytes)};
    fanout->destination =
        (struct ow_destination){rendered->destination->object, text_slice(&fanout->name)};
    return true;
}

const struct fanout *fanout_of(struct openwire_session *session, struct message *message)
{
    struct fanout *fanout = &session->worker->fanout;

    if (session->format.tight || session->format.cache || message->len > FANOUT_BYTES_MAX)
        return NULL;
    if (LIKELY(fanout->message == message && fanout->version == session->format.version))
        return fanout;
    if (fanout->last != message) {
        fanout->last = message;
        return NULL;
    }
    forget(fanout);
    if (!write_for_all(fanout, session, message))
        return NULL;
    fanout->message = message_ref(message);
    return fanout;
}
