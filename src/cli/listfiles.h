/* Prevent-list files into one list, for the commands that check, try or send lists. */
#ifndef CORDON_CLI_LISTFILES_H
#define CORDON_CLI_LISTFILES_H

#include "cli/cli.h"
#include "detect/list.h"
#include "detect/prevent.h"

/** Stands for the lists that come with the program. */
#define LISTFILES_BUILTIN "builtin"

/**
 * Append the entries of a file; "-" is standard input, "builtin" the lists of the program. Refused
 * entries are reported by `refused`.
 * @return 0, an error of file_read or list_parse
 */
int listfiles_add(struct list *list, const char *path, const struct list_defaults *defaults,
                  list_refused_fn refused, void *arg, struct list_counts *counts,
                  struct err *err) MUST_CHECK;

/** A list compiled as devices get it. */
struct listfiles_set {
    struct buf image;
    struct prevent prevent; /* points into the image */
};

/** @return 0, E_DENIED, E_LIMIT, E_NOMEM. Call listfiles_set_done in any case. */
int listfiles_compile(const struct list *list, struct listfiles_set *set,
                      struct err *err) MUST_CHECK;
/** For CLEANUP(listfiles_set_done). */
void listfiles_set_done(struct listfiles_set *set);

#endif
