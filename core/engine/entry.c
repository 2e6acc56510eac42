/* SPDX-License-Identifier: Apache-2.0 */
#include "branch.h"
#include "destination.h"
#include "topic.h"

struct item *item_create(struct engine *engine, struct message *message, struct topic_view *view)
{
    struct item *item = pool_take(&engine->item_pool);

    if (!item)
        return NULL;
    *item = (struct item){.message = message_ref(message),
                          .view = view,
                          .refs = 1,
                          .charge = view ? message_charge(message, view->policy) : 0};
    engine->memory += item->charge;
    if (LIKELY(view != NULL))
        topic_view_charge(engine, view, item->charge, true);
    return item;
}

void item_unref(struct engine *engine, struct item *item)
{
    assert(item->refs > 0);
    if (--item->refs > 0)
        return;
    assert(engine->memory >= item->charge);
    engine->memory -= item->charge;
    if (LIKELY(item->view != NULL))
        topic_view_charge(engine, item->view, item->charge, false);
    message_unref(item->message);
    pool_give(&engine->item_pool, item);
}

struct entry *entry_create(struct engine *engine, struct message *message, struct item *item,
                           struct destination *queue)
{
    struct entry *entry = pool_take(&engine->entry_pool);

    if (!entry)
        return NULL;
    *entry = (struct entry){.message = message,
                            .item = item,
                            .queue = queue,
                            .number = ++engine->number,
                            .redelivery_count = message->redelivery_count};
    list_init(&entry->node);
    list_init(&entry->cursors);
    if (item) {
        item->refs++;
    } else {
        entry->charge = message_charge(message, queue->policy);
        memory_add(engine, queue, entry->charge);
    }
    return entry;
}

void entry_destroy(struct engine *engine, struct entry *entry)
{
    assert(list_is_empty(&entry->cursors));
    branch_forget(engine, entry);
    if (entry->item) {
        item_unref(engine, entry->item);
    } else {
        memory_remove(engine, entry->queue, entry->charge);
        message_unref(entry->message);
    }
    pool_give(&engine->entry_pool, entry);
}
