/* Problem details. See http_problem.h. */
#include "net/http_problem.h"

#include "base/err.h"
#include "codec/json_out.h"

void http_problem_write(struct buf *out, int status, int code, const char *detail)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "type", "about:blank");
    json_kv_cstr(&j, "title", err_sentence(code));
    json_kv_int(&j, "status", status);
    if (detail)
        json_kv_cstr(&j, "detail", detail);
    json_kv_cstr(&j, "code", err_name(code));
    json_object_end(&j);
}
