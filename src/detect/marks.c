/* Latin letters without their diacritics. See marks.h. */
#include "detect/marks.h"

#include <string.h>

#include "base/text.h"

/* Runs of code points and the letter under each; '-' has none. Whatever a run leaves out stays. */
static const struct {
    uint32_t first;
    const char *letters;
} runs[] = {
    {0x00c0, "AAAAAA-CEEEEIIII-NOOOOO--UUUUY--aaaaaa-ceeeeiiii-nooooo--uuuuy-"
             "yAaAaAaCcCcCcCcDd--EeEeEeEeEeGgGgGgGgHh--IiIiIiIiI---JjKk-LlLlLl----"
             "NnNnNn---OoOoOo--RrRrRrSsSsSsSsTtTt--UuUuUuUuUuUuWwYyYZzZzZz"},
    {0x01a0, "Oo"},
    {0x01af, "Uu"},
    {0x01cd, "AaIiOoUuUuUuUuUu-AaAa----GgKkOoOo--j---Gg--NnAa----"
             "AaAaEeEeIiIiOoOoRrRrUuUuSsTt--Hh------AaEeOoOoOoOoYy"},
    {0x1e00, "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNn"
             "NnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYy"
             "ZzZzZzhtwy------AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOo"
             "OoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy"},
};

bool marks_any(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return true;
    }
    return false;
}

/* The ASCII letter under a letter, or 0. */
static char letter_under(uint32_t code_point)
{
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        if (code_point < runs[i].first || code_point - runs[i].first >= strlen(runs[i].letters))
            continue;
        char letter = runs[i].letters[code_point - runs[i].first];
        return letter == '-' ? '\0' : letter;
    }
    return '\0';
}

size_t marks_remove(struct str text, char *out)
{
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t code_point = text_utf8_next(text, &at);
        if (code_point >= 0x300 && code_point <= 0x36f)
            continue;
        char letter = code_point >= 0x80 ? letter_under(code_point) : '\0';
        if (letter) {
            out[len++] = letter;
            continue;
        }
        memcpy(out + len, text.ptr + start, at - start);
        len += at - start;
    }
    return len;
}
