/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire/codec.h"
#include "openwire/rare.h"

const char *ow_error_text(enum ow_error error)
{
    static const char *const texts[OW_ERROR_COUNT] = {
        [OW_OK] = "no error",
        [OW_FRAME_TOO_LONG] = "the frame is longer than allowed",
        [OW_TRUNCATED] = "the frame ends within a field",
        [OW_TRAILING_BYTES] = "the frame is longer than what is in it",
        [OW_UNKNOWN_TYPE] = "unknown type of data structure",
        [OW_WRONG_TYPE] = "a data structure that this field may not hold",
        [OW_BAD_BOOLEANS] = "damaged boolean stream",
        [OW_BAD_LENGTH] = "a length that is negative or beyond the frame",
        [OW_BAD_TEXT] = "text that is not modified UTF-8",
        [OW_BAD_SLOT] = "a cache slot that is out of range or empty",
        [OW_TOO_DEEP] = "data structures are nested too deeply",
        [OW_TOO_MANY] = "too many data structures, or too much in the cache",
        [OW_TEXT_TOO_LONG] = "text too long for this encoding",
        [OW_NO_MEMORY] = "the broker is out of memory",
    };

    return error < OW_ERROR_COUNT ? texts[error] : "unknown error";
}
