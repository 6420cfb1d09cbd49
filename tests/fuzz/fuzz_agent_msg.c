/* Fuzz the bodies of the agent's inter-process messages; the first byte chooses which one. What is
 * accepted is written again and must read back. */
#include <stdint.h>

#include "proto/agent_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str body = str_n((const char *)data + 1, size - 1);
    struct buf out CLEANUP(buf_done) = {0};
    if (data[0] == 's') {
        struct agent_suspect s;
        if (agent_suspect_read(body, &s) == 0 &&
            (agent_suspect_write(&s, &out) != 0 || !str_eq(buf_str(&out), body)))
            __builtin_trap();
    } else if (data[0] % 2 == 0) {
        struct agent_event e;
        if (agent_event_read(body, &e) == 0 &&
            (agent_event_write(&e, &out) != 0 || !str_eq(buf_str(&out), body)))
            __builtin_trap();
    } else {
        struct agent_result r;
        if (agent_result_read(body, &r) == 0 &&
            (agent_result_write(&r, &out) != 0 || !str_eq(buf_str(&out), body)))
            __builtin_trap();
    }
    struct err err = {0};
    if (size >= 3 && agent_msg_check((uint16_t)(data[1] | data[2] << 8), AGENT_ROLE_UPLINK,
                                     AGENT_ROLE_MONITOR, size, &err) == E_INTERNAL)
        __builtin_trap();
    return 0;
}
