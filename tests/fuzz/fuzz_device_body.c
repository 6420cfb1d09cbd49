/* Fuzz the bodies of the device protocol; the first byte chooses which one. */
#include <stdint.h>

#include "base/arena.h"
#include "proto/channel.h"
#include "proto/enroll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = str_n((const char *)data + 1, size - 1);
    struct arena arena CLEANUP(arena_done) = {0};
    struct err err = {0};
    struct channel_msg m;
    struct enroll_request request;
    struct enroll_reply reply;
    struct buf out CLEANUP(buf_done) = {0};
    switch (data[0] % 3) {
    case 0:
        if (channel_read(body, &arena, &m, &err) == 0 && channel_write(&m, &out) != 0)
            __builtin_trap();
        break;
    case 1:
        if (enroll_request_read(body, &arena, &request, &err) == 0 &&
            enroll_request_write(&request, &out) != 0)
            __builtin_trap();
        break;
    default:
        if (enroll_reply_read(body, &arena, &reply, &err) == 0 &&
            enroll_reply_write(&reply, &out) != 0)
            __builtin_trap();
        break;
    }
    return 0;
}
