/* Parts of a path. See pathview.h. Slashes at the end belong to no part. */
#include "detect/pathview.h"

static struct str without_slashes(struct str path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

static struct str last_component(struct str path)
{
    path = without_slashes(path);
    return path.len == 1 ? path : str_basename(path);
}

/* A name that begins with its only dot has no extension. */
static struct str extension(struct str path)
{
    struct str name = last_component(path);
    size_t dot = str_rfind_char(name, '.');
    return dot == SIZE_MAX || dot == 0 ? STR("") : str_sub(name, dot + 1, SIZE_MAX);
}

static struct str folder(struct str path)
{
    path = without_slashes(path);
    size_t slash = str_rfind_char(path, '/');
    return slash == SIZE_MAX ? STR("") : without_slashes(str_sub(path, 0, slash ? slash : 1));
}

struct str pathview_of(struct str path, enum sigma_view view)
{
    switch (view) {
    case SIGMA_LAST_COMPONENT:
        return last_component(path);
    case SIGMA_EXTENSION:
        return extension(path);
    case SIGMA_FOLDER:
        return folder(path);
    case SIGMA_FOLDER_NAME:
        return last_component(folder(path));
    default:
        return path;
    }
}
