/* SPDX-License-Identifier: Apache-2.0 */
#include "virtuals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

enum { DEPTH_MAX = 8 }; /* virtual destinations that lead to others; the rest of a loop is cut */

/* One configured virtual destination. */
struct rule {
    const struct config_virtual_destination *config;
    struct selector **selectors; /* one for each forward; NULL: unfiltered */
};

struct virtuals {
    struct rule *rules;
    size_t count;
};

/* That a queue takes copies by one rule of the topics that match. */
struct feed {
    const struct rule *rule;
    struct slice topics; /* a part of the queue's name; a pattern if that is one */
    struct binding *binding;
};

/* A queue somewhere that takes copies. */
struct binding {
    struct slice queue; /* bytes follow the feeds */
    uint64_t hash;
    size_t feed_count;
    struct feed feeds[];
};

/*
 * "Consumer.*." + topic + "": which topics a queue takes its copies from.
 */

/* Takes a level and its dot off the front; false when there is no dot. */
static bool take_first_level(struct slice *rest, struct slice *level)
{
    const uint8_t *dot = rest->len > 0 ? memchr(rest->bytes, '.', rest->len) : NULL;

    if (!dot)
        return false;
    *level = slice_of(rest->bytes, (size_t)(dot - rest->bytes));
    *rest = slice_after(*rest, level->len + 1);
    return true;
}

static bool take_last_level(struct slice *rest, struct slice *level)
{
    const uint8_t *dot = rest->len > 0 ? memrchr(rest->bytes, '.', rest->len) : NULL;
    size_t before;

    if (!dot)
        return false;
    before = (size_t)(dot - rest->bytes);
    *level = slice_after(*rest, before + 1);
    rest->len = before;
    return true;
}

static bool level_matches(struct slice pattern, struct slice level)
{
    return slice_is(pattern, "*") || slice_is(level, "*") || slice_equal(pattern, level);
}

/* "Consumer.*." takes two levels; "VTQ-" or "A.VTQ-" ends in plain text. */
static bool take_prefix(struct slice *name, struct slice prefix)
{
    struct slice wanted, level;

    while (take_first_level(&prefix, &wanted))
        if (!take_first_level(name, &level) || !level_matches(wanted, level))
            return false;
    if (!slice_starts_with(*name, prefix))
        return false;
    *name = slice_after(*name, prefix.len);
    return true;
}

static bool take_postfix(struct slice *name, struct slice postfix)
{
    struct slice wanted, level;

    while (take_last_level(&postfix, &wanted))
        if (!take_last_level(name, &level) || !level_matches(wanted, level))
            return false;
    if (name->len < postfix.len ||
        !slice_equal(slice_after(*name, name->len - postfix.len), postfix))
        return false;
    name->len -= postfix.len;
    return true;
}

static bool feeds_queue(const struct rule *rule, struct slice queue, struct slice *topics)
{
    const struct config_virtual_destination *config = rule->config;

    if (config->kind != VIRTUAL_TOPIC)
        return false;
    if (!take_prefix(&queue, slice_of_text(config->prefix ? config->prefix : "")) ||
        !take_postfix(&queue, slice_of_text(config->postfix ? config->postfix : "")) ||
        queue.len == 0)
        return false;
    *topics = queue;
    return pattern_is_wildcard(queue) || pattern_matches(slice_of_text(config->name), queue);
}

/*
 * Bindings: the same on every shard.
 */
static uint64_t binding_hash(const void *object)
{
    return ((const struct binding *)object)->hash;
}

static bool binding_matches(const void *object, const void *key)
{
    return slice_equal(((const struct binding *)object)->queue, *(const struct slice *)key);
}

static uint64_t queue_hash(struct slice queue)
{
    return destination_name_hash((struct destination_name){DESTINATION_QUEUE, queue});
}

static bool is_fed(const struct engine *engine, struct slice queue)
{
    struct slice topics;

    for (size_t i = 0; i < engine->virtuals->count; i++)
        if (feeds_queue(&engine->virtuals->rules[i], queue, &topics))
            return true;
    return false;
}

static void unbind(struct engine *engine, struct binding *binding)
{
    for (size_t i = 0; i < binding->feed_count; i++)
        pattern_index_remove(engine->bound_queues, binding->feeds[i].topics, &binding->feeds[i]);
    table_remove(&engine->bindings, binding);
    free(binding);
}

static struct binding *binding_create(const struct virtuals *virtuals, struct slice queue)
{
    size_t feeds_len = virtuals->count * sizeof(struct feed);
    struct binding *binding = calloc(1, sizeof *binding + feeds_len + queue.len);
    uint8_t *bytes;

