/* Prevent-list files. See listfiles.h. */
#include "cli/listfiles.h"

#include <errno.h>
#include <unistd.h>

#include "detect/detect.h"
#include "os/file.h"
#include "schema/content.h"
#include "schema/param.h"

static int read_input(struct buf *out, struct err *err)
{
    out->limit = (size_t)param_default(PARAM_LIST_BYTES);
    char chunk[65536];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR && !cli_interrupted())
            continue;
        if (n < 0)
            return err_errno(err, E_IO, errno, "cannot read the standard input");
        if (n == 0)
            break;
        buf_add(out, chunk, (size_t)n);
    }
    int rc = buf_check(out);
    return rc ? err_set(err, rc, "the standard input is too large for a list") : 0;
}

static int add_builtin(struct list *list, const struct list_defaults *defaults,
                       list_refused_fn refused, void *arg, struct list_counts *counts,
                       struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < content_prevent_len && rc == 0; i++)
        rc = list_parse(list, content_prevent[i].bytes, LIST_FORMAT_YAML,
                        content_prevent[i].name.ptr, defaults, refused, arg, counts, err);
    return rc;
}

int listfiles_add(struct list *list, const char *path, const struct list_defaults *defaults,
                  list_refused_fn refused, void *arg, struct list_counts *counts, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    if (str_is(str_of(path), LISTFILES_BUILTIN) && !file_exists(path))
        return add_builtin(list, defaults, refused, arg, counts, err);
    bool standard = str_is(str_of(path), "-");
    int rc = standard ? read_input(&text, err)
                      : file_read(path, (size_t)param_default(PARAM_LIST_BYTES), &text, err);
    return rc ? rc
              : list_parse(list, buf_str(&text), LIST_FORMAT_AUTO,
                           standard ? "(standard input)" : path, defaults, refused, arg, counts,
                           err);
}

int listfiles_compile(const struct list *list, struct listfiles_set *set, struct err *err)
{
    struct builder *b = NULL;
    int rc = builder_new(&b);
    if (rc == 0)
        rc = builder_add_list(b, list, err);
    if (rc == 0)
        rc = builder_finish(b, &set->image, err);
    builder_free(b);
    return rc ? rc : prevent_open(buf_str(&set->image), &set->prevent, err);
}

void listfiles_set_done(struct listfiles_set *set)
{
    buf_done(&set->image);
}
