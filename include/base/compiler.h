/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H
/*
 * compiler.h - what the two compilers offer, under one name each. The only place with #if.
 */
#include <assert.h>
#include <stddef.h>

#define MUST_CHECK           __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))
#define ARRAY_LEN(a)         (sizeof(a) / sizeof((a)[0]))
#define LIKELY(x)            __builtin_expect(!!(x), 1)
#define UNLIKELY(x)          __builtin_expect(!!(x), 0)
/* Where a function's speed depends on it: with a constant argument, or with a pointer to a local
 * that then needs no memory. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The struct of `type` whose field `member` is at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#if defined(__clang__)
#define THREAD_ATTR(x) __attribute__((x))
#else
#define THREAD_ATTR(x)
#endif

#if defined(__SANITIZE_THREAD__)
#define TSAN_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN_BUILD 1
#endif
#endif
#ifndef TSAN_BUILD
#define TSAN_BUILD 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ASAN_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN_BUILD 1
#endif
#endif
#ifndef ASAN_BUILD
#define ASAN_BUILD 0
#endif

/* What was written before TSAN_RELEASE(a) is ordered before what follows TSAN_ACQUIRE(a): tells
 * TSan of an edge that inline assembly really makes and TSan cannot see. Nothing in other builds.
 */
#if TSAN_BUILD
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define TSAN_ACQUIRE(addr) __tsan_acquire(addr)
#define TSAN_RELEASE(addr) __tsan_release(addr)
#else
#define TSAN_ACQUIRE(addr) ((void)(addr))
#define TSAN_RELEASE(addr) ((void)(addr))
#endif

/* Walks that are too dear for production: on in debug and sanitizer builds. */
#ifdef DEBUG_CHECKS
#define debug_assert(x) assert(x)
#else
#define debug_assert(x) ((void)0)
#endif
#endif
