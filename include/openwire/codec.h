/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_CODEC_H
#define OPENWIRE_CODEC_H
/*
 * codec.h - OpenWire frames to structures and back, versions 1 to 12, tight and loose, with and
 * without the cache. Tables say what there is; no code per command.
 *
 * Threads    a reader and a writer belong to one thread; each serves one direction of one stream.
 * Ownership  what a reader gives lives until the next read (what came from its cache, until the
 *            slot is written again). What a writer gives lives until the next write.
 * Limits     frame size, elements and nesting of a frame, bytes kept in a cache: see struct
 *            ow_limits. Nothing is allocated before lengths are checked against the frame.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "openwire/commands.h"

enum { OW_VERSION_MIN = 1, OW_VERSION_MAX = 12, OW_CACHE_SIZE_DEFAULT = 1024 };

/* What both sides agreed upon. */
struct ow_format {
    uint8_t version;
    bool tight, cache, stack_trace;
    uint16_t cache_size; /* slots; 0 without cache */
};

struct ow_limits {
    uint32_t frame_bytes_max;
    uint32_t objects_max;     /* structures in one frame */
    uint32_t cache_bytes_max; /* kept by a reader's cache */
};
#define OW_LIMITS_DEFAULT \
    (struct ow_limits) \
    { \
        104857600, 10000, 4194304 \
    }

enum ow_error {
    OW_OK,
    OW_FRAME_TOO_LONG, /* or of negative length */
    OW_TRUNCATED,      /* the frame ends within a field */
    OW_TRAILING_BYTES,
    OW_UNKNOWN_TYPE, /* or not in this version */
    OW_WRONG_TYPE,   /* not one that this field may hold */
    OW_BAD_BOOLEANS, /* the tight form's bits */
    OW_BAD_LENGTH,   /* negative, or beyond the frame */
    OW_BAD_TEXT,     /* not modified UTF-8 */
    OW_BAD_SLOT,     /* of the cache: out of range, or never written */
    OW_TOO_DEEP,
    OW_TOO_MANY,      /* objects, or bytes in the cache */
    OW_TEXT_TOO_LONG, /* to be written in this form */
    OW_NO_MEMORY,
    OW_ERROR_COUNT,
};
const char *ow_error_text(enum ow_error error);

struct ow_reader;
struct ow_writer;

/* Both start with what a WireFormatInfo is read and written in: version 1, loose, no cache. */
struct ow_reader *ow_reader_create(const struct ow_limits *limits) MUST_CHECK;
void ow_reader_destroy(struct ow_reader *reader); /* NULL is allowed */
/* From the next frame on. Empties the cache. -ENOMEM. */
int ow_reader_set_format(struct ow_reader *reader, const struct ow_format *format) MUST_CHECK;
/* From the next frame on; what is cached stays. */
void ow_reader_set_limits(struct ow_reader *reader, const struct ow_limits *limits);

struct ow_read {
    const struct ow_object *object; /* NULL: more bytes are needed, or a null command */
    size_t used;                    /* bytes of the frame; 0: more are needed, or an error */
    enum ow_error error;
    const char *where; /* "MessageAck.consumerId": the field an error is in, for the log */
};
/* The next frame of `bytes`. After an error the reader is of no use any more. */
struct ow_read ow_read(struct ow_reader *reader, struct slice bytes);
/* Gives back memory that only makes the next read faster: for connections that are idle. What was
 * read last is gone. */
void ow_reader_trim(struct ow_reader *reader);

struct ow_writer *ow_writer_create(void) MUST_CHECK;
void ow_writer_destroy(struct ow_writer *writer); /* NULL is allowed */
int ow_writer_set_format(struct ow_writer *writer, const struct ow_format *format) MUST_CHECK;
/* What the peer takes, as it counts: without the size in front. */
void ow_writer_set_frame_max(struct ow_writer *writer, uint32_t frame_bytes_max);

/* Stands for a structure whose bytes are there already: its type and its fields, in the loose form
 * without cache and in the version of the stream, which must be such a one. Never read. */
enum { OW_WRITTEN = 255 };
struct ow_written {
    struct ow_object object; /* OW_WRITTEN */
    struct slice bytes;
};

/* A frame, with its size in front. `shared` is a part of what was passed in (the content of a
 * message, when it is long) and not copied; it is empty in most frames. Send all three. */
struct ow_frame {
    struct slice head, shared, tail;
};
enum { OW_SHARED_MIN = 4096 };
/* After an error nothing is written and the stream is as before: OW_TEXT_TOO_LONG, OW_UNKNOWN_TYPE
 * (there is no such type in this version), OW_TOO_MANY (elements or booleans), OW_FRAME_TOO_LONG
 * (for the peer, or 2 GB), OW_NO_MEMORY. */
enum ow_error ow_write(struct ow_writer *writer, const struct ow_object *object,
                       struct ow_frame *out) MUST_CHECK;
void ow_writer_trim(struct ow_writer *writer); /* as ow_reader_trim */

/*
 * WireFormatInfo.
 */
struct ow_offer {
    uint8_t version;
    bool tight, cache, stack_trace, tcp_no_delay, size_prefix_disabled;
    int32_t cache_size;
    int64_t inactivity_ms, inactivity_initial_ms; /* MaxInactivityDuration, ...InitalDelay */
    int64_t frame_bytes_max;                      /* <= 0: none */
    struct slice provider_name, provider_version, platform, host;
};
/* Reads what the peer offers; texts are parts of `info`. False: bad magic, a version below 1,
 * damaged properties or a number with another tag than Java expects. */
bool ow_offer_read(const struct ow_wire_format_info *info, struct ow_offer *out) MUST_CHECK;
/* Writes `info` with its properties, into `scratch`; the info lives as long as that. */
enum { OW_OFFER_BYTES_MAX = 1024 };
void ow_offer_write(const struct ow_offer *offer, struct ow_wire_format_info *info,
                    uint8_t scratch[OW_OFFER_BYTES_MAX]);
/* What two offers come to: the smaller version, "and" of each wish, the smaller times and sizes;
 * texts are absent. */
void ow_offer_combine(const struct ow_offer *ours, const struct ow_offer *theirs,
                      struct ow_offer *agreed, struct ow_format *format);

/* For logs and tests: "MessageAck". NULL for unknown types. */
const char *ow_type_name(enum ow_type type);
#endif
