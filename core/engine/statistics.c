/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

bool statistics_take(struct engine *engine, struct destination *destination,
                     struct message *message)
{
    (void)engine;
    (void)destination;
    (void)message;
    return false;
}

void statistics_receive_query(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)engine;
    (void)from;
    (void)mail;
}

void statistics_receive_answer(struct engine *engine, const struct engine_mail *mail)
{
    (void)engine;
    (void)mail;
}

void statistics_fini(struct engine *engine)
{
    (void)engine;
}
