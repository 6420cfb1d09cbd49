/* Files of YARA rules in the image. See yara_files.h. */
#include "detect/yara_files.h"

#include "detect/image.h"

static bool str_ok(const struct image *image, struct image_str s)
{
    return s.offset <= image->strings_len && s.len <= image->strings_len - s.offset;
}

int yara_files_init(const struct image *image, struct yara_files *ret_files, struct err *err)
{
    for (uint32_t i = 0; i < image->yara_len; i++) {
        if (!str_ok(image, image->yara[i].name) || !str_ok(image, image->yara[i].text))
            return err_set(err, E_PARSE, "ruleset is damaged: file of YARA rules %u", i);
    }
    *ret_files = (struct yara_files){
        .files = image->yara, .strings = image->strings, .len = image->yara_len};
    return 0;
}

int yara_files_open(struct str bytes, struct yara_files *ret_files, struct err *err)
{
    struct image image;
    int rc = image_open(bytes, false, &image, err);
    return rc ? rc : yara_files_init(&image, ret_files, err);
}

void yara_files_skip(struct yara_files *f, uint32_t len)
{
    uint32_t skipped = len < f->len ? len : f->len;
    f->files += skipped;
    f->len -= skipped;
}

void yara_files_get(const struct yara_files *f, uint32_t index, struct str *ret_name,
                    struct str *ret_text)
{
    const struct image_yara *file = &f->files[index];
    *ret_name = str_n(f->strings + file->name.offset, file->name.len);
    *ret_text = str_n(f->strings + file->text.offset, file->text.len);
}
