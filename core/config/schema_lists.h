/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SCHEMA_LISTS_H
#define CONFIG_SCHEMA_LISTS_H
/*
 * schema_lists.h - what the areas of the schema share: lists of destinations.
 *
 * Threads    the loading one. Ownership: lists are in the arena.
 */
#include "destination.h"
#include "schema.h"
#include "walk.h"

/* The object of an element that holds <queue> and <topic>. */
struct destination_list {
    struct config_destination **items;
    size_t *count;
};

void *destination_list_begin(struct walk *walk, struct config_destination **items, size_t *count);

extern const struct schema_element schema_list_queue, schema_list_topic;
extern const struct schema_element schema_list_temp_queue, schema_list_temp_topic;

/* VirtualTopic.> and the mirror of all queues, as the broker's attributes say. */
void virtual_add_built_in(struct walk *walk, struct config *config);
/* Checks and completes what the plugins say together. */
void plugins_finish(struct walk *walk, struct config *config);
#endif
