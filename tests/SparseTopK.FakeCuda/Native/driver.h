/* What the files of the stand-in driver share. */
#pragma once
#include "kernel.h"
#include <pthread.h>
#include <stddef.h>

typedef int CUresult;
enum {
    SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_DEVICE = 101, INVALID_CONTEXT = 201, INVALID_PTX = 218,
    INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, PEER_ACCESS_UNSUPPORTED = 217, MISALIGNED_ADDRESS = 716, LAUNCH_FAILED = 719,
};

enum { DEVICES = 2, MOST_PARAMETERS = 64, MOST_THREADS = 1024, WARP = 32, MOST_SHARED = 48 * 1024, NAME = 256, MESSAGE = 1024 };

/* Device 1 computes a * b + c with one rounding, as ptxas may do with any mul and add. */
enum { CONTRACTING_DEVICE = 1 };

/* What the driver hands out is never freed, so that the use of something destroyed is seen. */
typedef struct { int device, alive, retained, primary; } Context;
typedef enum { STREAM = 0x57524d, EVENT, MODULE } Kind;
typedef struct { Kind kind; int alive; Context *context; } Handle;

/* What the translator says of a module; C# has the same structure. */
typedef struct {
    int id, parameters, parameterBytes, sharedBytes, localBytes, synchronizes;
    int offset[MOST_PARAMETERS], size[MOST_PARAMETERS];
    char name[NAME], error[MESSAGE];
} Kernel;

typedef struct { char name[NAME]; Dimensions grid, block; U64 bytesRead, bytesWritten; } LaunchRecord;
typedef void Entry(Thread *);

/* The other half of the stand-in, in C#. */
typedef struct {
    int (*translate)(const char *ptx, int contract, Kernel *kernel);
    Entry *(*entry)(Kernel *kernel);
    void (*launched)(const LaunchRecord *record);
    void (*failed)(int code, const char *message);
} Translator;

extern Translator translator;
extern __thread char standin_message[MESSAGE];

int standin_lock(void);
void standin_unlock(int *);
/* The rest of the function runs alone. */
#define ALONE __attribute__((cleanup(standin_unlock), unused)) int alone_ = standin_lock()

/* Reports an error to the other half and to cuGetErrorString; returns the code. */
CUresult problem(CUresult code, const char *format, ...) __attribute__((format(printf, 2, 3)));

Context *current_context(void);
/* SUCCESS where something of this kind lives and belongs to the current context. */
CUresult check_handle(const void *handle, Kind kind, const char *what);
CUresult check_stream(const void *stream);
void *new_handle(size_t bytes, Kind kind);
/* What belonged to a context ends with it. */
void end_memory(Context *context);

/* What the launch moved since it entered its last block of memory becomes that block's. */
void count_traffic(Launch *launch);

/* SUCCESS where the bytes are the host's, or lie in living memory of the current context. */
CUresult check_range(U64 address, size_t bytes, const char *what);

/* Runs a kernel; SUCCESS, or the code of its fault, which standin_message explains. */
CUresult run_kernel(const Kernel *kernel, Entry *entry, Launch *launch, const char *parameters);
