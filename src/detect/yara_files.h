/* The YARA rules in a ruleset image: source texts, for a worker process to compile (src/yara). The
 * agent's root process reads this part of a verified image alone, without loading its rules. */
#ifndef CORDON_DETECT_YARA_FILES_H
#define CORDON_DETECT_YARA_FILES_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct image;
struct image_yara;

/** Borrows the image. */
struct yara_files {
    const struct image_yara *files;
    const char *strings;
    uint32_t len;
};

/** Check the section. @return 0 or E_PARSE */
int yara_files_init(const struct image *image, struct yara_files *ret_files,
                    struct err *err) MUST_CHECK;
/**
 * Open the section of an image whose digest was compared before.
 * @param bytes aligned to IMAGE_ALIGN; must outlive `ret_files`
 * @return 0, E_VERSION or E_PARSE
 */
int yara_files_open(struct str bytes, struct yara_files *ret_files, struct err *err) MUST_CHECK;
/** Leave out the first ones, at most all: those that the program itself brought. */
void yara_files_skip(struct yara_files *f, uint32_t len);
/** @param index 0 .. len-1. Slices live as long as the image. */
void yara_files_get(const struct yara_files *f, uint32_t index, struct str *ret_name,
                    struct str *ret_text);

#endif
