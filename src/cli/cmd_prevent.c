/* `cordon prevent check` and `cordon prevent test`: lists without a server. */
#include "cli/cmd_prevent.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/listfiles.h"
#include "cli/listing.h"
#include "crypto/hash.h"
#include "os/clock.h"
#include "os/file.h"

#define PROGRAM_BYTES_MOST (UINT64_C(4) << 30)

const struct opt_row cmd_prevent_test_rows[] = {
    {"list", 'l', OPT_TEXTS, "FILE", "list to try: YAML, CSV or one value a line", 0, 0},
    {"cdhash", 0, OPT_TEXT, "HEX", "a program with this cdhash", 0, 0},
    {"sha256", 0, OPT_TEXT, "HEX", "a program with this SHA-256", 0, 0},
    {"signing-id", 0, OPT_TEXT, "ID", "a program with this signing identifier, without its team", 0,
     0},
    {"certificate", 0, OPT_TEXT, "HEX", "a program whose leaf certificate has this SHA-256", 0, 0},
    {"team-id", 0, OPT_TEXT, "TEAM", "a program of this team", 0, 0},
    {"platform", 0, OPT_FLAG, NULL, "a program that belongs to macOS", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

static void print_refused(void *arg, const struct err *err)
{
    struct cli *cli = arg;
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    out_line(&cli->out, "%s", text);
}

int cmd_prevent_check(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct list list CLEANUP(list_done) = {0};
    struct listfiles_set set CLEANUP(listfiles_set_done) = {0};
    struct list_counts counts = {0};
    uint32_t by_kind[LIST_KINDS] = {0};
    int rc = 0;
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = listfiles_add(&list, opt->args[i], NULL, print_refused, cli, &counts, err);
    if (rc == 0)
        rc = listfiles_compile(&list, &set, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < list.len; i++)
        by_kind[list.entries[i].kind]++;
    for (unsigned k = 0; k < LIST_KINDS; k++) {
        if (by_kind[k])
            out_line(&cli->out, "%-12s %u", list_kind_name((enum list_kind)k), by_kind[k]);
    }
    out_line(&cli->out, "%u entries accepted, %u refused, %u after repeats were dropped",
             counts.accepted, counts.refused, set.prevent.len);
    return counts.refused ? EXIT_REFUSED : 0;
}

/* ------------------------------------------------------------------ test */

struct program {
    struct code_identity id;
    unsigned char sha256[LIST_DIGEST_BYTES];
    unsigned char certificate[LIST_DIGEST_BYTES];
    unsigned char cdhash[LIST_CDHASH_BYTES];
};

static int read_digest(const struct opt *opt, const char *name, unsigned char *bytes, size_t size,
                       struct str *ret, struct err *err)
{
    size_t len = 0;
    const char *text = opt_text(opt, name, NULL);
    if (!text)
        return 0;
    if (text_hex_decode(str_of(text), bytes, size, &len) || len != size)
        return err_set(err, E_ARG, "--%s: '%s' is not %zu hexadecimal digits", name, text,
                       2 * size);
    *ret = str_n((const char *)bytes, len);
    return 0;
}

static int read_options(const struct opt *opt, struct program *p, struct err *err)
{
    p->id.signing_id = str_of(opt_text(opt, "signing-id", NULL));
    p->id.team_id = str_of(opt_text(opt, "team-id", NULL));
    p->id.platform = opt_flag(opt, "platform");
    int rc = read_digest(opt, "cdhash", p->cdhash, sizeof p->cdhash, &p->id.cdhash, err);
    if (rc == 0)
        rc = read_digest(opt, "sha256", p->sha256, sizeof p->sha256, &p->id.sha256, err);
    return rc ? rc
              : read_digest(opt, "certificate", p->certificate, sizeof p->certificate,
                            &p->id.certificate, err);
}

/* The file's path as the system would show it, and its hash; a file that is not there stands for
 * its path alone. */
static int read_program(const char *name, char **path, struct program *p, struct err *err)
{
    *path = realpath(name, NULL);
    if (!*path) {
        p->id.path = str_of(name);
        return 0;
    }
    p->id.path = str_of(*path);
    if (p->id.sha256.len)
        return 0;
    int fd CLEANUP(fd_closep) = file_open_nofollow(*path, err);
    if (fd < 0)
        return fd;
    int rc = hash_sha256_fd(fd, PROGRAM_BYTES_MOST, p->sha256, NULL);
    if (rc)
        return err_set(err, rc, "cannot read %s", *path);
    p->id.sha256 = str_n((const char *)p->sha256, sizeof p->sha256);
    return 0;
}

static const char *word_of(enum prevent_decision d)
{
    static const char *const words[] = {[PREVENT_NONE] = "no entry",
                                        [PREVENT_DENY] = "denied",
                                        [PREVENT_ALLOW] = "allowed",
                                        [PREVENT_GUARDED] = "protected"};
    return words[d];
}

static int add_decision(const struct prevent *prevent, struct str name, const struct program *p,
                        struct listing *rows, bool *denied)
{
    struct prevent_verdict v = {0};
    struct buf value CLEANUP(buf_done) = {0};
    enum prevent_decision d = prevent_check(prevent, &p->id, clock_wall_ns(), &v);
    if (d != PREVENT_NONE)
        prevent_add_value(&v, &value);
    listing_str(rows, name);
    listing_cstr(rows, word_of(d));
    listing_cstr(rows, d == PREVENT_NONE ? "" : list_kind_name(v.kind));
    listing_str(rows, buf_str(&value));
    listing_str(rows, v.reason);
    *denied = *denied || d == PREVENT_DENY;
    return buf_check(&value);
}

static void free_text(char **text)
{
    free(*text);
}

static int test_program(const struct opt *opt, const struct prevent *prevent, const char *name,
                        struct listing *rows, bool *denied, struct err *err)
{
    struct program p = {0};
    char *path CLEANUP(free_text) = NULL;
    int rc = read_options(opt, &p, err);
    if (rc == 0 && name)
        rc = read_program(name, &path, &p, err);
    if (rc == 0)
        rc = add_decision(prevent, str_of(name ? name : "(options)"), &p, rows, denied);
    return rc;
}

int cmd_prevent_test(struct cli *cli, const struct opt *opt, struct err *err)
{
    static const struct listing_column columns[] = {{"program", "PROGRAM"},
                                                    {"decision", "DECISION"},
                                                    {"type", "TYPE"},
                                                    {"value", "VALUE"},
                                                    {"reason", "REASON"}};
    struct list list CLEANUP(list_done) = {0};
    struct listfiles_set set CLEANUP(listfiles_set_done) = {0};
    struct listing rows CLEANUP(listing_done);
    struct list_counts counts = {0};
    size_t pos = 0;
    const char *file;
    bool denied = false;
    int rc = 0;
    listing_init(&rows, (enum listing_form)opt_choice(opt, "output"), columns, ARRAY_LEN(columns));
    if (!opt_text(opt, "list", NULL))
        return err_set(err, E_ARG, "name the list to try with --list=FILE");
    while (rc == 0 && (file = opt_text_next(opt, "list", &pos)))
        rc = listfiles_add(&list, file, NULL, NULL, NULL, &counts, err);
    if (rc == 0)
        rc = listfiles_compile(&list, &set, err);
    if (rc == 0 && opt->args_len == 0)
        rc = test_program(opt, &set.prevent, NULL, &rows, &denied, err);
    for (size_t i = 0; i < opt->args_len && rc == 0; i++)
        rc = test_program(opt, &set.prevent, opt->args[i], &rows, &denied, err);
    if (rc == 0 && counts.refused)
        cli_warn(cli, "%u entries were refused; 'cordon prevent check' says why", counts.refused);
    if (rc == 0 && listing_print(&rows, &cli->out))
        rc = err_set(err, E_NOMEM, "out of memory");
    return rc ? rc : denied ? EXIT_MATCHED : 0;
}
