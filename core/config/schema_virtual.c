/* SPDX-License-Identifier: Apache-2.0 */
/* destinations and destinationInterceptors: what exists from the start, and what is a view. */
#include "schema_lists.h"
#include "walk.h"

void *destination_list_begin(struct walk *walk, struct config_destination **items, size_t *count)
{
    struct destination_list *list = arena_alloc(walk->arena, sizeof *list);

    *list = (struct destination_list){items, count};
    return list;
}

static void *append(struct walk *walk, struct destination_list *list,
                    enum config_destination_kind kind)
{
    struct config_destination *item = ARENA_APPEND(walk->arena, *list->items, *list->count);

    item->kind = kind;
    return item;
}

static void *append_queue(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    return append(walk, parent, CONFIG_QUEUE);
}

static void *append_topic(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    return append(walk, parent, CONFIG_TOPIC);
}

static void set_physical_name(struct walk *walk, void *object, const struct schema_attribute *row,
                              const char *value, struct config_place place)
{
    struct config_destination *item = object;

    (void)row, (void)place;
    item->name = destination_trim(walk->arena, value);
}

static void end_destination(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_destination *item = object;

    if (!item->name || !*item->name)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<%s> has no name: it needs physicalName=", destination_kind_text(item->kind));
}

static void *begin_destinations(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config *config = parent;

    (void)node;
    return destination_list_begin(walk, &config->destinations, &config->destination_count);
}

static void *begin_interceptors(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    walk->has_interceptors = true; /* they replace the built-in VirtualTopic.> */
    return parent;
}

static struct config_virtual_destination *add_virtual(struct walk *walk, const xmlNode *node,
                                                      struct config *config, enum virtual_kind kind)
{
    struct config_virtual_destination *v =
        ARENA_APPEND(walk->arena, config->virtuals, config->virtual_count);

    v->kind = kind;
    v->line = node ? walk_line(node) : 0;
    return v;
}

static void *begin_forward(struct walk *walk, void *parent, enum config_destination_kind kind)
{
    struct config_virtual_destination *v = parent;
    struct config_forward *forward = ARENA_APPEND(walk->arena, v->forwards, v->forward_count);

    forward->destination.kind = kind;
    return forward;
}

static void *begin_forward_queue(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    return begin_forward(walk, parent, CONFIG_QUEUE);
}

static void *begin_forward_topic(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)node;
    return begin_forward(walk, parent, CONFIG_TOPIC);
}

static void set_filtered(struct walk *walk, void *object, const struct schema_attribute *row,
                         const char *value, struct config_place place)
{
    struct config_forward *forward = object;

    (void)place;
    forward->destination.kind = strcmp(row->name, "topic") == 0 ? CONFIG_TOPIC : CONFIG_QUEUE;
    forward->destination.name = destination_trim(walk->arena, value);
}

static void end_forward(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_forward *forward = object;

    if (!forward->destination.name || !*forward->destination.name)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<%s> in <forwardTo> names no destination", (const char *)node->name);
}

/* clang-format off */

/* --- destinations -------------------------------------------------------------------------- */

#define NAME_ROWS \
    A_SET("physicalName", set_physical_name, NULL, "its name"), \
    A_SET("name", set_physical_name, NULL, "the same"), \
    N_BOOL(IGNORED, "DLQ", "false", "whether a queue holds dead letters is found out"), \
    N_TEXT(IGNORED, "properties", NULL, WHY_SPRING)

