/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_receive.h"
#include "stamp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FORMS_MAX = 16,    /* frames of so many forms are known at a time: producers of one queue */
    SOURCES_MAX = 256, /* producers whose ids are remembered */
    HEAD_BYTES = 5,    /* size and type */
    PREFIX_MAX = 128,
    NUMBER_BYTES_MAX = 8,
    ACK_STANDARD = 2,
    ACK_INDIVIDUAL = 4,
    TEXT_LEN_BYTES = 4,
};

/* A producer whose messages came here. */
struct source {
    char connection_text[200];
    struct ow_producer_id id;
};

struct note {
    uint16_t source;
    int64_t sequence, broker_sequence;
};

/* A producer's sequence and the broker's stand side by side in a message id. */
struct numbers {
    uint8_t widths[2]; /* 0: the number is 0 and not written */
};

/* What dispatches of one producer look like. */
struct form {
    size_t len; /* 0: unused */
    uint16_t source;
    struct numbers numbers;
    size_t numbers_at, prefix_len, booleans_len, body_at, body_len;
    uint8_t prefix[PREFIX_MAX];   /* what is in front of the numbers: whose they are */
    uint8_t booleans[PREFIX_MAX]; /* of the tight form: which fields there are, and how long */
};

struct ack_form {
    uint8_t *bytes;
    size_t len, numbers_at[2]; /* first and last message; SIZE_MAX: there is no first */
    struct numbers numbers[2];
    uint16_t source[2];
    int32_t count;
};

struct openwire_receiver {
    struct form forms[FORMS_MAX];
    uint32_t form_at, form_next;
    struct source *sources;
    uint32_t source_count;
    uint8_t mark[4];
    bool has_mark;
    struct note first, last; /* of what is not acknowledged */
    int32_t unacknowledged;
    int32_t ack_every;
    bool is_individual;
    struct ack_form ack;
};

struct openwire_receiver *openwire_receiver_create(const struct options *options)
{
    struct openwire_receiver *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->sources = calloc(SOURCES_MAX, sizeof *r->sources);
    if (!r->sources) {
        free(r);
        return NULL;
    }
    r->is_individual = options->ack == BENCH_ACK_INDIVIDUAL;
    r->ack_every = options->ack == BENCH_ACK_CLIENT ? (int32_t)options->ack_every : 1;
    if (options->prefetch > 0 && r->ack_every > options->prefetch)
        r->ack_every = (int32_t)options->prefetch; /* more would not come */
    return r;
}

void openwire_receiver_destroy(struct openwire_receiver *r)
{
    if (!r)
        return;
    free(r->sources);
    free(r->ack.bytes);
    free(r);
}

void openwire_set_mark(struct openwire_receiver *r, const uint8_t mark[4])
{
    memcpy(r->mark, mark, sizeof r->mark);
    r->has_mark = true;
}

/*
 * Numbers.
 */
static uint64_t get_number(const uint8_t *from, unsigned width)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < width; i++)
        number = number << 8 | from[i];
    return number;
}

static uint8_t *put_number(uint8_t *to, int64_t number, unsigned width)
{
    for (unsigned i = width; i > 0; i--)
        *to++ = (uint8_t)((uint64_t)number >> ((i - 1) * 8));
    return to;
}

static uint8_t width_of(const struct ow_format *format, int64_t number)
{
    if (!format->tight)
        return 8;
    return number == 0                                ? 0
           : (uint64_t)number <= UINT16_MAX           ? 2
           : (uint64_t)number <= (uint64_t)UINT32_MAX ? 4
                                                      : 8;
}

static struct numbers widths_of(const struct ow_format *format, const struct note *note)
{
    return (struct numbers){
        {width_of(format, note->sequence), width_of(format, note->broker_sequence)}};
}

static uint8_t *put_numbers(uint8_t *to, const struct numbers *numbers, const struct note *note)
{
    to = put_number(to, note->sequence, numbers->widths[0]);
    return put_number(to, note->broker_sequence, numbers->widths[1]);
}

static size_t numbers_len(const struct numbers *numbers)
{
    return (size_t)numbers->widths[0] + numbers->widths[1];
}

/* Where the two stand, from `from` on; SIZE_MAX: nowhere. */
static size_t find_numbers(struct slice in, size_t from, const struct numbers *numbers,
                           const struct note *note)
{
    uint8_t bytes[2 * NUMBER_BYTES_MAX];
    size_t len = numbers_len(numbers);
    const uint8_t *found;

    put_numbers(bytes, numbers, note);
    found = len >= 4 ? memmem(in.bytes + from, in.len - from, bytes, len) : NULL;
    return found ? (size_t)(found - in.bytes) : SIZE_MAX;
}

