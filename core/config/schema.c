/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"
#include "values.h"
#include <assert.h>

void schema_set_defaults(const struct schema_element *element, void *object)
{
    for (const struct schema_attribute *row = element->attributes; row && row->name; row++) {
        struct text_error error;
        union value value;
        int result;

        if (!row->initial || row->store == STORE_NOWHERE)
            continue;
        result = value_parse(row, row->initial, &value, &error);
        assert(result == 0); /* the table's own defaults are right */
        (void)result;
        value_store(row, object, &value);
    }
}

const struct schema_attribute *schema_attribute_find(const struct schema_element *element,
                                                     const char *name, bool is_ours)
{
    for (const struct schema_attribute *row = element->attributes; row && row->name; row++)
        if (row->is_ours == is_ours && strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct schema_element *schema_child_find(const struct schema_element *element,
                                               const char *name)
{
    for (const struct schema_element *const *c = element->children; c && *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}
