/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_WALK_H
#define CONFIG_WALK_H
/*
 * walk.h - goes through the tree of a file along the schema's table and fills the config.
 *
 * Threads    the loading one. Ownership: everything it makes is in the arena.
 * Order      elements in the order of the file, attributes before children.
 * Limits     nesting was checked before.
 */
#include "arena.h"
#include "config/config.h"
#include "report.h"
#include "schema.h"
#include "variables.h"
#include <libxml/tree.h>

#define NAMESPACE_CORE "http://activemq.apache.org/schema/core"
#define NAMESPACE_OURS "urn:corewire:config"

struct walk {
    struct arena *arena;
    struct config *config;
    struct config_report *report;
    struct variables *variables;
    const char *file;
    const void **noted; /* rows and elements that were remarked on already */
    size_t noted_count;
    bool is_muted; /* inside an ignored element: values are checked and not kept */
    bool has_interceptors, has_authorization, uses_host_name, collects_destinations,
        wants_memory_store, lacks_configurer;
    struct config_place authentication_place; /* line 0: none yet */
    struct config_place persistence_place;
};

void walk_element(struct walk *walk, const struct schema_element *element, const xmlNode *node,
                  void *parent);
struct config_place walk_place(const struct walk *walk, const xmlNode *node);
void walk_remark(struct walk *walk, enum config_severity severity, struct config_place place,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The resolved value of an attribute, or NULL. No remark when it cannot be resolved. */
const char *walk_attribute(struct walk *walk, const xmlNode *node, const char *name);
/* Whether the attribute or property is written there at all, right or wrong. */
bool walk_has(const xmlNode *node, const char *name);
/* Lines as scanned, or as the parser says. */
int walk_line(const xmlNode *node);
#endif
