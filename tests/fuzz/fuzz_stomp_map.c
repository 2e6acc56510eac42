/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a map in JSON and in XML: what is accepted is a whole row of entries, as many as
 * were counted, and its text, as subscribers get it, is read back to the same ones.
 */
#include "stomp_transform.h"
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool truth)
{
    if (!truth)
        abort();
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_DOUBLE:
    case VALUE_FLOAT:
        return a->real == b->real || (a->real != a->real && b->real != b->real);
    case VALUE_BYTE:
    case VALUE_SHORT:
    case VALUE_INT:
    case VALUE_LONG:
        return a->integer == b->integer;
    case VALUE_STRING:
    case VALUE_BIG_STRING:
        return slice_equal(a->text, b->text);
    default:
        return false; /* no text says so */
    }
}

static void check_same(struct slice left, struct slice right, unsigned count)
{
    struct property_cursor a = {left}, b = {right};
    struct property from, to;

    for (; count > 0; count--) {
        check(property_next(&a, &from) && property_next(&b, &to));
        check(slice_equal(from.name, to.name));
        check(same_value(&from.value, &to.value));
    }
    check(a.rest.len == 0 && b.rest.len == 0);
}

static void check_map(enum stomp_transformation how, struct slice text)
{
    struct message_draft draft = {.destination = {DESTINATION_QUEUE, SLICE("Q")},
                                  .body_kind = BODY_MAP};
    struct stomp_scratch scratch;
    struct text entries, again;
    struct stomp_content content;
    struct message *message;
    uint16_t count = 0;
    int rc;

    text_init(&entries);
    text_init(&again);
    stomp_scratch_init(&scratch);
    rc = stomp_map_read(how, text, &entries, &draft.body_count);
    check(rc == 0 || rc == -EINVAL);
    if (rc == 0) {
        draft.body = text_slice(&entries);
        message = message_create(&draft);
        check(message != NULL);
        check(stomp_content(message, how, &scratch, &content) == 0);
        check(stomp_map_read(how, content.body, &again, &count) == 0);
        check(count == draft.body_count);
        check_same(text_slice(&entries), text_slice(&again), count);
        message_unref(message);
    }
    text_fini(&entries);
    text_fini(&again);
    stomp_scratch_fini(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_map(TRANSFORM_MAP_JSON, slice_of(data, len));
    check_map(TRANSFORM_MAP_XML, slice_of(data, len));
    return 0;
}