/*
 * Sources.
 */
static int source_of(struct openwire_receiver *r, const struct ow_producer_id *id, uint16_t *out)
{
    struct source *source;

    for (uint32_t i = 0; i < r->source_count; i++) {
        source = &r->sources[i];
        if (source->id.value == id->value && source->id.session_id == id->session_id &&
            slice_equal(source->id.connection_id, id->connection_id)) {
            *out = (uint16_t)i;
            return 0;
        }
    }
    if (r->source_count == SOURCES_MAX || id->connection_id.len >= sizeof source->connection_text)
        return -ENOSPC;
    source = &r->sources[r->source_count];
    memcpy(source->connection_text, id->connection_id.bytes, id->connection_id.len);
    source->id = *id;
    source->id.connection_id = slice_of(source->connection_text, id->connection_id.len);
    *out = (uint16_t)r->source_count++;
    return 0;
}

/*
 * Forms.
 */
static size_t booleans_len(const struct ow_format *format, struct slice frame)
{
    /* The tight form counts its bytes of booleans in one byte, if they are fewer than 64. */
    return format->tight && frame.len > HEAD_BYTES ? frame.bytes[HEAD_BYTES] + 1u : 0;
}

static bool has_text(struct slice frame, struct slice text)
{
    return text.len > 0 && memmem(frame.bytes, frame.len, text.bytes, text.len);
}

/* What tells producers apart in front of the numbers: without the cache the id itself. */
static size_t prefix_len(const struct openwire *openwire, struct slice frame, size_t numbers_at,
                         const struct source *source)
{
    size_t text_len = source->id.connection_id.len;

    if (openwire->format.cache)
        return 2; /* the slot */
    for (size_t at = numbers_at; at >= text_len && numbers_at - at < PREFIX_MAX; at--)
        if (memcmp(frame.bytes + at - text_len, source->connection_text, text_len) == 0)
            return numbers_at - at + text_len;
    return SIZE_MAX;
}

/* Remembers the form of this dispatch, unless it changes the cache or leaves a doubt. */
static void learn(struct openwire *openwire, struct slice frame,
                  const struct ow_message_dispatch *dispatch, const struct note *note,
                  struct slice body)
{
    struct openwire_receiver *r = openwire->receiver;
    const struct source *source = &r->sources[note->source];
    struct form form = {.len = frame.len, .source = note->source};
    const uint8_t *found =
        body.len >= STAMP_BYTES && memcmp(body.bytes, r->mark, sizeof r->mark) == 0
            ? memmem(frame.bytes, frame.len, body.bytes, STAMP_BYTES)
            : NULL;

    form.numbers = widths_of(&openwire->format, note);
    form.numbers_at = find_numbers(frame, HEAD_BYTES, &form.numbers, note);
    form.booleans_len = booleans_len(&openwire->format, frame);
    if (!found || form.numbers_at == SIZE_MAX || form.booleans_len > PREFIX_MAX ||
        find_numbers(frame, form.numbers_at + 1, &form.numbers, note) != SIZE_MAX)
        return;
    if (openwire->format.cache && (has_text(frame, source->id.connection_id) ||
                                   has_text(frame, dispatch->destination->physical_name) ||
                                   has_text(frame, slice_of_text(openwire->connection_text))))
        return;
    form.prefix_len = prefix_len(openwire, frame, form.numbers_at, source);
    if (form.prefix_len > PREFIX_MAX)
        return;
    form.body_at = (size_t)(found - frame.bytes);
    form.body_len = body.len;
    if (form.body_at + form.body_len > frame.len)
        return;
    memcpy(form.prefix, frame.bytes + form.numbers_at - form.prefix_len, form.prefix_len);
    memcpy(form.booleans, frame.bytes + HEAD_BYTES, form.booleans_len);
    r->form_at = r->form_next;
    r->form_next = (r->form_next + 1) % FORMS_MAX;
    r->forms[r->form_at] = form;
}

static bool has_form(const struct openwire_receiver *r, const struct form *form, struct slice frame)
{
    return form->len == frame.len &&
           memcmp(frame.bytes + form->body_at, r->mark, sizeof r->mark) == 0 &&
           memcmp(frame.bytes + form->numbers_at - form->prefix_len, form->prefix,
                  form->prefix_len) == 0 &&
           memcmp(frame.bytes + HEAD_BYTES, form->booleans, form->booleans_len) == 0;
}

