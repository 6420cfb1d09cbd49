/* Alerts as text. See alertprint.h. */
#include "cli/alertprint.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "codec/json_out.h"

/* Widths of the columns for people; alerts come one by one, so they cannot be measured first. */
enum { TIME_WIDTH = 24, LEVEL_WIDTH = 13, RULE_WIDTH = 44, PROCESS_WIDTH = 24, PLACE_WIDTH = 20 };

#define VALUE_BYTES_SHOWN 300 /* of one matched value */

/* A failure of a part is one of the whole. */
static void stick(struct buf *text, const struct buf *part)
{
    if (buf_check(part) && !text->error)
        text->error = buf_check(part);
}

void alertprint_add_json(struct buf *text, const struct alertprint *a)
{
    struct buf head CLEANUP(buf_done) = {0};
    buf_add_cstr(&head, "\"file\":");
    json_escape(&head, str_of(a->file));
    buf_addf(&head, ",\"line\":%llu,\"time\":", (unsigned long long)a->line);
    if (a->event->time_ns) {
        buf_add_char(&head, '"');
        timefmt_add(&head, a->event->time_ns, 9);
        buf_add_cstr(&head, "\",");
    } else {
        buf_add_cstr(&head, "null,");
    }
    stick(text, &head);
    if (a->correlated)
        alert_add_correlated_json(text, buf_str(&head), a->set, a->correlated, a->event, NULL,
                                  NULL);
    else
        alert_add_json(text, buf_str(&head), a->set, a->match, a->event);
    buf_add_char(text, '\n');
}

void alertprint_json(struct out *out, const struct alertprint *a)
{
    alertprint_add_json(&out->text, a);
    out_end_line(out);
}

/* ------------------------------------------------------------------ for people */

/* Text of at most `width` characters, padded to it and one gap. */
static void add_column(struct buf *line, struct str text, size_t width)
{
    struct buf safe CLEANUP(buf_done) = {0};
    text_add_printable(&safe, text);
    struct str s = buf_str(&safe);
    size_t pos = 0;
    size_t used = 0;
    while (pos < s.len && used < width) {
        (void)text_utf8_next(s, &pos);
        used++;
    }
    buf_add(line, s.ptr, pos);
    for (; used < width + 2; used++)
        buf_add_char(line, ' ');
}

static const char *color_of(enum rule_level level)
{
    switch (level) {
    case LEVEL_CRITICAL:
    case LEVEL_HIGH:
        return "\x1b[31m";
    case LEVEL_MEDIUM:
        return "\x1b[33m";
    case LEVEL_INFORMATIONAL:
    case LEVEL_LOW:
        break;
    }
    return "\x1b[36m";
}

static void add_matched(struct buf *line, const struct match *match)
{
    for (uint32_t i = 0; i < match->fields_len; i++) {
        const struct matched_field *f = &match->fields[i];
        buf_add_cstr(line, i ? " " : "");
        text_add_printable(line, f->field);
        buf_add_char(line, '=');
        text_add_printable(line, str_sub(f->value, 0, VALUE_BYTES_SHOWN));
        if (f->value.len > VALUE_BYTES_SHOWN)
            buf_add_cstr(line, "...");
    }
}

/* A correlation is told by how many events it took, before what they have in common. */
static void add_why(struct buf *line, const struct alertprint *a)
{
    if (a->correlated)
        buf_addf(line, "%u event%s, the oldest told in line %llu%s", a->correlated->events_total,
                 a->correlated->events_total == 1 ? "" : "s",
                 (unsigned long long)a->correlated->events[0].record,
                 a->match->fields_len ? ": " : "");
    add_matched(line, a->match);
}

/* File and line; of a long name its end, so that the line is always there. */
static void add_place(struct buf *line, const struct alertprint *a)
{
    struct buf part CLEANUP(buf_done) = {0};
    buf_addf(&part, "%.*s:%llu", STR_FMT(str_basename(str_of(a->file))),
             (unsigned long long)a->line);
    struct str place = buf_str(&part);
    if (place.len > PLACE_WIDTH)
        place = str_sub(place, place.len - PLACE_WIDTH, SIZE_MAX);
    while (place.len && ((unsigned char)place.ptr[0] & 0xc0) == 0x80)
        place = str_sub(place, 1, SIZE_MAX); /* half of a character */
    add_column(line, place, PLACE_WIDTH);
}

/* The front of `line` that fits into the terminal. */
static struct str fitting(const struct out *out, struct str line)
{
    size_t pos = 0;
    size_t used = 0;
    if (!out->columns)
        return line;
    while (pos < line.len && used < out->columns) {
        (void)text_utf8_next(line, &pos);
        used++;
    }
    return str_sub(line, 0, pos);
}

void alertprint_head(struct out *out)
{
    struct buf line CLEANUP(buf_done) = {0};
    add_column(&line, STR("TIME"), TIME_WIDTH);
    add_column(&line, STR("LEVEL"), LEVEL_WIDTH);
    add_column(&line, STR("RULE"), RULE_WIDTH);
    add_column(&line, STR("PROCESS"), PROCESS_WIDTH);
    add_column(&line, STR("PLACE"), PLACE_WIDTH);
    buf_add_cstr(&line, "MATCHED");
    buf_add_str(&out->text, fitting(out, buf_str(&line)));
    buf_add_char(&out->text, '\n');
    out_end_line(out);
}

void alertprint_add_line(struct buf *text, const struct out *out, const struct alertprint *a)
{
    struct buf line CLEANUP(buf_done) = {0};
    struct buf part CLEANUP(buf_done) = {0};
    struct rule_info rule = ruleset_info(a->set, a->match->rule);

    if (a->event->time_ns)
        timefmt_add(&part, a->event->time_ns, 3);
    add_column(&line, part.len ? buf_str(&part) : STR("-"), TIME_WIDTH);
    size_t level_at = line.len;
    add_column(&line, str_of(rule_level_name(rule.level)), LEVEL_WIDTH);
    size_t level_end = line.len;
    add_column(&line, rule.title, RULE_WIDTH);

    buf_clear(&part);
    buf_add_str(&part, str_basename(event_str(a->event, F_EXECUTABLE)));
    if (event_has(a->event, F_PID))
        buf_addf(&part, " (%lld)", (long long)event_int(a->event, F_PID, 0));
    add_column(&line, part.len ? buf_str(&part) : STR("-"), PROCESS_WIDTH);

    add_place(&line, a);
    add_why(&line, a);

    struct str shown = fitting(out, buf_str(&line));
    stick(text, &line);
    if (out->color && level_end <= shown.len) {
        buf_add_str(text, str_sub(shown, 0, level_at));
        buf_add_cstr(text, color_of(rule.level));
        buf_add_str(text, str_sub(shown, level_at, level_end - level_at));
        buf_add_cstr(text, "\x1b[0m");
        buf_add_str(text, str_sub(shown, level_end, SIZE_MAX));
    } else {
        buf_add_str(text, shown);
    }
    buf_add_char(text, '\n');
}

void alertprint_line(struct out *out, const struct alertprint *a)
{
    alertprint_add_line(&out->text, out, a);
    out_end_line(out);
}
