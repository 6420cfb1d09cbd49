/* Matches of YARA rules as records. See scan_record.h. */
#include "agent/scan_record.h"

#include "agent/own_record.h"

enum {
    NAMES_MOST = 64,  /* rules told of one file */
    NAME_BYTES = 128, /* of a rule: YARA takes no longer ones */
    DETAIL_BYTES = 65536
};

static size_t split_names(struct str text, struct str *names, size_t most)
{
    size_t len = 0;
    struct str line;
    while (len < most && str_next(&text, '\n', &line)) {
        if (line.len && line.len <= NAME_BYTES)
            names[len++] = line;
    }
    return len;
}

void scan_record_add(struct buf *out, const char *path, int64_t pid, int64_t pidversion,
                     const struct yara_found *found)
{
    struct event ev;
    struct str names[NAMES_MOST];
    size_t len = split_names(buf_str(&found->names), names, NAMES_MOST);
    own_record_begin(&ev, KIND_YARA_MATCH);
    ev.category = kind_table[KIND_YARA_MATCH].category;
    event_set_str(&ev, F_KIND, kind_table[KIND_YARA_MATCH].name);
    if (pid > 0) {
        event_set_int(&ev, F_PID, pid);
        event_set_int(&ev, F_PIDVERSION, pidversion);
    }
    event_set_str(&ev, F_FILE_PATH, str_of(path));
    event_set_str(&ev, F_MALWARE_PATH, str_of(path));
    if (len)
        event_set_str(&ev, F_MALWARE_NAME, names[0]);
    event_set_list(&ev, F_YARA_RULES, names, (uint32_t)len);
    event_set_str(&ev, F_YARA_DETAIL, str_sub(buf_str(&found->rules), 0, DETAIL_BYTES));
    event_add_json(out, &ev);
}