static const struct form *find_form(struct openwire_receiver *r, struct slice frame)
{
    if (LIKELY(has_form(r, &r->forms[r->form_at], frame)))
        return &r->forms[r->form_at];
    for (uint32_t i = 0; i < FORMS_MAX; i++) {
        if (has_form(r, &r->forms[i], frame)) {
            r->form_at = i;
            return &r->forms[i];
        }
    }
    return NULL;
}

static void take_known(struct openwire_receiver *r, const struct form *form, struct slice frame,
                       struct openwire_input *out)
{
    const uint8_t *numbers = frame.bytes + form->numbers_at;

    r->last = (struct note){
        .source = form->source,
        .sequence = (int64_t)get_number(numbers, form->numbers.widths[0]),
        .broker_sequence =
            (int64_t)get_number(numbers + form->numbers.widths[0], form->numbers.widths[1]),
    };
    out->kind = OPENWIRE_DISPATCH;
    out->body = slice_of(frame.bytes + form->body_at, form->body_len);
}

static struct slice body_of(const struct ow_message *message)
{
    struct slice content = message->content;

    if (message->command.object.type == OW_TEXT_MESSAGE && content.len >= TEXT_LEN_BYTES)
        content = slice_after(content, TEXT_LEN_BYTES);
    return content;
}

static int take_dispatch(struct openwire *openwire, struct slice frame,
                         const struct ow_message_dispatch *dispatch, struct openwire_input *out)
{
    struct openwire_receiver *r = openwire->receiver;
    const struct ow_message *message = dispatch->message;
    int error;

    if (!r || !message || !message->message_id || !message->message_id->producer_id) {
        out->kind = OPENWIRE_OTHER; /* nothing to pull */
        return 0;
    }
    r->last.sequence = message->message_id->producer_sequence_id;
    r->last.broker_sequence = message->message_id->broker_sequence_id;
    error = source_of(r, message->message_id->producer_id, &r->last.source);
    if (error)
        return error;
    out->kind = OPENWIRE_DISPATCH;
    out->body = body_of(message);
    if (r->has_mark && dispatch->destination)
        learn(openwire, frame, dispatch, &r->last, out->body);
    return 0;
}

enum openwire_status openwire_next(struct openwire *openwire, struct slice in,
                                   struct openwire_input *out, struct text_error *why)
{
    struct openwire_receiver *r = openwire->receiver;
    size_t len = openwire_frame_len(in);
    const struct form *form;
    struct ow_read read;

    out->consumed = len;
    if (len > OPENWIRE_FRAME_MAX) {
        text_error_set(why, "what the broker sends is not OpenWire: a frame is too long");
        return OPENWIRE_BROKEN;
    }
    if (len == 0 || in.len < len)
        return OPENWIRE_PARTIAL;
    in.len = len;
    if (LIKELY(r && openwire_frame_type(in) == OW_MESSAGE_DISPATCH) &&
        LIKELY((form = find_form(r, in)) != NULL)) {
        take_known(r, form, in, out);
        return OPENWIRE_WHOLE;
    }
    read = ow_read(openwire->reader, in);
    if (read.error != OW_OK) {
        text_error_set(why, "what the broker sends is not OpenWire: %s", ow_error_text(read.error));
        return OPENWIRE_BROKEN;
    }
    out->kind = OPENWIRE_OTHER;
    if (!read.object)
        return OPENWIRE_WHOLE;
    if (openwire_is_error(read.object, why)) {
        out->kind = OPENWIRE_ERROR;
    } else if (read.object->type >= OW_RESPONSE && read.object->type <= OW_INTEGER_RESPONSE) {
        out->kind = OPENWIRE_RESPONSE;
        out->correlation_id = ((const struct ow_response *)read.object)->correlation_id;
    } else if (read.object->type == OW_MESSAGE_DISPATCH &&
               take_dispatch(openwire, in, (const struct ow_message_dispatch *)read.object, out) !=
                   0) {
        text_error_set(why, "messages of too many producers");
        return OPENWIRE_BROKEN;
    }
    return OPENWIRE_WHOLE;
}

/*
 * Acknowledgements.
 */
static struct ow_message_id id_of(const struct openwire_receiver *r, const struct note *note)
{
    return (struct ow_message_id){.object = {OW_MESSAGE_ID},
                                  .producer_id = &r->sources[note->source].id,
                                  .producer_sequence_id = note->sequence,
                                  .broker_sequence_id = note->broker_sequence};
}

