/* Invented people and their Macs. See persona.h. */
#include "persona.h"

#include <stdio.h>
#include <string.h>

struct person {
    const char *user;
    const char *full_name;
    const char *host;
    unsigned model;
    bool admin;
};

struct model {
    const char *id;
    const char *name;
    const char *chip;
    int memory_gib;
};

static const struct model models[] = {
    {"Mac16,1", "MacBook Pro (14-inch, 2024)", "Apple M4", 24},
    {"Mac16,12", "MacBook Air (13-inch, M4, 2025)", "Apple M4", 16},
    {"Mac16,9", "Mac Studio (2025)", "Apple M4 Max", 64},
    {"Mac15,3", "MacBook Pro (14-inch, Nov 2023)", "Apple M3", 16},
    {"Mac16,10", "Mac mini (2024)", "Apple M4", 16},
};

/* The first five are the demonstration's. */
static const struct person people[] = {
    {"maya", "Maya Lindqvist", "maya-mbp", 0, true},
    {"tomas", "Tomas Okafor", "tomas-mbp", 3, true},
    {"priya", "Priya Castellan", "priya-studio", 2, true},
    {"jonas", "Jonas Whitlock", "jonas-air", 1, false},
    {"elif", "Elif Marchetti", "elif-mini", 4, false},
    {"noor", "Noor Vandersteen", "noor-air", 1, false},
    {"mateo", "Mateo Brightwater", "mateo-mbp", 0, true},
    {"ingrid", "Ingrid Solano", "ingrid-mbp", 3, false},
    {"kenji", "Kenji Abernathy", "kenji-studio", 2, true},
    {"amara", "Amara Fjordal", "amara-air", 1, false},
};

static const struct {
    const char *version;
    const char *kernel;
} systems[] = {
    {"macOS 26.1 (25B78)", "25.1.0"},
    {"macOS 15.7.2 (24G325)", "24.6.0"},
    {"macOS 26.0.1 (25A362)", "25.0.0"},
};

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
uint64_t persona_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void make_uuid(uint64_t *state, char out[37])
{
    uint64_t a = persona_random(state);
    uint64_t b = persona_random(state);
    (void)snprintf(out, 37, "%08X-%04X-4%03X-%04X-%012llX", (unsigned)(a >> 32),
                   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                   (unsigned)(b >> 48 & 0x3fff) | 0x8000U,
                   (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

void persona_make(uint64_t seed, unsigned index, const char *names, struct persona *ret_persona)
{
    const struct person *who = &people[index % ARRAY_LEN(people)];
    const struct model *model = &models[who->model];
    uint64_t state = seed * UINT64_C(0x100000001b3) + index;
    size_t system = index % ARRAY_LEN(systems);
    struct persona p = {.admin = who->admin,
                        .memory_bytes = (int64_t)model->memory_gib * 1024 * 1024 * 1024};
    if (names)
        (void)snprintf(p.host, sizeof p.host, "%.50s-%03u", names, index + 1);
    else if (index < ARRAY_LEN(people))
        (void)snprintf(p.host, sizeof p.host, "%s", who->host);
    else
        (void)snprintf(p.host, sizeof p.host, "%s-%03u", who->host, index + 1);
    (void)snprintf(p.user, sizeof p.user, "%s", who->user);
    (void)snprintf(p.full_name, sizeof p.full_name, "%s", who->full_name);
    (void)snprintf(p.model, sizeof p.model, "%s", model->id);
    (void)snprintf(p.model_name, sizeof p.model_name, "%s", model->name);
    (void)snprintf(p.chip, sizeof p.chip, "%s", model->chip);
    (void)snprintf(p.os_version, sizeof p.os_version, "%s", systems[system].version);
    (void)snprintf(p.kernel, sizeof p.kernel, "%s", systems[system].kernel);
    (void)snprintf(p.serial, sizeof p.serial, "FICTION%05u", index + 1);
    make_uuid(&state, p.hardware_uuid);
    make_uuid(&state, p.boot);
    *ret_persona = p;
}

void persona_facts(const struct persona *p, struct json_out *j)
{
    json_kv_cstr(j, "hostname", p->host);
    json_kv_cstr(j, "platform", "macos");
    json_kv_cstr(j, "os_version", p->os_version);
    json_kv_cstr(j, "kernel", p->kernel);
    json_kv_cstr(j, "cpu", "arm64");
    json_kv_cstr(j, "hardware_uuid", p->hardware_uuid);
    json_kv_cstr(j, "boot_session", p->boot);
    json_kv_cstr(j, "model", p->model);
    json_kv_cstr(j, "model_name", p->model_name);
    json_kv_cstr(j, "chip", p->chip);
    json_kv_int(j, "memory_bytes", p->memory_bytes);
    json_kv_cstr(j, "serial_number", p->serial);
    json_key(j, "users");
    json_array_begin(j);
    json_object_begin(j);
    json_kv_cstr(j, "name", p->user);
    json_kv_cstr(j, "full_name", p->full_name);
    json_kv_int(j, "uid", 501);
    json_kv_bool(j, "admin", p->admin);
    json_object_end(j);
    json_array_end(j);
    json_kv_bool(j, "filevault", true);
    json_kv_bool(j, "sip", true);
    json_kv_bool(j, "simulated", true);
}