    if (!binding)
        return NULL;
    bytes = (uint8_t *)(binding + 1) + feeds_len;
    memcpy(bytes, queue.bytes, queue.len);
    binding->queue = slice_of(bytes, queue.len);
    binding->hash = queue_hash(queue);
    return binding;
}

static void bind(struct engine *engine, struct slice queue)
{
    const struct virtuals *virtuals = engine->virtuals;
    struct binding *binding = binding_create(virtuals, queue);

    if (!binding)
        return;
    if (table_add(&engine->bindings, binding) != 0) {
        free(binding);
        return;
    }
    for (size_t i = 0; i < virtuals->count; i++) {
        struct feed *feed = &binding->feeds[binding->feed_count];

        *feed = (struct feed){.rule = &virtuals->rules[i], .binding = binding};
        if (!feeds_queue(feed->rule, binding->queue, &feed->topics))
            continue;
        if (pattern_index_add(engine->bound_queues, feed->topics, feed) != 0)
            break; /* no memory: the queue goes without what is missing */
        binding->feed_count++;
    }
}

static void change(struct engine *engine, struct slice queue, bool add)
{
    struct binding *binding = table_find(&engine->bindings, queue_hash(queue), &queue);

    if (binding && !add)
        unbind(engine, binding);
    else if (!binding && add)
        bind(engine, queue);
}

void virtual_queue_changed(struct engine *engine, const struct destination *queue, bool created)
{
    struct slice name = queue->name.name;

    if (queue->name.kind != DESTINATION_QUEUE || !is_fed(engine, name))
        return;
    change(engine, name, created);
    for (uint16_t to = 0; to < engine->shards; to++) {
        struct engine_mail mail = {.kind = MAIL_BIND, .flags = created ? MAIL_ADD : 0};

        if (to == engine->index)
            continue;
        mail.pointer = strndup((const char *)name.bytes, name.len);
        engine_mail_to(engine, to, &mail);
    }
}

void virtual_receive_bind(struct engine *engine, const struct engine_mail *mail)
{
    if (mail->pointer)
        change(engine, slice_of_text(mail->pointer), mail->flags & MAIL_ADD);
    free(mail->pointer);
}

/*
 * Expansion.
 */
static bool is_concerned(const struct rule *rule, struct destination_name name)
{
    bool kind_matches = false;

    switch (rule->config->kind) {
    case VIRTUAL_TOPIC:
    case COMPOSITE_TOPIC:
        kind_matches = name.kind == DESTINATION_TOPIC;
        break;
    case COMPOSITE_QUEUE:
        kind_matches = name.kind == DESTINATION_QUEUE;
        break;
    case MIRRORED_QUEUE: /* temporary ones as well: useTempMirroredQueues is on in ActiveMQ */
        kind_matches = destination_kind_is_queue(name.kind);
        break;
    }
    return kind_matches && pattern_matches(slice_of_text(rule->config->name), name.name);
}

bool virtual_concerns(const struct engine *engine, struct destination_name name)
{
    if (name.name.len > 0 && memchr(name.name.bytes, ',', name.name.len))
        return true;
    for (size_t i = 0; i < engine->virtuals->count; i++)
        if (is_concerned(&engine->virtuals->rules[i], name))
            return true;
    return false;
}

struct expansion {
    struct engine *engine;
    const struct message *message;
    virtual_target_fn *target;
    void *arg;
};

static void expand(const struct expansion *expansion, struct destination_name name, unsigned depth,
                   bool selector_aware);

static void emit(const struct expansion *expansion, struct destination_name name,
                 bool selector_aware)
{
    struct destination_name named = message_destination(expansion->message);
    struct virtual_target target = {.name = name,
                                    .is_copy = !destination_name_equal(name, named),
                                    .selector_aware = selector_aware};

    expansion->target(expansion->arg, &target);
}

/* The feeds of one topic. They are noted before the first copy is sent: a send may create a queue
 * that is bound, which changes the index. */
struct feeding {
    const struct expansion *expansion;
    struct destination_name topic;
    const struct feed **feeds;
    size_t count, capacity;
};

static bool feed_applies(const struct feeding *feeding, const struct feed *feed)
{
    const struct config_virtual_destination *config = feed->rule->config;

    if (config->local &&
        slice_is_present(message_part(feeding->expansion->message, MESSAGE_BROKER_PATH)))
        return false; /* the broker it comes from has fed the queues */
    return pattern_matches(feed->topics, feeding->topic.name) &&
           pattern_matches(slice_of_text(config->name), feeding->topic.name);
}

