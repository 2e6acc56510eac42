/* SPDX-License-Identifier: Apache-2.0 */
#include "options.c"
#include "run.h"
#include <criterion/criterion.h>

enum { ARGUMENTS_MAX = 32 };

/* Cuts `line` at its blanks and parses that. */
static int parse(const char *line, struct options *out)
{
    static char copy[512];
    char *argv[ARGUMENTS_MAX + 1] = {"corewire-bench"};
    int argc = 1;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    return options_parse(argc, argv, OPTIONS_RETURN, out);
}

Test(options, have_defaults_that_measure_a_queue_for_ten_seconds)
{
    struct options o;

    cr_assert_eq(parse("", &o), 0);
    cr_assert_str_eq(o.host, "127.0.0.1");
    cr_assert_str_eq(o.port, "61613");
    cr_assert_eq(o.kind, BENCH_QUEUE);
    cr_assert_eq(o.producer_count, 1);
    cr_assert_eq(o.consumer_count, 1);
    cr_assert_eq(o.body_bytes, 100);
    cr_assert_float_eq(o.seconds, 10, 0);
    cr_assert(o.verify);
    cr_assert_str_eq(options_protocol_name(o.producer_protocol), "1.2");
    cr_assert_str_eq(options_ack_name(&o), "auto");
}

Test(options, take_every_number_into_its_own_field)
{
    struct options o;

    cr_assert_eq(
        parse("--destinations 2 --producers 3 --consumers 4 --threads 5 --size 64 --window 6 "
              "--ack-every 7 --idle-connections 8 --messages 9000000000 --prefetch 0 --pid 10 "
              "--rate 2.5 --warmup 0.25 --drain 3",
              &o),
        0);
    cr_assert_eq(o.destination_count, 2);
    cr_assert_eq(o.producer_count, 3);
    cr_assert_eq(o.consumer_count, 4);
    cr_assert_eq(o.thread_count, 5);
    cr_assert_eq(o.body_bytes, 64);
    cr_assert_eq(o.window, 6);
    cr_assert_eq(o.ack_every, 7);
    cr_assert_eq(o.idle_count, 8);
    cr_assert_eq(o.message_count, UINT64_C(9000000000));
    cr_assert_eq(o.prefetch, 0);
    cr_assert_eq(o.pid, 10);
    cr_assert_float_eq(o.rate, 2.5, 0);
    cr_assert_float_eq(o.warmup_seconds, 0.25, 0);
    cr_assert_float_eq(o.drain_seconds, 3, 0);
    cr_assert_float_eq(o.seconds, 0, 0, "a number of messages is an end of its own");
}

Test(options, take_texts_choices_and_flags)
{
    struct options o;

    cr_assert_eq(parse("--host h --port 1 --user u --password p --protocol 1.1 --topic t "
                       "--ack client-individual --header a:b --header c:d --json - --csv f "
                       "--persistent --text --sleep --quiet",
                       &o),
                 0);
    cr_assert_str_eq(o.host, "h");
    cr_assert_str_eq(o.password, "p");
    cr_assert_str_eq(options_protocol_name(o.producer_protocol), "1.1");
    cr_assert_eq(o.kind, BENCH_TOPIC);
    cr_assert_str_eq(o.name, "t");
    cr_assert_str_eq(options_ack_name(&o), "client-individual");
    cr_assert_eq(o.ack_every, 1, "each message for itself");
    cr_assert_eq(o.header_count, 2);
    cr_assert_str_eq(o.headers[1], "c:d");
    cr_assert(o.persistent && o.is_text && o.sleeps && o.quiet);
    options_fini(&o);
}

Test(options, stomp_alone_means_the_newest_version)
{
    struct options o;

    cr_assert_eq(parse("--protocol stomp", &o), 0);
    cr_assert_str_eq(options_protocol_name(o.producer_protocol), "1.2");
}

Test(options, turn_the_check_off_where_nothing_can_be_checked)
{
    struct options o;

    cr_assert_eq(parse("--size 23", &o), 0);
    cr_assert_not(o.verify);
    cr_assert_eq(parse("--selector a=1", &o), 0);
    cr_assert_not(o.verify);
    cr_assert_eq(parse("--size 24", &o), 0);
    cr_assert(o.verify);
}

Test(options, refuse_what_makes_no_sense)
{
    static const char *const lines[] = {
        "--producers -1",
        "--producers x",
        "--producers 1x",
        "--destinations 0",
        "--threads 0",
        "--threads 65",
        "--size 99999999999",
        "--rate -1",
        "--rate nan",
        "--seconds inf",
        "--messages 0",
        "--protocol 1.3",
        "--ack sometimes",
        "--header nocolon",
        "--header :x",
        "stray",
        "--no-such-option",
        "--ack client-individual --protocol 1.0",
        "--consumers 1000000 --destinations 2",
    };
    struct options o;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_assert_eq(parse(lines[i], &o), -EINVAL, "%s", lines[i]);
}

/* Whatever the numbers of producers and destinations, each stream has one place. */
Test(run, streams_of_a_destination_are_numbered_without_gap)
{
    for (uint32_t producers = 1; producers < 9; producers++) {
        for (uint32_t destinations = 1; destinations < 9; destinations++) {
            struct options o = {.producer_count = producers, .destination_count = destinations};
            uint32_t counts[9] = {0};

            for (uint32_t s = 0; s < run_stream_count(&o); s++)
                cr_assert_eq(run_stream_local(&o, s), counts[run_stream_destination(&o, s)]++);
            for (uint32_t d = 0; d < destinations; d++) {
                cr_assert_geq(counts[d], 1);
                cr_assert_eq(run_local_stream_count(&o, d), counts[d]);
            }
        }
    }
}

Test(options, producers_and_consumers_may_speak_different_protocols)
{
    struct options o;

    cr_assert_eq(parse("--protocol openwire --openwire-port 7", &o), 0);
    cr_assert_eq(o.producer_protocol, BENCH_OPENWIRE);
    cr_assert_eq(o.consumer_protocol, BENCH_OPENWIRE);
    cr_assert_str_eq(o.openwire_port, "7");
    cr_assert(o.is_tight && o.has_cache);
    cr_assert_eq(
        parse("--producer-protocol 1.1 --consumer-protocol openwire --loose --no-cache", &o), 0);
    cr_assert_eq(o.producer_protocol, BENCH_STOMP_11);
    cr_assert_eq(o.consumer_protocol, BENCH_OPENWIRE);
    cr_assert(!o.is_tight && !o.has_cache);
    cr_assert_eq(parse("--protocol stomp --producer-protocol openwire", &o), 0);
    cr_assert_str_eq(options_protocol_name(o.producer_protocol), "openwire");
    cr_assert_str_eq(options_protocol_name(o.consumer_protocol), "1.2");
    cr_assert_eq(parse("--protocol amqp", &o), -EINVAL);
    cr_assert_eq(parse("--consumer-protocol openwire --prefetch 0", &o), -EINVAL);
}
