/* macOS: the programs are linked without libyara. See yara.h. */
#include "yara/yara.h"

#define NO_YARA "YARA is not part of this program on macOS"

bool yara_available(void)
{
    return false;
}

int yara_compiler_new(struct yara_compiler **ret_compiler, struct err *err)
{
    (void)ret_compiler;
    return err_set(err, E_UNSUPPORTED, NO_YARA);
}

void yara_compiler_free(struct yara_compiler *c)
{
    (void)c;
}

int yara_compiler_add(struct yara_compiler *c, const char *name, const char *text, struct err *err)
{
    (void)c;
    (void)name;
    (void)text;
    return err_set(err, E_UNSUPPORTED, NO_YARA);
}

int yara_compiler_finish(struct yara_compiler *c, struct yara_rules **ret_rules, struct err *err)
{
    (void)c;
    (void)ret_rules;
    return err_set(err, E_UNSUPPORTED, NO_YARA);
}

void yara_rules_free(struct yara_rules *r)
{
    (void)r;
}

struct str yara_rules_warnings(const struct yara_rules *r)
{
    (void)r;
    return STR("");
}

uint32_t yara_rules_len(const struct yara_rules *r)
{
    (void)r;
    return 0;
}

int yara_scan(struct yara_rules *r, struct str bytes, int timeout_s, struct buf *out,
              struct buf *names, struct err *err)
{
    (void)names;
    (void)r;
    (void)bytes;
    (void)timeout_s;
    (void)out;
    return err_set(err, E_UNSUPPORTED, NO_YARA);
}
