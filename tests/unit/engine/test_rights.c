/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may not read or create stays so under patterns, composites and odd names. */
#include "engine_case.h"

#define GUARDED \
    NULL, "<plugins><simpleAuthenticationPlugin><users>" \
          "<authenticationUser username='boss' password='p' groups='bosses'/>" \
          "<authenticationUser username='user' password='p' groups='users'/>" \
          "</users></simpleAuthenticationPlugin>" \
          "<authorizationPlugin><map><authorizationMap><authorizationEntries>" \
          "<authorizationEntry queue='&gt;' read='bosses' write='bosses' admin='bosses'/>" \
          "<authorizationEntry topic='&gt;' read='bosses' write='bosses' admin='bosses'/>" \
          "<authorizationEntry queue='open.&gt;' read='users' write='users' admin='bosses'/>" \
          "<authorizationEntry queue='topic:&gt;' read='users' write='users' admin='users'/>" \
          "<authorizationEntry queue='topic://secret' read='users' write='users' admin='users'/>" \
          "<authorizationEntry topic='open.&gt;' read='users' write='users' admin='users'/>" \
          "<authorizationEntry topic='ActiveMQ.Advisory.&gt;' read='bosses,users'" \
          " write='bosses,users' admin='bosses,users'/>" \
          "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"

static struct sim_client *as(struct sim *sim, uint16_t shard, const char *user)
{
    struct sim_client *client = sim_client_open(
        sim, &(struct sim_client_spec){.shard = shard, .user = user, .password = "p"});

    sim_run(sim);
    return client;
}

ENGINE_TEST(rights, hide_topics_from_patterns, GUARDED)
{
    struct sim_client *boss = as(sim, 0, "boss");
    struct sim_client *user = as(sim, 1, "user");
    struct sim_consumer *pattern = sim_listen(user, "topic://*.x", 100);
    struct sim_consumer *all = sim_listen(boss, "topic://*.x", 100);

    expect_answer(user, pattern->request, ENGINE_OK);
    sim_send(boss, "topic://secret.x", "a");
    sim_run(sim);
    sim_send(boss, "topic://open.x", "b");
    expect(pattern, "b");
    expect(all, "a b");
}

ENGINE_TEST(rights, judge_the_parts_of_a_composite_by_the_kind_they_say, GUARDED)
{
    struct sim_client *user = as(sim, 1, "user");
    struct sim_consumer *odd = sim_listen(user, "open.a,topic://secret", 100);

    expect_answer(user, odd->request, ENGINE_NOT_AUTHORIZED);
}

ENGINE_TEST(rights, know_no_kind_inside_a_name_without_comma, GUARDED)
{
    struct sim_client *boss = as(sim, 0, "boss");
    struct sim_client *user = as(sim, 1, "user");
    struct sim_consumer *odd = sim_listen(user, "queue://topic://secret", 100);

    sim_run(sim);
    sim_send(boss, "topic://secret", "a");
    sim_run(sim);
    expect(odd, "");
}

ENGINE_TEST(rights, create_no_part_of_a_composite, GUARDED)
{
    struct sim_client *boss = as(sim, 0, "boss");
    struct sim_client *user = as(sim, 1, "user");
    struct sim_consumer *consumer = sim_listen(boss, "open.there", 100);

    sim_run(sim);
    expect_answer(user, sim_send(user, "open.there,open.missing", "a"), ENGINE_NOT_AUTHORIZED);
    expect_answer(boss, sim_send(boss, "open.there,open.missing", "b"), ENGINE_OK);
    expect(consumer, "a b");
}

/* Each part gets a copy: a short frame must not fill the broker's memory. */
ENGINE_TEST(rights, send_to_no_more_than_256_destinations_at_once, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    char name[2 * 257];

    for (size_t i = 0; i < 257; i++)
        memcpy(name + 2 * i, i == 256 ? "A" : "A,", 2);
    expect_answer(client, sim_send(client, name, "x"), ENGINE_NO_RESOURCES);
    name[2 * 255 + 1] = '\0';
    expect_answer(client, sim_send(client, name, "x"), ENGINE_OK);
}
