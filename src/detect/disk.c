/* Names of what the disk has. See disk.h. */
#include "detect/disk.h"

static const struct {
    struct str name;
    enum field_id path;
} files[] = {
#define FILE_ROW(id, name, path) {{(name), sizeof(name) - 1}, path},
    DISK_FILES(FILE_ROW)
#undef FILE_ROW
};

static const struct str properties[] = {
#define PROPERTY_ROW(id, name, doc) {(name), sizeof(name) - 1},
    DISK_PROPERTIES(PROPERTY_ROW)
#undef PROPERTY_ROW
};

static bool is_property(struct str rest, enum disk_property property, struct str *ret_below)
{
    struct str name = properties[property];
    bool longer = property == DISK_CONTENTS && rest.len > name.len + 1;
    if (!str_starts(rest, name) || (rest.len != name.len && (!longer || rest.ptr[name.len] != '.')))
        return false;
    *ret_below = longer ? str_sub(rest, name.len + 1, SIZE_MAX) : (struct str){0};
    return true;
}

bool disk_field_of(struct str name, struct disk_field *ret_field)
{
    for (size_t f = 0; f < ARRAY_LEN(files); f++) {
        struct str below;
        if (!str_starts(name, files[f].name))
            continue;
        for (size_t p = 0; p < ARRAY_LEN(properties); p++) {
            if (!is_property(str_sub(name, files[f].name.len, SIZE_MAX), (enum disk_property)p,
                             &below))
                continue;
            *ret_field = (struct disk_field){(enum disk_file)f, (enum disk_property)p, below};
            return true;
        }
    }
    return false;
}

bool disk_is_field(struct str name)
{
    struct disk_field field;
    return disk_field_of(name, &field);
}

enum field_id disk_path_field(enum disk_file file)
{
    return files[file].path;
}
