/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_SCHEMA_H
#define OPENWIRE_SCHEMA_H
/*
 * openwire_schema.h - what OpenWire's structures are made of, as data. Reading, writing, copying
 * and tests walk these tables; there is no code per command.
 *
 * Threads    constants: any.
 */
#include "base/compiler.h"
#include "openwire/types.h"

/* How a field is marshalled, and what its member in C is. */
enum ow_kind {
    OW_BOOL,      /* bool */
    OW_BYTE,      /* int8_t */
    OW_INT,       /* int32_t */
    OW_LONG,      /* int64_t */
    OW_STRING,    /* struct slice: modified UTF-8 */
    OW_BYTES,     /* struct slice */
    OW_CONTENT,   /* likewise; long ones are not copied when written */
    OW_FIXED8,    /* uint8_t[8] */
    OW_NESTED,    /* pointer to a structure */
    OW_CACHED,    /* likewise; goes through the cache, if there is one */
    OW_ARRAY,     /* struct ow_array of structures */
    OW_THROWABLE, /* pointer to struct ow_throwable */
};

struct ow_field {
    const char *name;           /* as in the specification */
    uint16_t offset;            /* of its member */
    uint16_t versions;          /* that carry it: 1 << 1 is version 1 */
    uint8_t kind;               /* enum ow_kind */
    uint8_t type_min, type_max; /* the structures it may hold */
};

struct ow_structure {
    const char *name;
    const struct ow_field *fields; /* in wire order */
    uint16_t field_count;
    uint16_t size;     /* of its C struct */
    uint8_t since;     /* the first version that has it; 0: there is no such type */
    bool has_form_bit; /* tight: a bit in front says whether a ready-made form follows */
};

enum { OW_TYPE_COUNT = OW_BROKER_ID + 1 };
extern const struct ow_structure ow_structures[OW_TYPE_COUNT];

/* NULL: not in this version, or not at all. */
static inline const struct ow_structure *ow_structure_of(unsigned type, unsigned version)
{
    const struct ow_structure *structure = &ow_structures[type < OW_TYPE_COUNT ? type : OW_NULL];

    return structure->since - 1u < version ? structure : NULL;
}

static inline bool ow_field_is_in(const struct ow_field *field, unsigned version)
{
    return field->versions >> version & 1;
}

static inline bool ow_field_holds(const struct ow_field *field, unsigned type)
{
    return type >= field->type_min && type <= field->type_max;
}
#endif