static const struct schema_element composite_destinations = {
    .name = "compositeDestinations", .disposition = REFUSED,
    .meaning = "name each destination by itself",
};
const struct schema_element schema_list_queue = {
    .name = "queue", .meaning = "a queue", .flags = ELEMENT_REPEATS,
    .begin = append_queue, .end = end_destination,
    .attributes = ATTRIBUTES(NAME_ROWS), .children = CHILDREN(&composite_destinations),
};
const struct schema_element schema_list_topic = {
    .name = "topic", .meaning = "a topic", .flags = ELEMENT_REPEATS,
    .begin = append_topic, .end = end_destination,
    .attributes = ATTRIBUTES(NAME_ROWS), .children = CHILDREN(&composite_destinations),
};
const struct schema_element schema_list_temp_queue = {
    .name = "tempQueue", .disposition = IGNORED, .flags = ELEMENT_REPEATS | ELEMENT_OPAQUE,
    .meaning = "a temporary destination belongs to a connection",
};
const struct schema_element schema_list_temp_topic = {
    .name = "tempTopic", .disposition = IGNORED, .flags = ELEMENT_REPEATS | ELEMENT_OPAQUE,
    .meaning = "a temporary destination belongs to a connection",
};
const struct schema_element schema_destinations = {
    .name = "destinations", .meaning = "queues and topics that exist from the start",
    .begin = begin_destinations,
    .children = CHILDREN(&schema_list_queue, &schema_list_topic, &schema_list_temp_queue,
                         &schema_list_temp_topic),
};

/* --- destinationInterceptors --------------------------------------------------------------- */

#define WHY_COPIES "no copy waits for another"
#define V struct config_virtual_destination
#define F struct config_forward

static const struct schema_attribute virtual_topic_rows[] = {
    A_TEXT("name", V, name, "VirtualTopic.>", "the topics"),
    A_TEXT("prefix", V, prefix, "Consumer.*.", "in front of a topic's name: its queues"),
    A_TEXT("postfix", V, postfix, "", "behind it"),
    A_BOOL("selectorAware", V, selector_aware, "false",
           "a queue gets what one of its present consumers selects"),
    A_BOOL("local", V, local, "false", "not messages that come from other brokers"),
    N_BOOL(IGNORED, "concurrentSend", "false", WHY_COPIES),
    N_BOOL(MISSED, "transactedSend", "false", "a queue that is full has no say over the others"),
    N_BOOL(MISSED, "dropOnResourceLimit", "false", "the producer waits for a queue that is full"),
    N_BOOL(MISSED, "setOriginalDestination", "true",
           "a copy always tells the topic it came from"),
    {.name = NULL},
};
static const struct schema_attribute composite_rows[] = {
    A_TEXT("name", V, name, NULL, "its name; wildcards are allowed"),
    A_BOOL("forwardOnly", V, forward_only, "true", "false: a message stays here as well"),
    N_BOOL(MISSED, "copyMessage", "true", "copies always tell where they came from"),
    N_BOOL(IGNORED, "concurrentSend", "false", WHY_COPIES),
    A_BOOL("sendWhenNotMatched", V, send_when_not_matched, "false",
           "a message that no filter takes stays here"),
    {.name = NULL},
};
static const struct schema_attribute mirrored_rows[] = {
    A_TEXT("prefix", V, prefix, "VirtualTopic.Mirror.", "in front of a queue's name: its topic"),
    A_TEXT("postfix", V, postfix, "", "behind it"),
    N_BOOL(MISSED, "copyMessage", "true", "the copy always tells where it came from"),
    N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING),
    {.name = NULL},
};

#define FORWARD_ROWS \
    A_TEXT("physicalName", F, destination.name, NULL, "its name"), \
    A_TEXT("name", F, destination.name, NULL, "the same"), \
    N_BOOL(IGNORED, "DLQ", "false", "whether a queue holds dead letters is found out")

static const struct schema_element forward_queue = {
    .name = "queue", .meaning = "a copy goes to this queue", .flags = ELEMENT_REPEATS,
    .begin = begin_forward_queue, .end = end_forward, .attributes = ATTRIBUTES(FORWARD_ROWS),
};
static const struct schema_element forward_topic = {
    .name = "topic", .meaning = "a copy goes to this topic", .flags = ELEMENT_REPEATS,
    .begin = begin_forward_topic, .end = end_forward, .attributes = ATTRIBUTES(FORWARD_ROWS),
};
static const struct schema_element filtered_destination = {
    .name = "filteredDestination", .meaning = "a copy goes there if the selector matches",
    .flags = ELEMENT_REPEATS, .begin = begin_forward_queue, .end = end_forward,
    .attributes = ATTRIBUTES(
        A_TEXT("selector", F, selector, NULL, "which messages; none: all"),
        A_SET("queue", set_filtered, NULL, "the queue"),
        A_SET("topic", set_filtered, NULL, "or the topic"),
        N_TEXT(REFUSED, "filter", NULL, "it is a Java object: write a selector")),
};
static const struct schema_element forward_to = {
    .name = "forwardTo", .meaning = "where messages go",
    .children = CHILDREN(&forward_queue, &forward_topic, &filtered_destination),
};

