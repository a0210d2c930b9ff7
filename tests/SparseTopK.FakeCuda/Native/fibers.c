/* Runs kernels. The threads of a block are fibers of one thread of the host, which switch where they wait for each other. */
#define _GNU_SOURCE
#include "fibers.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static const size_t STACK_BYTES = 256 * 1024;

/* Stacks start at different lines of the processor's caches. */
static size_t color(const Thread *t) { return (size_t)t->number % 61 * 1088; }

BlockState g;

/* Saves the registers that a call keeps, and goes on where sp was saved. */
__attribute__((naked, noinline)) static void switch_to(void **save, void *sp)
{
    __asm__("push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n mov %rsp, (%rdi)\n mov %rsi, %rsp\n"
            "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret");
}

/* A fiber starts here, with its thread and its function in registers. */
__attribute__((naked)) static void begin(void) { __asm__("mov %rbx, %rdi\n call *%r12\n hlt"); }

static void wait_for(Thread *t, const U32 *phase)
{
    t->waitsFor = phase;
    t->phase = *phase;
    while (*phase == t->phase) switch_to(&t->stackPointer, g.scheduler);
    t->waitsFor = NULL;
}

_Noreturn void standin_fault(Thread *t, int code, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = snprintf(standin_message, sizeof standin_message, "%s, PTX line %d, thread %u of block %u: ", g.kernel->name, line, t->number, t->block.x);
    vsnprintf(standin_message + length, sizeof standin_message - (size_t)length, format, arguments);
    va_end(arguments);
    g.fault = code;
    for (;;) switch_to(&t->stackPointer, g.scheduler);
}

/* Waits for all threads of the block; returns how many of them had a vote. */
U32 standin_barrier(Thread *t, int vote, U32 barrier, int line)
{
    if (barrier != 0) standin_fault(t, LAUNCH_FAILED, line, "barrier %u: only barrier 0 is done here", barrier);
    g.votes += vote != 0;
    if (++g.waiting < g.threads) {
        wait_for(t, &g.phase);
        return g.result;
    }
    g.result = g.votes;
    g.votes = g.waiting = 0;
    g.phase++;
    return g.result;
}

/* Waits for the lanes of the warp that members names, all of which must come to the same line. */
static void meet(Thread *t, U32 members, int line)
{
    Warp *warp = &g.warp[t->warp];
    U32 present = g.threads - t->warp * WARP >= WARP ? ~0U : (1U << (g.threads - t->warp * WARP)) - 1;
    if (!(members >> t->lane & 1)) standin_fault(t, LAUNCH_FAILED, line, "lane %u is not among the members %#x", t->lane, members);
    if (members & ~present) standin_fault(t, LAUNCH_FAILED, line, "the members %#x of a warp that has the lanes %#x", members, present);
    if (warp->arrived != 0 && (warp->members != members || warp->line != line))
        standin_fault(t, LAUNCH_FAILED, line, "other lanes of the warp wait at line %d, for the members %#x", warp->line, warp->members);
    warp->members = members;
    warp->line = line;
    warp->arrived |= 1U << t->lane;
    if (warp->arrived != members) { wait_for(t, &warp->phase); return; }
    warp->arrived = 0;
    warp->phase++;
}

void standin_warp_barrier(Thread *t, U32 members, int line)
{
    Warp *warp = &g.warp[t->warp];
    U32 phase = warp->phase;
    meet(t, members, line);
    /* The first that goes on says for all that what was written before can be read. */
    if (warp->ordered <= phase) warp->ordered = phase + 1;
}

/* The lane that a shuffle reads, as the PTX manual computes it. */
static U32 source(int mode, U32 lane, U32 by, U32 clamp)
{
    U32 segments = clamp >> 8 & 31, least = lane & segments, most = least | (clamp & 31 & ~segments);
    by &= 31;
    U32 from = mode == UP ? lane - by : mode == DOWN ? lane + by : mode == BUTTERFLY ? lane ^ by : least | (by & ~segments);
    int inside = mode == UP ? (S32)from >= (S32)most : from <= most;
    return inside ? from : lane;
}

