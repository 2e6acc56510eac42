/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/message.h"
#include "jms/text.h"
#include "openwire/codec.h"
#include "openwire/openwire_session.h"

static const uint8_t magic[8] = "ActiveMQ";

enum {
    ENTRIES_MAX = 4096,
    JAVA_CACHE_SLOTS = 16383,   /* what Java takes a size of 0 for */
    JAVA_CACHE_SLOTS_MIN = 100, /* with fewer, Java never gets to sending anything */
};

struct offer_property {
    struct slice name;
    uint16_t offset; /* in struct ow_offer */
    uint8_t type;    /* enum value_type, and so the member's type */
};

#define PROPERTY(name, type, member) \
    { \
        {(const uint8_t *)(name), sizeof(name) - 1}, offsetof(struct ow_offer, member), type \
    }

static const struct offer_property properties[] = {
    PROPERTY("TightEncodingEnabled", VALUE_BOOL, tight),
    PROPERTY("CacheEnabled", VALUE_BOOL, cache),
    PROPERTY("CacheSize", VALUE_INT, cache_size),
    PROPERTY("StackTraceEnabled", VALUE_BOOL, stack_trace),
    PROPERTY("TcpNoDelayEnabled", VALUE_BOOL, tcp_no_delay),
    PROPERTY("SizePrefixDisabled", VALUE_BOOL, size_prefix_disabled),
    PROPERTY("MaxInactivityDuration", VALUE_LONG, inactivity_ms),
    PROPERTY("MaxInactivityDurationInitalDelay", VALUE_LONG, inactivity_initial_ms),
    PROPERTY("MaxFrameSize", VALUE_LONG, frame_bytes_max),
    PROPERTY("ProviderName", VALUE_STRING, provider_name),
    PROPERTY("ProviderVersion", VALUE_STRING, provider_version),
    PROPERTY("PlatformDetails", VALUE_STRING, platform),
    PROPERTY("Host", VALUE_STRING, host),
};

static const struct offer_property *property_named(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (slice_equal(properties[i].name, name))
            return &properties[i];
    return NULL;
}

/* False: a number in another form. Java takes such booleans for false, and such texts are for the
 * log only. */
static bool set_property(struct ow_offer *offer, const struct offer_property *property,
                         const struct value *value)
{
    void *member = (uint8_t *)offer + property->offset;
    int32_t narrow;

    if (value->type != property->type)
        return property->type != VALUE_INT && property->type != VALUE_LONG;
    switch (value->type) {
    case VALUE_BOOL:
        memcpy(member, &value->boolean, sizeof value->boolean);
        break;
    case VALUE_INT:
        narrow = (int32_t)value->integer;
        memcpy(member, &narrow, sizeof narrow);
        break;
    case VALUE_LONG:
        memcpy(member, &value->integer, sizeof value->integer);
        break;
    default:
        memcpy(member, &value->text, sizeof value->text);
        break;
    }
    return true;
}

static bool set_properties(struct ow_offer *offer, struct slice entries)
{
    struct property_cursor cursor = {entries};
    const struct offer_property *known;
    struct property property;

    while (property_next(&cursor, &property)) {
        known = property_named(property.name);
        if (known && !set_property(offer, known, &property.value))
            return false;
    }
    return true;
}

bool ow_offer_read(const struct ow_wire_format_info *info, struct ow_offer *out)
{
    struct ow_offer offer = {.tight = false};
    struct property_conversion map;
    struct text scratch;
    bool is_read;

    if (memcmp(info->magic, magic, sizeof magic) != 0 || info->version < OW_VERSION_MIN)
        return false;
    text_init(&scratch);
    is_read = entries_of_map(info->marshalled_properties, &scratch, &map) &&
              map.count <= ENTRIES_MAX && set_properties(&offer, map.entries);
    if (scratch.bytes) /* texts that had to be converted die here; they are for the log only */
        offer.provider_name = offer.provider_version = offer.platform = offer.host = SLICE_ABSENT;
    text_fini(&scratch);
    offer.version = (uint8_t)(info->version < UINT8_MAX ? info->version : UINT8_MAX);
    if (is_read)
        *out = offer;
    return is_read;
}

static struct value property_value(const struct ow_offer *offer,
                                   const struct offer_property *property)
{
    const void *member = (const uint8_t *)offer + property->offset;
    struct value value = {.type = (enum value_type)property->type};
    int32_t narrow;

    switch (value.type) {
    case VALUE_BOOL:
        memcpy(&value.boolean, member, sizeof value.boolean);
        break;
    case VALUE_INT:
        memcpy(&narrow, member, sizeof narrow);
        value.integer = narrow;
        break;
    case VALUE_LONG:
        memcpy(&value.integer, member, sizeof value.integer);
        break;
    default:
        memcpy(&value.text, member, sizeof value.text);
        break;
    }
    return value;
}