static void *begin_virtual_topic(struct walk *walk, const xmlNode *node, void *parent);
static void *begin_composite_queue(struct walk *walk, const xmlNode *node, void *parent);
static void *begin_composite_topic(struct walk *walk, const xmlNode *node, void *parent);
static void *begin_mirrored(struct walk *walk, const xmlNode *node, void *parent);
static void end_composite(struct walk *walk, const xmlNode *node, void *object);

static const struct schema_element virtual_topic = {
    .name = "virtualTopic", .flags = ELEMENT_REPEATS,
    .meaning = "a topic that feeds a queue for each application",
    .begin = begin_virtual_topic, .attributes = virtual_topic_rows,
};
static const struct schema_element composite_queue = {
    .name = "compositeQueue", .flags = ELEMENT_REPEATS,
    .meaning = "a queue that stands for others",
    .begin = begin_composite_queue, .end = end_composite,
    .attributes = composite_rows, .children = CHILDREN(&forward_to),
};
static const struct schema_element composite_topic = {
    .name = "compositeTopic", .flags = ELEMENT_REPEATS,
    .meaning = "a topic that stands for others",
    .begin = begin_composite_topic, .end = end_composite,
    .attributes = composite_rows, .children = CHILDREN(&forward_to),
};
static const struct schema_element virtual_destinations = {
    .name = "virtualDestinations", .meaning = "all of them",
    .children = CHILDREN(&virtual_topic, &composite_queue, &composite_topic),
};
static const struct schema_element virtual_interceptor = {
    .name = "virtualDestinationInterceptor", .meaning = "holds the virtual destinations",
    .flags = ELEMENT_REPEATS, .children = CHILDREN(&virtual_destinations),
};
static const struct schema_element mirrored_queue = {
    .name = "mirroredQueue", .meaning = "every message of a queue also goes to a topic",
    .begin = begin_mirrored, .attributes = mirrored_rows,
};
const struct schema_element schema_destination_interceptors = {
    .name = "destinationInterceptors",
    .meaning = "virtual destinations; they replace the built-in virtual topic VirtualTopic.>",
    .begin = begin_interceptors,
    .children = CHILDREN(&virtual_interceptor, &mirrored_queue),
};
/* clang-format on */

static void *begin_virtual_topic(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_virtual_destination *v = add_virtual(walk, node, parent, VIRTUAL_TOPIC);

    schema_set_defaults(&virtual_topic, v);
    return v;
}

static void *begin_composite(struct walk *walk, const xmlNode *node, void *parent,
                             enum virtual_kind kind)
{
    struct config_virtual_destination *v = add_virtual(walk, node, parent, kind);

    schema_set_defaults(&composite_queue, v);
    return v;
}

static void *begin_composite_queue(struct walk *walk, const xmlNode *node, void *parent)
{
    return begin_composite(walk, node, parent, COMPOSITE_QUEUE);
}

static void *begin_composite_topic(struct walk *walk, const xmlNode *node, void *parent)
{
    return begin_composite(walk, node, parent, COMPOSITE_TOPIC);
}

static void *begin_mirrored(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_virtual_destination *v = add_virtual(walk, node, parent, MIRRORED_QUEUE);

    schema_set_defaults(&mirrored_queue, v);
    v->name = ">";
    return v;
}

static void end_composite(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_virtual_destination *v = object;

    if (!v->name || !*v->name)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<%s> needs name=", (const char *)node->name);
    if (v->forward_count == 0)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "<%s> forwards to nothing: what is sent to it %s", (const char *)node->name,
                    v->forward_only ? "is lost" : "stays there");
}

void virtual_add_built_in(struct walk *walk, struct config *config)
{
    if (walk->has_interceptors)
        return;
    if (config->use_virtual_topics)
        begin_virtual_topic(walk, NULL, config);
    if (config->use_mirrored_queues)
        begin_mirrored(walk, NULL, config);
}
