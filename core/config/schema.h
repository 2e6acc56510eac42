/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H
/*
 * schema.h - the one table of every element and attribute that an activemq.xml may hold, and
 * what each means to us. The walker (walk.c), the reference (print_reference.c) and the
 * defaults (schema_set_defaults) all read it; the tables are in schema_<area>.c.
 *
 * Threads    constant data. Ownership: static.
 */
#include "config/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk;
struct schema_attribute;
struct _xmlNode;

enum disposition {
    HONOURED,
    IGNORED, /* without meaning here: a note, once, with the reason */
    MISSED,  /* accepted, but we do less than is asked for: a warning unless it is the default */
    REFUSED,
};

enum value_type {
    VALUE_TEXT,
    VALUE_BOOL,
    VALUE_INTEGER, /* min to max */
    VALUE_MEMORY,  /* bytes, with units */
    VALUE_REAL,
    VALUE_WORD, /* one of words */
};

/* The C type of the field that takes the value. */
enum value_store {
    STORE_NOWHERE,
    STORE_TEXT,
    STORE_BOOL,
    STORE_I32,
    STORE_U32,
    STORE_I64,
    STORE_U64,
    STORE_REAL,
};

struct schema_word {
    const char *word;
    uint32_t value;
};

typedef void schema_set_fn(struct walk *walk, void *object, const struct schema_attribute *row,
                           const char *value, struct config_place place);

struct schema_attribute {
    const char *name;    /* NULL ends a list */
    const char *initial; /* the default, as it would be written; NULL: none */
    const char *meaning; /* for IGNORED, MISSED and REFUSED: the reason */
    enum disposition disposition;
    enum value_type type;
    enum value_store store;
    bool is_ours; /* in our own namespace */
    size_t offset;
    int64_t min, max;
    const struct schema_word *words; /* ends with word NULL */
    schema_set_fn *set;              /* instead of store */
};

enum {
    ELEMENT_REPEATS = 1,  /* may stand more than once; otherwise the last one counts */
    ELEMENT_OPAQUE = 2,   /* what is inside is not looked at */
    ELEMENT_BEANS_OK = 4, /* Java beans inside are ignored, not refused */
    ELEMENT_ONE_OF = 8,   /* of what may stand inside, the last one counts */
};

struct schema_element {
    const char *name;
    const char *meaning; /* for IGNORED, MISSED and REFUSED: the reason */
    enum disposition disposition;
    unsigned flags;
    const struct schema_attribute *attributes;    /* ends with name NULL; or NULL */
    const struct schema_element *const *children; /* ends with NULL; or NULL */
    /* The object the attributes belong to; NULL skips the element. Without begin: the parent's. */
    void *(*begin)(struct walk *walk, const struct _xmlNode *node, void *parent);
    void (*end)(struct walk *walk, const struct _xmlNode *node, void *object);
    /* Sees every attribute that passed its check, whatever its disposition. */
    void (*keep)(struct walk *walk, void *object, const char *name, const char *value);
};

extern const struct schema_element schema_broker;
extern const struct schema_element schema_destination_policy;
extern const struct schema_element schema_destination_interceptors;
extern const struct schema_element schema_destinations;
extern const struct schema_element schema_plugins;
extern const struct schema_element schema_transport_connectors;
extern const struct schema_element schema_network_connectors;
extern const struct schema_element schema_persistence_adapter;
extern const struct schema_element schema_persistence_factory;
extern const struct schema_element schema_temp_data_store;
extern const struct schema_element schema_job_scheduler_store;
extern const struct schema_element schema_io_exception_handler;

/* Writes the defaults of all honoured attributes of `element` into `object`. */
void schema_set_defaults(const struct schema_element *element, void *object);
const struct schema_attribute *schema_attribute_find(const struct schema_element *element,
                                                     const char *name, bool is_ours);
const struct schema_element *schema_child_find(const struct schema_element *element,
                                               const char *name);

/* clang-format off */
#define STORE_OF(T, field) \
    _Generic(((T *)0)->field, \
             bool: STORE_BOOL, int32_t: STORE_I32, uint32_t: STORE_U32, int64_t: STORE_I64, \
             uint64_t: STORE_U64, double: STORE_REAL, const char *: STORE_TEXT)

#define INT_MAX_JAVA INT64_C(2147483647)
#define ROW_HELD(T, field) .offset = offsetof(T, field), .store = STORE_OF(T, field)
#define ATTRIBUTES(...) (const struct schema_attribute[]){__VA_ARGS__, {.name = NULL}}
#define CHILDREN(...)   (const struct schema_element *const[]){__VA_ARGS__, NULL}

/* Honoured: name, struct and field, default, meaning. */
#define A_TEXT(n, T, f, d, say) {.name = n, ROW_HELD(T, f), .initial = d, .meaning = say}
#define A_BOOL(n, T, f, d, say) \
    {.name = n, .type = VALUE_BOOL, ROW_HELD(T, f), .initial = d, .meaning = say}
#define A_INT(n, T, f, lo, hi, d, say) \
    {.name = n, .type = VALUE_INTEGER, ROW_HELD(T, f), .min = (lo), .max = (hi), .initial = d, \
     .meaning = say}
#define A_MILLIS(n, T, f, lo, d, say) A_INT(n, T, f, lo, INT64_MAX, d, say)
#define A_SIZE(n, T, f, d, say) \
    {.name = n, .type = VALUE_MEMORY, ROW_HELD(T, f), .initial = d, .meaning = say}
#define A_REAL(n, T, f, d, say) \
    {.name = n, .type = VALUE_REAL, ROW_HELD(T, f), .initial = d, .meaning = say}
/* Honoured by a function. */
#define A_SET(n, fn, d, say) {.name = n, .set = fn, .initial = d, .meaning = say}
/* Not honoured; the value is checked all the same. */
#define N_TEXT(how, n, d, why) {.name = n, .disposition = how, .initial = d, .meaning = why}
#define N_BOOL(how, n, d, why) \
    {.name = n, .disposition = how, .type = VALUE_BOOL, .initial = d, .meaning = why}
#define N_INT(how, n, d, why) \
    {.name = n, .disposition = how, .type = VALUE_INTEGER, .min = INT64_MIN, .max = INT64_MAX, \
     .initial = d, .meaning = why}
#define N_SIZE(how, n, d, why) \
    {.name = n, .disposition = how, .type = VALUE_MEMORY, .initial = d, .meaning = why}
#define N_REAL(how, n, d, why) \
    {.name = n, .disposition = how, .type = VALUE_REAL, .initial = d, .meaning = why}
#define N_WORD(how, n, w, d, why) \
    {.name = n, .disposition = how, .type = VALUE_WORD, .words = w, .initial = d, .meaning = why}

#define WHY_JVM     "a matter of the Java machine"
#define WHY_JMX     "there is no JMX here"
#define WHY_THREADS "threads are organised differently here: see cw:workers"
#define WHY_SPRING  "belongs to the Java objects behind the file"
/* clang-format on */
#endif