/* Never one that a Java peer would hang with. */
static int32_t our_cache_size(const struct ow_offer *offer)
{
    return offer->cache_size > JAVA_CACHE_SLOTS_MIN ? offer->cache_size : OW_CACHE_SIZE_DEFAULT;
}

void ow_offer_write(const struct ow_offer *offer, struct ow_wire_format_info *info,
                    uint8_t scratch[OW_OFFER_BYTES_MAX])
{
    uint8_t *at = scratch + sizeof(uint32_t);
    struct ow_offer sent = *offer;
    uint8_t count = 0;

    sent.cache_size = our_cache_size(offer);
    if (sent.frame_bytes_max <= 0)
        sent.frame_bytes_max = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        struct property property = {properties[i].name, property_value(&sent, &properties[i])};

        if (property.value.type == VALUE_STRING && !slice_is_present(property.value.text))
            continue;
        if (property_len(&property) > (size_t)(scratch + OW_OFFER_BYTES_MAX - at))
            continue; /* a very long text */
        at = property_write(at, &property);
        count++;
    }
    memcpy(scratch, (uint8_t[]){0, 0, 0, count}, sizeof(uint32_t));
    *info = (struct ow_wire_format_info){
        .object.type = OW_WIRE_FORMAT_INFO,
        .version = offer->version,
        .marshalled_properties = slice_of(scratch, (size_t)(at - scratch)),
    };
    memcpy(info->magic, magic, sizeof magic);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t smaller_duration(int64_t a, int64_t b)
{
    int64_t duration = smaller(a, b);

    return duration > 0 ? duration : 0;
}

static void combine_caches(const struct ow_offer *ours, const struct ow_offer *theirs,
                           struct ow_offer *agreed)
{
    int64_t size = smaller(our_cache_size(ours), theirs->cache_size);

    agreed->cache = ours->cache && theirs->cache;
    if (size == 0)
        size = JAVA_CACHE_SLOTS;
    if (size < JAVA_CACHE_SLOTS_MIN || size > INT16_MAX + 1)
        agreed->cache = false;
    agreed->cache_size = agreed->cache ? (int32_t)size : 0;
}

void ow_offer_combine(const struct ow_offer *ours, const struct ow_offer *theirs,
                      struct ow_offer *agreed, struct ow_format *format)
{
    *agreed = (struct ow_offer){
        .version = (uint8_t)smaller(ours->version, theirs->version),
        .tight = ours->tight && theirs->tight,
        .stack_trace = ours->stack_trace && theirs->stack_trace,
        .tcp_no_delay = ours->tcp_no_delay && theirs->tcp_no_delay,
        .size_prefix_disabled = ours->size_prefix_disabled && theirs->size_prefix_disabled,
        .inactivity_ms = smaller_duration(ours->inactivity_ms, theirs->inactivity_ms),
        .inactivity_initial_ms =
            smaller_duration(ours->inactivity_initial_ms, theirs->inactivity_initial_ms),
        .frame_bytes_max = ours->frame_bytes_max,
    };
    if (theirs->frame_bytes_max > 0 &&
        (ours->frame_bytes_max <= 0 || theirs->frame_bytes_max < ours->frame_bytes_max))
        agreed->frame_bytes_max = theirs->frame_bytes_max;
    combine_caches(ours, theirs, agreed);
    *format = (struct ow_format){
        .version = agreed->version,
        .tight = agreed->tight,
        .cache = agreed->cache,
        .stack_trace = agreed->stack_trace,
        .cache_size = (uint16_t)agreed->cache_size,
    };
}

int openwire_is_spoken(struct slice first_bytes)
{
    /* A size below 16 MB, the type of a WireFormatInfo, the magic. */
    enum { TYPE_AT = 4, MAGIC_AT = 5, NEEDED = MAGIC_AT + sizeof magic };

    for (size_t i = 0; i < first_bytes.len && i < NEEDED; i++) {
        const uint8_t byte = first_bytes.bytes[i];

        if ((i == 0 && byte != 0) || (i == TYPE_AT && byte != OW_WIRE_FORMAT_INFO) ||
            (i >= MAGIC_AT && byte != magic[i - MAGIC_AT]))
            return 0;
    }
    return first_bytes.len >= NEEDED ? 1 : -1;
}
