/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"
#include <criterion/criterion.h>

struct item {
    int number;
    struct list_node node;
};

static void expect(struct list_node *head, const int *numbers, size_t count)
{
    size_t i = 0;

    LIST_FOR_EACH(node, head) {
        cr_assert_lt(i, count);
        cr_assert_eq(LIST_ENTRY(node, struct item, node)->number, numbers[i]);
        cr_assert_eq(node->next->prev, node);
        i++;
    }
    cr_assert_eq(i, count);
}

Test(list, keeps_the_order_of_append_prepend_and_insert)
{
    struct list_node head;
    struct item a = {.number = 1}, b = {.number = 2}, c = {.number = 3};

    list_init(&head);
    cr_assert(list_is_empty(&head));
    list_append(&head, &c.node);
    list_prepend(&head, &a.node);
    list_insert_before(&c.node, &b.node);
    cr_assert(!list_is_empty(&head));
    expect(&head, (const int[]){1, 2, 3}, 3);
}

Test(list, removes_twice_without_harm)
{
    struct list_node head;
    struct item a = {.number = 1}, b = {.number = 2};

    list_init(&head);
    list_append(&head, &a.node);
    list_append(&head, &b.node);
    list_remove(&a.node);
    list_remove(&a.node);
    expect(&head, (const int[]){2}, 1);
    list_remove(&b.node);
    cr_assert(list_is_empty(&head));
}

Test(list, may_be_emptied_while_it_is_walked)
{
    struct list_node head;
    struct item items[5];
    int seen = 0;

    list_init(&head);
    for (int i = 0; i < 5; i++)
        list_append(&head, &items[i].node);
    LIST_FOR_EACH_SAFE(node, &head) {
        list_remove(node);
        seen++;
    }
    cr_assert_eq(seen, 5);
    cr_assert(list_is_empty(&head));
}
