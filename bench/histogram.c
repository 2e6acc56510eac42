/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.c - values are shifted right until they fit into `steps`; bucket 0 holds them all,
 * each further bucket only its upper half, since the lower half is the bucket before.
 */
#include "histogram.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct histogram {
    int64_t lowest, highest, min, max;
    int digits;
    int unit_bits; /* values are counted in units of 2^unit_bits <= lowest */
    int half_bits; /* log2 of the steps in half a bucket */
    uint32_t cell_count;
    uint64_t total;
    uint64_t cells[];
};

static int bits_of(uint64_t value) /* value > 0 */
{
    return 64 - __builtin_clzll(value);
}

static uint32_t cell_of(const struct histogram *h, int64_t value)
{
    uint64_t units = (uint64_t)value >> h->unit_bits;
    int bucket = bits_of(units | ((UINT64_C(2) << h->half_bits) - 1)) - (h->half_bits + 1);
    uint32_t step = (uint32_t)(units >> bucket);

    return ((uint32_t)bucket << h->half_bits) + step;
}

/* The highest value that counts in this cell. */
static int64_t cell_top(const struct histogram *h, uint32_t cell)
{
    uint32_t half = 1u << h->half_bits;
    uint32_t bucket = cell < 2 * half ? 0 : (cell >> h->half_bits) - 1;
    uint64_t step = cell - ((uint64_t)bucket << h->half_bits);

    return (int64_t)(((step + 1) << ((uint32_t)h->unit_bits + bucket)) - 1);
}

int histogram_create(int64_t lowest, int64_t highest, int digits, struct histogram **out)
{
    struct histogram shape = {.lowest = lowest, .highest = highest, .digits = digits};
    struct histogram *h;
    uint64_t steps = 2;

    if (lowest < 1 || highest / 2 < lowest || highest > INT64_MAX / 4 || digits < 1 ||
        digits > HISTOGRAM_DIGITS_MAX)
        return -EINVAL;
    for (int i = 0; i < digits; i++)
        steps *= 10;
    shape.unit_bits = bits_of((uint64_t)lowest) - 1;
    shape.half_bits = bits_of(steps - 1) - 1;
    shape.cell_count = cell_of(&shape, highest) + 1;
    h = calloc(1, sizeof *h + shape.cell_count * sizeof h->cells[0]);
    if (!h)
        return -ENOMEM;
    *h = shape;
    histogram_reset(h);
    *out = h;
    return 0;
}

void histogram_destroy(struct histogram *h)
{
    free(h);
}

void histogram_reset(struct histogram *h)
{
    memset(h->cells, 0, h->cell_count * sizeof h->cells[0]);
    h->total = 0;
    h->min = INT64_MAX;
    h->max = 0;
}

void histogram_record_many(struct histogram *h, int64_t value, uint64_t count)
{
    if (count == 0)
        return;
    if (value < 0)
        value = 0;
    if (value > h->highest)
        value = h->highest;
    h->cells[cell_of(h, value)] += count;
    h->total += count;
    if (value < h->min)
        h->min = value;
    if (value > h->max)
        h->max = value;
}

void histogram_record(struct histogram *h, int64_t value)
{
    histogram_record_many(h, value, 1);
}

void histogram_record_corrected(struct histogram *h, int64_t value, int64_t interval)
{
    histogram_record(h, value);
    if (interval <= 0)
        return;
    if (value > h->highest)
        value = h->highest;
    for (int64_t missing = value - interval; missing >= interval; missing -= interval)
        histogram_record(h, missing);
}

int histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (into->lowest != from->lowest || into->highest != from->highest ||
        into->digits != from->digits)
        return -EINVAL;
    for (uint32_t i = 0; i < into->cell_count; i++)
        into->cells[i] += from->cells[i];
    into->total += from->total;
    if (from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    return 0;
}

uint64_t histogram_count(const struct histogram *h)
{
    return h->total;
}

int64_t histogram_min(const struct histogram *h)
{
    return h->total > 0 ? h->min : 0;
}

int64_t histogram_max(const struct histogram *h)
{
    return h->max;
}

double histogram_mean(const struct histogram *h)
{
    double sum = 0;

    if (h->total == 0)
        return 0;
    for (uint32_t i = 0; i < h->cell_count; i++) {
        int64_t bottom = i == 0 ? 0 : cell_top(h, i - 1) + 1;

        if (h->cells[i] > 0)
            sum += (double)h->cells[i] * ((double)bottom + (double)cell_top(h, i)) / 2;
    }
    return sum / (double)h->total;
}

int64_t histogram_percentile(const struct histogram *h, double percent)
{
    double share = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    uint64_t wanted, seen = 0;

    if (h->total == 0)
        return 0;
    /* Rounding noise must not ask for one value more: 99.9 % of 1000 are 999. */
    wanted = (uint64_t)ceil(share / 100 * (double)h->total - 1e-6);
    if (wanted < 1)
        wanted = 1;
    for (uint32_t i = 0; i < h->cell_count; i++) {
        seen += h->cells[i];
        if (seen >= wanted) {
            int64_t top = cell_top(h, i);
            return top < h->max ? top : h->max;
        }
    }
    return h->max;
}
