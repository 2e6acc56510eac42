/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H
/*
 * options.h - what the command line of corewire-bench asks for.
 *
 * Threads    immutable once parsed: any thread may read. Ownership: strings belong to argv,
 *            options_fini frees the list of headers.
 */
#include "base/compiler.h"
#include <stdbool.h>
#include <stdint.h>

enum bench_protocol { BENCH_STOMP_10, BENCH_STOMP_11, BENCH_STOMP_12, BENCH_OPENWIRE };
enum bench_kind { BENCH_QUEUE, BENCH_TOPIC };
enum bench_ack { BENCH_ACK_AUTO, BENCH_ACK_CLIENT, BENCH_ACK_INDIVIDUAL };

struct options {
    const char *host, *port, *openwire_port, *user, *password;
    enum bench_protocol producer_protocol, consumer_protocol;
    bool is_tight, has_cache; /* what OpenWire offers */
    enum bench_kind kind;
    const char *name; /* prefix of the destinations' names */
    uint32_t destination_count;
    uint32_t producer_count; /* all together */
    uint32_t consumer_count; /* for each destination */
    uint32_t thread_count;
    uint32_t body_bytes;
    uint64_t message_count; /* 0: until `seconds` are over */
    double seconds, warmup_seconds, drain_seconds;
    double rate;     /* messages a second, all producers together; 0: as fast as possible */
    uint32_t window; /* unconfirmed messages of a producer; 0: no receipts */
    enum bench_ack ack;
    uint32_t ack_every;
    int64_t prefetch; /* -1: the broker's default */
    bool persistent, is_text, verify, sleeps;
    const char *selector;
    const char **headers; /* "name:value", as given */
    uint32_t header_count;
    uint32_t idle_count;
    int64_t pid; /* of the broker, 0: unknown */
    const char *json_file, *csv_file;
    bool quiet;
};

/* Where a parse ends: in the process (help, version and mistakes exit) or with the caller. */
enum options_mode { OPTIONS_EXIT, OPTIONS_RETURN };

/* -EINVAL after a mistake, which has been explained on stderr in mode OPTIONS_EXIT only. */
int options_parse(int argc, char **argv, enum options_mode mode, struct options *out) MUST_CHECK;
void options_fini(struct options *options);

const char *options_protocol_name(enum bench_protocol protocol); /* "1.2", "openwire" */
const char *options_ack_name(const struct options *options);     /* as on the wire */
#endif
