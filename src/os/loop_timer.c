/* Timers of the event loop: a binary heap of slot indices, so that cancelling by id is O(log n).
 * An id is the slot's generation and index; a slot's generation changes whenever it is reused. */
#include "base/err.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "os/clock.h"
#include "os/loop.h"
#include "os/loop_priv.h"

static const uint32_t none = UINT32_MAX;

void loop_priv_timers_init(struct loop *loop)
{
    loop->timer_free = none;
}

void loop_priv_timers_done(struct loop *loop)
{
    mem_free(loop->timers);
    mem_free(loop->heap);
}

static bool earlier(const struct loop *loop, uint32_t a, uint32_t b)
{
    const struct loop_timer_slot *x = &loop->timers[a];
    const struct loop_timer_slot *y = &loop->timers[b];
    if (x->deadline_ns != y->deadline_ns)
        return x->deadline_ns < y->deadline_ns;
    return x->order < y->order;
}

static void place(struct loop *loop, uint32_t pos, uint32_t index)
{
    loop->heap[pos] = index;
    loop->timers[index].heap_pos = pos;
}

static void sift_up(struct loop *loop, uint32_t pos)
{
    uint32_t index = loop->heap[pos];
    while (pos > 0) {
        uint32_t parent = (pos - 1) / 2;
        if (!earlier(loop, index, loop->heap[parent]))
            break;
        place(loop, pos, loop->heap[parent]);
        pos = parent;
    }
    place(loop, pos, index);
}

static void sift_down(struct loop *loop, uint32_t pos)
{
    uint32_t index = loop->heap[pos];
    for (;;) {
        uint32_t child = pos * 2 + 1;
        if (child >= loop->heap_len)
            break;
        if (child + 1 < loop->heap_len && earlier(loop, loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!earlier(loop, loop->heap[child], index))
            break;
        place(loop, pos, loop->heap[child]);
        pos = child;
    }
    place(loop, pos, index);
}

static void remove_at(struct loop *loop, uint32_t pos)
{
    uint32_t index = loop->heap[pos];
    uint32_t last = loop->heap[--loop->heap_len];
    if (last != index) {
        place(loop, pos, last);
        sift_up(loop, pos);
        sift_down(loop, loop->timers[last].heap_pos);
    }
    struct loop_timer_slot *slot = &loop->timers[index];
    slot->active = false;
    slot->generation++;
    slot->heap_pos = loop->timer_free;
    loop->timer_free = index;
}

static int take_slot(struct loop *loop, uint32_t *ret_index)
{
    if (mem_grow(&loop->heap, &loop->heap_cap, (size_t)loop->heap_len + 1, sizeof *loop->heap))
        return E_NOMEM;
    if (loop->timer_free != none) {
        *ret_index = loop->timer_free;
        loop->timer_free = loop->timers[loop->timer_free].heap_pos;
        return 0;
    }
    if (loop->timer_count == none - 1)
        return E_NOMEM;
    if (mem_grow(&loop->timers, &loop->timer_cap, (size_t)loop->timer_count + 1,
                 sizeof *loop->timers))
        return E_NOMEM;
    *ret_index = loop->timer_count++;
    loop->timers[*ret_index].generation = 1;
    return 0;
}

uint64_t loop_timer(struct loop *loop, int64_t delay_ms, loop_fn fn, void *arg)
{
    uint32_t index;
    if (take_slot(loop, &index))
        return 0;
    int64_t delay_ns;
    int64_t deadline_ns;
    if (delay_ms < 0)
        delay_ms = 0;
    if (__builtin_mul_overflow(delay_ms, NS_PER_MS, &delay_ns) ||
        __builtin_add_overflow(clock_mono_ns(), delay_ns, &deadline_ns))
        deadline_ns = INT64_MAX;
    struct loop_timer_slot *slot = &loop->timers[index];
    uint32_t generation = slot->generation ? slot->generation : 1;
    *slot = (struct loop_timer_slot){.deadline_ns = deadline_ns,
                                     .order = loop->next_order++,
                                     .fn = fn,
                                     .arg = arg,
                                     .generation = generation,
                                     .active = true};
    loop->heap[loop->heap_len] = index;
    sift_up(loop, loop->heap_len++);
    return (uint64_t)generation << 32 | index;
}

void loop_timer_cancel(struct loop *loop, uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (id == 0 || index >= loop->timer_count)
        return;
    const struct loop_timer_slot *slot = &loop->timers[index];
    if (slot->active && slot->generation == (uint32_t)(id >> 32))
        remove_at(loop, slot->heap_pos);
}

int64_t loop_priv_timer_wait_ns(const struct loop *loop, int64_t now_ns)
{
    if (loop->heap_len == 0)
        return -1;
    int64_t deadline_ns = loop->timers[loop->heap[0]].deadline_ns;
    return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

void loop_priv_timers_fire(struct loop *loop, int64_t now_ns)
{
    /* A timer added by a callback waits for the next round, even with no delay. Its deadline is not
     * before now, so whatever stands in front of it in the heap is older. */
    uint64_t end = loop->next_order;
    while (loop->heap_len > 0 && !loop->stop) {
        const struct loop_timer_slot *slot = &loop->timers[loop->heap[0]];
        if (slot->deadline_ns > now_ns || slot->order >= end)
            return;
        loop_fn fn = slot->fn;
        void *arg = slot->arg;
        remove_at(loop, 0);
        fn(loop, arg);
    }
}
