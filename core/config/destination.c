/* SPDX-License-Identifier: Apache-2.0 */
#include "destination.h"
#include "values.h"

static const struct {
    const char *scheme, *text;
} kinds[] = {
    [CONFIG_QUEUE] = {"queue://", "queue"},
    [CONFIG_TOPIC] = {"topic://", "topic"},
    [CONFIG_TEMP_QUEUE] = {"temp-queue://", "temp-queue"},
    [CONFIG_TEMP_TOPIC] = {"temp-topic://", "temp-topic"},
};

const char *destination_trim(struct arena *arena, const char *name)
{
    char *plain = arena_copy(arena, value_trim(name));

    plain[strcspn(plain, "?")] = '\0';
    return arena_copy(arena, value_trim(plain));
}

bool destination_parse(struct arena *arena, const char *text, enum config_destination_kind kind,
                       struct config_destination *out)
{
    const char *name = destination_trim(arena, text);

    out->kind = kind;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i].scheme);

        if (strncmp(name, kinds[i].scheme, len) == 0) {
            out->kind = (enum config_destination_kind)i;
            name += len;
            break;
        }
    }
    out->name = name;
    return *name != '\0';
}

const char *destination_kind_text(enum config_destination_kind kind)
{
    return kinds[kind].text;
}
