/* Identity of events and alerts in a batch. See batch.h. */
#include "proto/batch.h"

#include <string.h>

#include "base/err.h"
#include "crypto/hash.h"

bool batch_line_is_alert(struct str line)
{
    return str_starts(line, STR("{\"alert_id\":"));
}

void batch_event_id_add(struct buf *out, struct str device, uint64_t epoch, uint64_t sequence,
                        uint32_t ordinal)
{
    buf_add_str(out, device);
    buf_addf(out, "/%llu/%llu/%u", (unsigned long long)epoch, (unsigned long long)sequence,
             ordinal);
}

int batch_alert_id(struct str device, struct str rule, struct str event_id,
                   char ret_id[BATCH_ALERT_ID_CHARS + 1])
{
    struct buf text CLEANUP(buf_done) = {0};
    char hex[HASH_HEX_BYTES];
    buf_add_str(&text, device);
    buf_add_u8(&text, 0);
    buf_add_str(&text, rule);
    buf_add_u8(&text, 0);
    buf_add_str(&text, event_id);
    int rc = buf_check(&text);
    if (rc == 0)
        rc = hash_sha256_hex(buf_str(&text), hex);
    if (rc)
        return rc;
    memcpy(ret_id, hex, BATCH_ALERT_ID_CHARS);
    ret_id[BATCH_ALERT_ID_CHARS] = '\0';
    return 0;
}

int batch_number(struct str text, uint64_t *ret_number)
{
    uint64_t number;
    if (text.len > 19 || str_to_u64(text, &number) || number == 0 || number > INT64_MAX)
        return E_PARSE;
    *ret_number = number;
    return 0;
}