/* Remembers the acknowledgement that was rendered last, if it changed nothing in the cache. */
static void learn_ack(const struct openwire *openwire, const struct text *text)
{
    struct openwire_receiver *r = openwire->receiver;
    struct slice frame = text_slice(text);
    struct ack_form form = {
        .len = text->len, .source = {r->first.source, r->last.source}, .count = r->unacknowledged};

    form.numbers[0] = widths_of(&openwire->format, &r->first);
    form.numbers[1] = widths_of(&openwire->format, &r->last);
    form.numbers_at[0] = SIZE_MAX;
    if (openwire->format.cache && (has_text(frame, slice_of_text(openwire->connection_text)) ||
                                   has_text(frame, r->sources[r->last.source].id.connection_id)))
        return;
    if (!r->is_individual) {
        form.numbers_at[0] = find_numbers(frame, HEAD_BYTES, &form.numbers[0], &r->first);
        if (form.numbers_at[0] == SIZE_MAX)
            return;
    }
    form.numbers_at[1] = find_numbers(frame, r->is_individual ? HEAD_BYTES : form.numbers_at[0] + 1,
                                      &form.numbers[1], &r->last);
    if (form.numbers_at[1] == SIZE_MAX ||
        find_numbers(frame, form.numbers_at[1] + 1, &form.numbers[1], &r->last) != SIZE_MAX)
        return;
    free(r->ack.bytes);
    form.bytes = malloc(text->len);
    if (form.bytes)
        memcpy(form.bytes, text->bytes, text->len);
    r->ack = form;
}

static bool fits(const struct numbers *numbers, const struct ow_format *format,
                 const struct note *note)
{
    return numbers->widths[0] == width_of(format, note->sequence) &&
           numbers->widths[1] == width_of(format, note->broker_sequence);
}

static bool fits_ack_form(const struct openwire *openwire)
{
    const struct openwire_receiver *r = openwire->receiver;
    const struct ack_form *form = &r->ack;

    return form->bytes && form->count == r->unacknowledged && form->source[0] == r->first.source &&
           form->source[1] == r->last.source &&
           fits(&form->numbers[0], &openwire->format, &r->first) &&
           fits(&form->numbers[1], &openwire->format, &r->last);
}

static int patch_ack(struct client *client)
{
    const struct openwire_receiver *r = client->openwire->receiver;
    const struct ack_form *form = &r->ack;
    uint8_t *to;

    if (client_reserve(client, form->len) != 0)
        return -ENOMEM;
    to = client->out + client->out_len;
    memcpy(to, form->bytes, form->len);
    if (form->numbers_at[0] != SIZE_MAX)
        put_numbers(to + form->numbers_at[0], &form->numbers[0], &r->first);
    put_numbers(to + form->numbers_at[1], &form->numbers[1], &r->last);
    client->out_len += form->len;
    return 0;
}

static int render_ack(struct client *client)
{
    struct openwire *openwire = client->openwire;
    struct openwire_receiver *r = openwire->receiver;
    struct ow_message_id first = id_of(r, &r->first), last = id_of(r, &r->last);
    struct ow_message_ack ack = {
        .command.object.type = OW_MESSAGE_ACK,
        .destination = &openwire->destination,
        .consumer_id = &openwire->consumer_id,
        .ack_type = r->is_individual ? ACK_INDIVIDUAL : ACK_STANDARD,
        .first_message_id = r->is_individual ? NULL : &first,
        .last_message_id = &last,
        .message_count = r->unacknowledged,
    };
    struct text text;
    int error;

    text_init(&text);
    error = openwire_render(openwire, &ack.command.object, &text);
    if (!error)
        error = client_reserve(client, text.len);
    if (!error) {
        memcpy(client->out + client->out_len, text.bytes, text.len);
        client->out_len += text.len;
        learn_ack(openwire, &text);
    }
    text_fini(&text);
    return error;
}

int openwire_acknowledge(struct client *client)
{
    struct openwire_receiver *r = client->openwire->receiver;
    int error;

    if (r->unacknowledged == 0)
        return 0;
    error = LIKELY(fits_ack_form(client->openwire)) ? patch_ack(client) : render_ack(client);
    r->unacknowledged = 0;
    return error;
}

int openwire_note(struct client *client)
{
    struct openwire_receiver *r = client->openwire->receiver;

    if (r->unacknowledged++ == 0)
        r->first = r->last;
    return r->unacknowledged >= r->ack_every ? openwire_acknowledge(client) : 0;
}
