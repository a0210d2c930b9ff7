/* The block of threads that runs: one at a time. */
#pragma once
#include "driver.h"

/* Who touched four bytes of shared memory last, and when. */
typedef struct { int who; U32 blockPhase, warpPhase; } Touch;
typedef struct { Touch read, write; } Word;

/* Threads of a warp that wait for each other, and the values that they exchange. Phases alternate between two sets of values. Touches of
   phases before ordered are ordered by a barrier of the warp. */
typedef struct { U32 phase, members, arrived, ordered; int line; U32 value[2][WARP]; } Warp;

typedef struct {
    const Kernel *kernel;
    Entry *entry;
    Launch *launch;
    U32 threads, live, phase, waiting, votes, result;
    Thread thread[MOST_THREADS];
    Warp warp[MOST_THREADS / WARP];
    char shared[MOST_SHARED] __attribute__((aligned(256)));
    Word word[MOST_SHARED / sizeof(U32) + 1];
    char *stacks;
    void *scheduler;
    CUresult fault;
} BlockState;

extern BlockState g;
