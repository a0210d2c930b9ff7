/* Shared memory, which knows who touched each of its words last: a missing barrier is an error, and not luck. Neither parts of words nor
   atomic operations are looked at. */
#include "fibers.h"

/* Threads count from 1, warps from MOST_THREADS + 1. */
enum { NOBODY = 0, EVERYBODY = -1 };

/* Whether what was touched then is ordered before what the thread does now. */
static int is_ordered(const Thread *t, const Touch *touch)
{
    if (touch->who == NOBODY || touch->blockPhase != g.phase || touch->who == (int)t->number + 1) return 1;
    int warp = touch->who == EVERYBODY ? -1 : touch->who > MOST_THREADS ? touch->who - MOST_THREADS - 1 : (touch->who - 1) / WARP;
    return warp == (int)t->warp && touch->warpPhase < g.warp[t->warp].ordered;
}

/* The readers since the last barrier, with this one. */
static int joined(const Thread *t, const Touch *readers)
{
    int own = (int)t->number + 1, warp = MOST_THREADS + 1 + (int)t->warp;
    if (is_ordered(t, readers)) return own;
    return readers->who == warp || (readers->who > 0 && readers->who <= MOST_THREADS && (readers->who - 1) / WARP == (int)t->warp) ? warp : EVERYBODY;
}

char *standin_shared(Thread *t, U64 address, U32 bytes, int access, int line)
{
    const char *verb = access == READ ? "read" : "write";
    U64 most = (U64)g.kernel->sharedBytes;
    if (address & (bytes - 1)) standin_fault(t, MISALIGNED_ADDRESS, line, "a misaligned %s of %u bytes at %llu of shared memory", verb, bytes, (unsigned long long)address);
    if (address >= most || most - address < bytes)
        standin_fault(t, ILLEGAL_ADDRESS, line, "a %s of %u bytes at %llu of shared memory, which has %llu", verb, bytes, (unsigned long long)address, (unsigned long long)most);
    U32 warpPhase = g.warp[t->warp].phase;
    if (access == ATOMIC || bytes < sizeof(U32)) return g.shared + address;
    for (Word *w = &g.word[address / sizeof(U32)]; w < &g.word[(address + bytes) / sizeof(U32)]; w++) {
        const Touch *other = !is_ordered(t, &w->write) ? &w->write : access == WRITE && !is_ordered(t, &w->read) ? &w->read : NULL;
        if (other != NULL)
            standin_fault(t, LAUNCH_FAILED, line, "a %s at %llu of shared memory, which another thread %s with no barrier between", verb, (unsigned long long)address, other == &w->write ? "wrote" : "read");
        if (access == READ) w->read = (Touch){ joined(t, &w->read), g.phase, warpPhase };
        else w->write = (Touch){ (int)t->number + 1, g.phase, warpPhase };
    }
    return g.shared + address;
}