static void note_feed(void *arg, void *item)
{
    struct feeding *feeding = arg;
    const struct feed *feed = item;
    size_t capacity = feeding->capacity ? feeding->capacity * 2 : 16;
    const struct feed **feeds;

    if (!feed_applies(feeding, feed))
        return;
    for (const struct feed *earlier = feed->binding->feeds; earlier < feed; earlier++)
        if (feed_applies(feeding, earlier))
            return; /* one copy, however many rules say so */
    if (feeding->count == feeding->capacity) {
        feeds = realloc(feeding->feeds, capacity * sizeof *feeds);
        if (!feeds)
            return;
        feeding->feeds = feeds;
        feeding->capacity = capacity;
    }
    feeding->feeds[feeding->count++] = feed;
}

static void feed_queues(const struct expansion *expansion, struct destination_name topic,
                        unsigned depth)
{
    struct feeding feeding = {.expansion = expansion, .topic = topic};

    pattern_index_match(expansion->engine->bound_queues, topic.name, note_feed, &feeding);
    for (size_t i = 0; i < feeding.count; i++)
        expand(expansion,
               (struct destination_name){DESTINATION_QUEUE, feeding.feeds[i]->binding->queue},
               depth, feeding.feeds[i]->rule->config->selector_aware);
    free(feeding.feeds);
}

static size_t forward(const struct expansion *expansion, const struct rule *rule, unsigned depth)
{
    const struct config_virtual_destination *config = rule->config;
    size_t matched = 0;

    for (size_t i = 0; i < config->forward_count; i++) {
        const struct config_destination *to = &config->forwards[i].destination;
        struct destination_name name = {(enum destination_kind)to->kind, slice_of_text(to->name)};

        if (config->forwards[i].selector &&
            (!rule->selectors[i] || !selector_matches(rule->selectors[i], expansion->message,
                                                      &(struct selector_facts){0})))
            continue;
        matched++;
        expand(expansion, name, depth, false);
    }
    return matched;
}

static void mirror(const struct expansion *expansion, const struct rule *rule,
                   struct destination_name queue, unsigned depth)
{
    const struct config_virtual_destination *config = rule->config;
    struct text name;

    text_init(&name);
    text_add(&name, slice_of_text(config->prefix ? config->prefix : ""));
    text_add(&name, queue.name);
    text_add(&name, slice_of_text(config->postfix ? config->postfix : ""));
    if (!text_failed(&name) && name.len <= DESTINATION_NAME_MAX)
        expand(expansion, (struct destination_name){DESTINATION_TOPIC, text_slice(&name)}, depth,
               false);
    text_fini(&name);
}

/* What the rule makes of it; true: the message goes to the destination itself as well. */
static bool apply(const struct expansion *expansion, const struct rule *rule,
                  struct destination_name name, unsigned depth)
{
    const struct config_virtual_destination *config = rule->config;
    size_t matched;

    switch (config->kind) {
    case VIRTUAL_TOPIC: /* its queues are fed once for all rules */
        return true;
    case MIRRORED_QUEUE:
        mirror(expansion, rule, name, depth);
        return true;
    case COMPOSITE_QUEUE:
    case COMPOSITE_TOPIC:
        break;
    }
    matched = forward(expansion, rule, depth);
    return config->send_when_not_matched ? matched == 0 : !config->forward_only;
}

static void expand_parts(const struct expansion *expansion, struct destination_name name,
                         unsigned depth)
{
    struct slice rest = name.name;
    struct destination_name part;

    while (composite_next(&rest, name.kind, &part))
        expand(expansion, part, depth, false);
}

static void expand(const struct expansion *expansion, struct destination_name name, unsigned depth,
                   bool selector_aware)
{
    const struct virtuals *virtuals = expansion->engine->virtuals;
    bool intercepted = false, keep = false;

    if (depth >= DEPTH_MAX) {
        emit(expansion, name, selector_aware);
        return;
    }
    if (name.name.len > 0 && memchr(name.name.bytes, ',', name.name.len)) {
        expand_parts(expansion, name, depth + 1);
        return;
    }
    for (size_t i = 0; i < virtuals->count; i++) {
        if (!is_concerned(&virtuals->rules[i], name))
            continue;
        intercepted = true;
        keep |= apply(expansion, &virtuals->rules[i], name, depth + 1);
    }
    if (name.kind == DESTINATION_TOPIC)
        feed_queues(expansion, name, depth + 1);
    if (keep || !intercepted)
        emit(expansion, name, selector_aware);
}

void virtual_expand(struct engine *engine, const struct message *message, virtual_target_fn *target,
                    void *arg)
{
    struct expansion expansion = {engine, message, target, arg};

    expand(&expansion, message_destination(message), 0, false);
}

struct message *virtual_copy(const struct message *message, struct destination_name to)
{
    struct message_draft draft;

