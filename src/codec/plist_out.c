/* Property list writer. See plist_out.h. */
#include "codec/plist_out.h"

#include "base/err.h"
#include "base/text.h"

enum { DEPTH_MOST = 32 };

static void indent(struct plist_out *p)
{
    for (unsigned i = 0; i < p->depth; i++)
        buf_add_char(p->out, '\t');
}

static bool xml_can_hold(struct str s)
{
    if (!text_utf8_valid(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < ' ' && c != '\t' && c != '\n')
            return false;
    }
    return true;
}

static void add_escaped(struct plist_out *p, struct str s)
{
    if (!xml_can_hold(s)) {
        p->error = E_ARG;
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '&':
            buf_add_cstr(p->out, "&amp;");
            break;
        case '<':
            buf_add_cstr(p->out, "&lt;");
            break;
        case '>':
            buf_add_cstr(p->out, "&gt;");
            break;
        default:
            buf_add_char(p->out, s.ptr[i]);
        }
    }
}

/* One element with text on a line of its own. */
static void element(struct plist_out *p, const char *name, struct str text)
{
    indent(p);
    buf_addf(p->out, "<%s>", name);
    add_escaped(p, text);
    buf_addf(p->out, "</%s>\n", name);
}

static void open_element(struct plist_out *p, const char *name)
{
    indent(p);
    buf_addf(p->out, "<%s>\n", name);
    if (p->depth == DEPTH_MOST)
        p->error = E_LIMIT;
    else
        p->depth++;
}

static void close_element(struct plist_out *p, const char *name)
{
    if (p->depth)
        p->depth--;
    indent(p);
    buf_addf(p->out, "</%s>\n", name);
}

void plist_begin(struct plist_out *p)
{
    buf_add_cstr(p->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                         "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                         "<plist version=\"1.0\">\n");
}

int plist_end(struct plist_out *p)
{
    buf_add_cstr(p->out, "</plist>\n");
    return p->error ? p->error : buf_check(p->out);
}

void plist_dict_begin(struct plist_out *p)
{
    open_element(p, "dict");
}

void plist_dict_end(struct plist_out *p)
{
    close_element(p, "dict");
}

void plist_array_begin(struct plist_out *p)
{
    open_element(p, "array");
}

void plist_array_end(struct plist_out *p)
{
    close_element(p, "array");
}

void plist_key(struct plist_out *p, const char *key)
{
    element(p, "key", str_of(key));
}

void plist_str(struct plist_out *p, struct str s)
{
    element(p, "string", s);
}

void plist_int(struct plist_out *p, int64_t v)
{
    indent(p);
    buf_addf(p->out, "<integer>%lld</integer>\n", (long long)v);
}

void plist_bool(struct plist_out *p, bool v)
{
    indent(p);
    buf_add_cstr(p->out, v ? "<true/>\n" : "<false/>\n");
}

void plist_kv_str(struct plist_out *p, const char *key, struct str s)
{
    plist_key(p, key);
    plist_str(p, s);
}

void plist_kv_cstr(struct plist_out *p, const char *key, const char *s)
{
    plist_kv_str(p, key, str_of(s));
}

void plist_kv_int(struct plist_out *p, const char *key, int64_t v)
{
    plist_key(p, key);
    plist_int(p, v);
}

void plist_kv_bool(struct plist_out *p, const char *key, bool v)
{
    plist_key(p, key);
    plist_bool(p, v);
}
