/* Device memory: a range of addresses of its own, none of which is used twice, so that every wrong access is seen for what it is. */
#define _GNU_SOURCE
#include "driver.h"
#include <stdlib.h>
#include <sys/mman.h>

#define ARENA_BYTES (1ULL << 40)
#define PAGE 4096ULL
#define LARGEST (8ULL << 30)

typedef struct { U64 first, bytes; Context *context; int alive; U64 read, written; } Block;

static U64 arena, used;
static Block *blocks, *pinned;
static size_t blockCount, pinnedCount;
static int hostPointers;

/* A host pointer is a device pointer too, from now on or no longer. */
void standin_host_pointers(int allowed) { hostPointers = allowed; }

static Block *append(Block **list, size_t *count, Block block)
{
    if ((*count & (*count - 1)) == 0) *list = realloc(*list, (*count == 0 ? 1 : *count * 2) * sizeof block);
    (*list)[*count] = block;
    return &(*list)[(*count)++];
}

static int in_arena(U64 address) { return arena != 0 && address - arena < ARENA_BYTES; }

/* The last block that starts at or before the address, or null. Addresses are given out in rising order. */
static Block *block_before(U64 address)
{
    size_t low = 0, high = blockCount;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (blocks[middle].first <= address) low = middle + 1; else high = middle;
    }
    return low == 0 ? NULL : &blocks[low - 1];
}

static Block *pinned_around(U64 address, U64 bytes)
{
    for (size_t i = 0; i < pinnedCount; i++)
        if (pinned[i].alive && address - pinned[i].first < pinned[i].bytes && pinned[i].bytes - (address - pinned[i].first) >= bytes) return &pinned[i];
    return NULL;
}

/* What is wrong with an access to the arena, or null. */
static const char *wrong(const Block *block, U64 address, U64 bytes)
{
    if (block == NULL) return "before all memory";
    U64 offset = address - block->first;
    if (offset >= block->bytes || block->bytes - offset < bytes) return "outside of the memory that was allocated last before it";
    if (!block->alive) return "in memory that was freed";
    return block->context != current_context() ? "in memory of another context" : NULL;
}

CUresult check_range(U64 address, size_t bytes, const char *what)
{
    if (!in_arena(address)) return address != 0 || bytes == 0 ? SUCCESS : problem(INVALID_VALUE, "%s: a null pointer", what);
    const Block *block = block_before(address);
    const char *why = wrong(block, address, bytes);
    return why == NULL ? SUCCESS
        : problem(INVALID_VALUE, "%s: %zu bytes at %lld of a block of %llu bytes: %s", what, bytes, block == NULL ? 0LL : (long long)(address - block->first), block == NULL ? 0ULL : (unsigned long long)block->bytes, why);
}

void count_traffic(Launch *launch)
{
    Block *block = in_arena(launch->first) ? block_before(launch->first) : NULL;
    if (block != NULL) {
        block->read += launch->bytesRead - launch->readBefore;
        block->written += launch->bytesWritten - launch->writtenBefore;
    }
    launch->readBefore = launch->bytesRead;
    launch->writtenBefore = launch->bytesWritten;
}

/* What kernels have read and written of the memory at an address. */
void standin_traffic(U64 address, U64 *read, U64 *written)
{
    const Block *block = in_arena(address) ? block_before(address) : NULL;
    *read = block == NULL ? 0 : block->read;
    *written = block == NULL ? 0 : block->written;
}

char *standin_find_global(Thread *t, U64 address, U32 bytes, int access, int line)
{
    const char *verb = access == READ ? "read" : "write";
    if (address % bytes != 0) standin_fault(t, MISALIGNED_ADDRESS, line, "a misaligned %s of %u bytes at %#llx", verb, bytes, (unsigned long long)address);
    const Block *block = in_arena(address) ? block_before(address) : pinned_around(address, bytes);
    if (!in_arena(address)) {
        if (block == NULL && !(hostPointers && address >= PAGE && address < SHARED_WINDOW))
            standin_fault(t, ILLEGAL_ADDRESS, line, "a %s of %u bytes at %#llx, which is no device memory", verb, bytes, (unsigned long long)address);
    }
    else {
        const char *why = wrong(block, address, bytes);
        if (why != NULL)
            standin_fault(t, ILLEGAL_ADDRESS, line, "a %s of %u bytes at %lld of a block of %llu bytes: %s", verb, bytes,
                block == NULL ? 0LL : (long long)(address - block->first), block == NULL ? 0ULL : (unsigned long long)block->bytes, why);
    }
    /* The access itself has been counted, and is the new block's. */
    U64 read = access == READ ? bytes : 0, written = bytes - read;
    t->launch->bytesRead -= read;
    t->launch->bytesWritten -= written;
    count_traffic(t->launch);
    t->launch->bytesRead += read;
    t->launch->bytesWritten += written;
    /* The host's memory is known page by page. */
    t->launch->first = block != NULL ? block->first : address / PAGE * PAGE;
    t->launch->bytes = block != NULL ? block->bytes : PAGE;
    return (char *)address;
}