    message_to_draft(message, &draft);
    draft.original_destination = draft.destination;
    draft.destination = to;
    return message_create(&draft);
}

static bool selects(const struct list_node *attachments, const struct message *message)
{
    LIST_FOR_EACH(node, attachments) {
        const struct subscription *subscription =
            LIST_ENTRY(node, struct attachment, class_node)->subscription;
        const struct selector *selector = subscription->request->selector;

        if (!selector || selector_matches(selector, message, &(struct selector_facts){0}))
            return true;
    }
    return false;
}

bool virtual_is_wanted(const struct destination *queue, const struct message *message)
{
    LIST_FOR_EACH(node, &queue->queue.classes) {
        const struct priority_class *class = LIST_ENTRY(node, struct priority_class, node);

        if (selects(&class->ready, message) || selects(&class->full, message))
            return true;
    }
    return false;
}

/*
 * Composite names.
 */
static void take_kind(struct destination_name *name)
{
    for (unsigned kind = 0; kind < DESTINATION_KIND_COUNT; kind++) {
        struct slice prefix = slice_of_text(destination_kind_prefix((enum destination_kind)kind));

        if (slice_starts_with(name->name, prefix)) {
            name->kind = (enum destination_kind)kind;
            name->name = slice_after(name->name, prefix.len);
            return;
        }
    }
}

bool composite_next(struct slice *rest, enum destination_kind kind, struct destination_name *part)
{
    while (rest->len > 0) {
        const uint8_t *comma = memchr(rest->bytes, ',', rest->len);
        size_t len = comma ? (size_t)(comma - rest->bytes) : rest->len;

        *part = (struct destination_name){kind, slice_trim(slice_of(rest->bytes, len))};
        *rest = slice_after(*rest, comma ? len + 1 : len);
        take_kind(part);
        if (part->name.len > 0) /* "A,,B" has two parts */
            return true;
    }
    return false;
}

bool destination_next(struct slice *rest, struct destination_name whole,
                      struct destination_name *part)
{
    if (rest->len == 0 || memchr(whole.name.bytes, ',', whole.name.len))
        return composite_next(rest, whole.kind, part);
    *part = whole;
    *rest = slice_after(*rest, rest->len);
    return true;
}

/*
 * Beginning and end.
 */
static int compile_selectors(struct engine *engine, struct rule *rule)
{
    const struct config_virtual_destination *config = rule->config;
    struct log_scope scope = {"engine", 0, engine->index};
    struct text_error why;

    rule->selectors = calloc(config->forward_count + 1, sizeof(struct selector *));
    if (!rule->selectors)
        return -ENOMEM;
    for (size_t i = 0; i < config->forward_count; i++) {
        const char *text = config->forwards[i].selector;

        /* A filter that cannot be read lets nothing through. */
        if (text && selector_compile(slice_of_text(text), false, &rule->selectors[i], &why) != 0)
            log_event(&scope, LOG_ERROR, "virtual_selector_invalid", "line=%d error=\"%s\"",
                      config->line, why.text);
    }
    return 0;
}

int virtuals_init(struct engine *engine)
{
    const struct config *config = engine->config;
    struct virtuals *virtuals = calloc(1, sizeof *virtuals);

    engine->virtuals = virtuals;
    engine->bound_queues = pattern_index_create();
    if (!virtuals || !engine->bound_queues)
        return -ENOMEM;
    virtuals->rules = calloc(config->virtual_count + 1, sizeof *virtuals->rules);
    if (!virtuals->rules)
        return -ENOMEM;
    for (size_t i = 0; i < config->virtual_count; i++) {
        virtuals->rules[virtuals->count].config = &config->virtuals[i];
        if (compile_selectors(engine, &virtuals->rules[virtuals->count++]) != 0)
            return -ENOMEM;
    }
    return table_init(&engine->bindings, binding_hash, binding_matches, 16);
}

static void unbind_each(void *arg, void *object)
{
    unbind(arg, object);
}

static void rule_fini(struct rule *rule)
{
    for (size_t i = 0; rule->selectors && i < rule->config->forward_count; i++)
        selector_destroy(rule->selectors[i]);
    free(rule->selectors);
}

void virtuals_fini(struct engine *engine)
{
    struct virtuals *virtuals = engine->virtuals;

    if (engine->bindings.hash_of) { /* else virtuals_init did not come that far */
        table_each(&engine->bindings, unbind_each, engine);
        table_fini(&engine->bindings);
    }
    pattern_index_destroy(engine->bound_queues);
    for (size_t i = 0; virtuals && i < virtuals->count; i++)
        rule_fini(&virtuals->rules[i]);
    if (virtuals)
        free(virtuals->rules);
    free(virtuals);
    engine->virtuals = NULL;
}
