/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_path.h"

static struct slice so_far(const struct message_draft *draft, struct slice name)
{
    struct value value;

    for (size_t i = 0; i < draft->property_count; i++)
        if (slice_equal(draft->properties[i].name, name) &&
            draft->properties[i].value.type == VALUE_STRING)
            return draft->properties[i].value.text;
    if (property_find(draft->encoded_properties, name, &value) && value.type == VALUE_STRING)
        return value.text;
    return SLICE_ABSENT;
}

static void add_property(struct text *text, const struct property *property)
{
    size_t start = text->len;

    for (size_t len = property_len(property); len > 0; len--)
        text_add_char(text, '\0');
    if (!text_failed(text))
        property_write((uint8_t *)text->bytes + start, property);
}

/* The entry goes in front: of a name that comes twice, the first counts. */
void trace_path_stamp(struct engine *engine, struct message_draft *draft)
{
    struct slice name = slice_of_text(engine->config->trace_broker_path);
    struct slice before = so_far(draft, name);
    struct property property = {name, {.type = VALUE_STRING}};
    struct text path;

    if (draft->encoded_property_count == UINT16_MAX)
        return;
    text_init(&path);
    text_add(&path, before);
    if (slice_is_present(before))
        text_add_char(&path, ',');
    text_add(&path, slice_of_text(engine->config->broker_name));
    property.value.text = text_slice(&path);
    engine->trace_path.len = 0;
    engine->trace_path.failed = false; /* there may be memory again */
    add_property(&engine->trace_path, &property);
    text_add(&engine->trace_path, draft->encoded_properties);
    if (!text_failed(&path) && !text_failed(&engine->trace_path)) {
        draft->encoded_properties = text_slice(&engine->trace_path);
        draft->encoded_property_count++;
    }
    text_fini(&path);
}