void end_memory(Context *context)
{
    for (size_t i = 0; i < blockCount; i++) if (blocks[i].context == context) blocks[i].alive = 0;
}

CUresult cuMemAlloc_v2(U64 *result, size_t bytes)
{
    ALONE;
    if (current_context() == NULL) return problem(INVALID_CONTEXT, "cuMemAlloc: no context is current");
    if (bytes == 0) return problem(INVALID_VALUE, "cuMemAlloc: 0 bytes");
    if (arena == 0) {
        void *reserved = mmap(NULL, ARENA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reserved == MAP_FAILED) return problem(OUT_OF_MEMORY, "cuMemAlloc: no addresses for device memory");
        arena = (U64)reserved;
    }
    U64 pages = (bytes + PAGE - 1) / PAGE * PAGE;
    if (bytes > LARGEST || used + pages + PAGE > ARENA_BYTES || mprotect((void *)(arena + used), pages, PROT_READ | PROT_WRITE) != 0) return OUT_OF_MEMORY;
    *result = arena + used;
    used += pages + PAGE;
    /* What a kernel should have written, and did not, shows. */
    memset((void *)*result, 0xCD, bytes < (1 << 20) ? bytes : 1 << 20);
    append(&blocks, &blockCount, (Block){ *result, bytes, current_context(), 1, 0, 0 });
    return SUCCESS;
}

CUresult cuMemFree_v2(U64 address)
{
    ALONE;
    if (address == 0) return SUCCESS;
    Block *block = in_arena(address) ? block_before(address) : NULL;
    if (block == NULL || block->first != address || !block->alive) return problem(INVALID_VALUE, "cuMemFree: %#llx is no memory of the device, or was freed", (unsigned long long)address);
    block->alive = 0;
    U64 pages = (block->bytes + PAGE - 1) / PAGE * PAGE;
    madvise((void *)address, pages, MADV_DONTNEED);
    mprotect((void *)address, pages, PROT_NONE);
    return SUCCESS;
}

CUresult cuMemGetInfo_v2(size_t *unused, size_t *total) { *unused = 79ULL << 30; *total = 80ULL << 30; return SUCCESS; }

CUresult cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned flags)
{
    ALONE;
    (void)flags;
    if (current_context() == NULL) return problem(INVALID_CONTEXT, "cuMemHostRegister: no context is current");
    append(&pinned, &pinnedCount, (Block){ (U64)pointer, bytes, current_context(), 1, 0, 0 });
    return SUCCESS;
}

CUresult cuMemHostUnregister(void *pointer)
{
    ALONE;
    Block *block = pinned_around((U64)pointer, 1);
    if (block == NULL || block->first != (U64)pointer) return problem(INVALID_VALUE, "cuMemHostUnregister: memory that is not registered");
    *block = pinned[--pinnedCount];
    return SUCCESS;
}

CUresult cuMemAllocHost_v2(void **pointer, size_t bytes)
{
    *pointer = aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);
    return *pointer == NULL ? OUT_OF_MEMORY : cuMemHostRegister_v2(*pointer, bytes, 0);
}

CUresult cuMemFreeHost(void *pointer)
{
    CUresult result = cuMemHostUnregister(pointer);
    if (result == SUCCESS) free(pointer);
    return result;
}

CUresult cuMemHostGetDevicePointer_v2(U64 *device, void *host, unsigned flags)
{
    ALONE;
    (void)flags;
    if (!hostPointers && pinned_around((U64)host, 1) == NULL) return problem(INVALID_VALUE, "cuMemHostGetDevicePointer: memory that is not page-locked");
    *device = (U64)host;
    return SUCCESS;
}

CUresult cuPointerGetAttribute(void *result, int attribute, U64 address)
{
    ALONE;
    const Block *block = in_arena(address) ? block_before(address) : pinned_around(address, 1);
    Block host = { address, 1, current_context(), 1, 0, 0 };
    if (block == NULL && hostPointers && !in_arena(address) && host.context != NULL) block = &host;
    if (block == NULL || !block->alive || address - block->first >= block->bytes) return INVALID_VALUE;
    switch (attribute) {
        case 1: *(Context **)result = block->context; return SUCCESS;
        case 2: *(unsigned *)result = in_arena(address) || block == &host ? 2 : 1; return SUCCESS;
        case 3: *(U64 *)result = address; return SUCCESS;
        case 9: *(int *)result = block->context->device; return SUCCESS;
        case 11: *(U64 *)result = block->first; return SUCCESS;
        case 12: *(size_t *)result = block->bytes; return SUCCESS;
        default: return problem(INVALID_VALUE, "cuPointerGetAttribute: attribute %d is not known here", attribute);
    }
}
