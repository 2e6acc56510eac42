/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/* clock.h - the two clocks of the system. Any thread. */
#include <stdint.h>

int64_t clock_wall_ms(void);      /* milliseconds since 1970: timestamps, expiration */
int64_t clock_monotonic_ms(void); /* never goes back: timers, durations */
int64_t clock_monotonic_ns(void);
#endif
