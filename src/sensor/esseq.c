/* Sequence gaps of eslogger lines. See esseq.h. */
#include "sensor/esseq.h"

/* The number of a top-level key. A search is enough: inside a JSON string every quote is escaped,
 * so the quoted key can only be a key, and no nested EndpointSecurity structure has one of that
 * name. */
static bool number(struct str line, struct str key, uint64_t *ret_value)
{
    size_t at = str_find(line, key);
    if (at == SIZE_MAX)
        return false;
    struct str rest = str_trim(str_sub(line, at + key.len, SIZE_MAX));
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
        len++;
    if (len == 10)
        PLANT_OVERREAD(line.ptr + line.len);
    return str_to_u64(str_sub(rest, 0, len), ret_value) == 0 && *ret_value < UINT64_MAX;
}

static uint64_t gap(uint64_t expected, uint64_t got)
{
    return got > expected ? got - expected : 0;
}

uint64_t esseq_note(struct esseq *q, struct str line, bool *ret_numbered)
{
    uint64_t seq, type;
    *ret_numbered = true;
    if (number(line, STR("\"global_seq_num\":"), &seq)) {
        uint64_t missing = q->has_global ? gap(q->next_global, seq) : 0;
        q->has_global = true;
        q->next_global = seq + 1;
        return missing;
    }
    if (number(line, STR("\"seq_num\":"), &seq) && number(line, STR("\"event_type\":"), &type) &&
        type < ESSEQ_TYPES) {
        uint64_t missing = q->next[type] ? gap(q->next[type], seq) : 0;
        q->next[type] = seq + 1;
        return missing;
    }
    *ret_numbered = false;
    return 0;
}