U32 standin_shuffle(Thread *t, int mode, U32 value, U32 by, U32 clamp, U32 members, int line)
{
    Warp *warp = &g.warp[t->warp];
    U32 *values = warp->value[warp->phase & 1], from = source(mode, t->lane, by, clamp);
    values[t->lane] = value;
    meet(t, members, line);
    if (!(members >> from & 1)) standin_fault(t, LAUNCH_FAILED, line, "a shuffle reads lane %u, which is not among the members %#x", from, members);
    return values[from];
}

static void run_thread(Thread *t)
{
    char local[g.kernel->localBytes + 1] __attribute__((aligned(16)));
    memset(local, 0xCD, sizeof local);
    t->local = local;
    t->localBytes = (U64)g.kernel->localBytes;
    g.entry(t);
    t->ended = 1;
    g.live--;
    for (;;) switch_to(&t->stackPointer, g.scheduler);
}

/* A new fiber. Threads that never wait run one after another, on one stack. */
static void start(Thread *t)
{
    size_t top = g.kernel->synchronizes ? (t->number + 1) * STACK_BYTES - color(t) : STACK_BYTES;
    void **sp = (void **)(g.stacks + top) - 1;
    *--sp = NULL;
    *--sp = (void *)begin;
    *--sp = NULL;
    *--sp = t;
    *--sp = (void *)run_thread;
    sp -= 3;
    t->stackPointer = sp;
    t->started = 1;
}

/* Lets every thread that can run do so until it waits or ends; whether any could. In falling order every other time: a race shows sooner. */
static int run_round(int falling)
{
    int moved = 0;
    for (U32 i = 0; i < g.threads && g.fault == SUCCESS; i++) {
        Thread *t = &g.thread[falling ? g.threads - 1 - i : i];
        if (t->ended || (t->waitsFor != NULL && *t->waitsFor == t->phase)) continue;
        if (!t->started) start(t);
        moved = 1;
        switch_to(&g.scheduler, t->stackPointer);
    }
    return moved;
}

static void run_block(Dimensions block, const char *parameters)
{
    Dimensions size = g.launch->block;
    g.live = g.threads;
    g.waiting = g.votes = 0;
    memset(g.warp, 0, sizeof g.warp);
    memset(g.shared, 0xCD, (size_t)g.kernel->sharedBytes);
    memset(g.word, 0, (size_t)g.kernel->sharedBytes / sizeof(U32) * sizeof *g.word + sizeof *g.word);
    for (U32 i = 0; i < g.threads; i++)
        g.thread[i] = (Thread){ .launch = g.launch, .parameters = parameters, .thread = { i % size.x, i / size.x % size.y, i / size.x / size.y }, .block = block,
            .number = i, .warp = i / WARP, .lane = i % WARP };
    for (int round = 0; g.live > 0 && g.fault == SUCCESS; round++)
        if (!run_round(round & 1)) {
            Thread *t = g.thread;
            while (t->ended) t++;
            snprintf(standin_message, sizeof standin_message, "%s, thread %u of block %u waits for threads that do not come: %u of %u have ended", g.kernel->name, t->number, block.x, g.threads - g.live, g.threads);
            g.fault = LAUNCH_FAILED;
        }
}

CUresult run_kernel(const Kernel *kernel, Entry *entry, Launch *launch, const char *parameters)
{
    g.kernel = kernel;
    g.entry = entry;
    g.launch = launch;
    g.threads = launch->block.x * launch->block.y * launch->block.z;
    g.fault = SUCCESS;
    if (g.stacks == NULL) g.stacks = mmap(NULL, (size_t)MOST_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (g.stacks == MAP_FAILED) { g.stacks = NULL; return OUT_OF_MEMORY; }
    for (U32 z = 0; z < launch->grid.z; z++)
        for (U32 y = 0; y < launch->grid.y; y++)
            for (U32 x = 0; x < launch->grid.x && g.fault == SUCCESS; x++) run_block((Dimensions){ x, y, z }, parameters);
    return g.fault;
}
