/* Devices and contexts. Every thread has a stack of contexts, whose top is current. */
#include "driver.h"
#include <stdio.h>
#include <stdlib.h>

enum { DEEPEST = 64 };

static Context primary[DEVICES];
static __thread Context *stack[DEEPEST];
static __thread int depth;

static int is_device(int device) { return device >= 0 && device < DEVICES; }

Context *current_context(void) { return depth > 0 && stack[depth - 1]->alive ? stack[depth - 1] : NULL; }

CUresult cuInit(unsigned flags) { return flags == 0 ? SUCCESS : INVALID_VALUE; }
CUresult cuDriverGetVersion(int *version) { *version = 13000; return SUCCESS; }
CUresult cuDeviceGetCount(int *count) { *count = DEVICES; return SUCCESS; }
CUresult cuDeviceGet(int *device, int ordinal) { *device = ordinal; return is_device(ordinal) ? SUCCESS : INVALID_DEVICE; }
CUresult cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = 80ULL << 30; return is_device(device) ? SUCCESS : INVALID_DEVICE; }

CUresult cuDeviceGetName(char *name, int length, int device)
{
    if (!is_device(device)) return INVALID_DEVICE;
    snprintf(name, (size_t)length, "Stand-in for an H100%s", device == CONTRACTING_DEVICE ? ", multiplies and adds with one rounding" : "");
    return SUCCESS;
}

/* An H100: limits, sizes and clocks. */
CUresult cuDeviceGetAttribute(int *value, int attribute, int device)
{
    static const int known[][2] = {
        {1, MOST_THREADS}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535}, {8, MOST_SHARED}, {9, 65536}, {10, WARP}, {11, 2147483647},
        {12, 65536}, {13, 1980000}, {14, 512}, {15, 1}, {16, 132}, {17, 0}, {18, 0}, {19, 1}, {20, 0}, {31, 1}, {32, 1}, {34, 0}, {35, 0}, {36, 2619000},
        {37, 5120}, {38, 52428800}, {39, 2048}, {40, 3}, {41, 1}, {50, 0}, {75, 9}, {76, 0}, {78, 1}, {81, 233472}, {82, 65536}, {83, 0}, {90, 1}, {91, 1}, {97, 232448}};
    if (!is_device(device)) return INVALID_DEVICE;
    if (attribute == 33) { *value = device; return SUCCESS; }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i][0] == attribute) { *value = known[i][1]; return SUCCESS; }
    return problem(INVALID_VALUE, "cuDeviceGetAttribute: attribute %d is not known here", attribute);
}

CUresult cuDeviceGetP2PAttribute(int *value, int attribute, int from, int to) { (void)attribute; *value = 0; return is_device(from) && is_device(to) ? SUCCESS : INVALID_DEVICE; }
CUresult cuDeviceCanAccessPeer(int *can, int device, int peer) { *can = 0; return is_device(device) && is_device(peer) ? SUCCESS : INVALID_DEVICE; }

static CUresult push(const char *what, Context *context)
{
    if (context == NULL || !context->alive) return problem(INVALID_CONTEXT, "%s: a context that is not there any more", what);
    if (depth == DEEPEST) return problem(INVALID_CONTEXT, "%s: more than %d contexts on one thread", what, DEEPEST);
    stack[depth++] = context;
    return SUCCESS;
}

CUresult cuCtxCreate_v2(Context **context, unsigned flags, int device)
{
    ALONE;
    (void)flags;
    if (!is_device(device)) return problem(INVALID_DEVICE, "cuCtxCreate: device %d", device);
    *context = calloc(1, sizeof **context);
    **context = (Context){ .device = device, .alive = 1 };
    return push("cuCtxCreate", *context);
}

CUresult cuCtxDestroy_v2(Context *context)
{
    ALONE;
    if (context == NULL || !context->alive || context->primary) return problem(INVALID_CONTEXT, "cuCtxDestroy: no context, one that was destroyed, or a primary one");
    end_memory(context);
    context->alive = 0;
    if (depth > 0 && stack[depth - 1] == context) depth--;
    return SUCCESS;
}

CUresult cuCtxPushCurrent_v2(Context *context) { ALONE; return push("cuCtxPushCurrent", context); }

CUresult cuCtxPopCurrent_v2(Context **context)
{
    ALONE;
    if (depth == 0) return problem(INVALID_CONTEXT, "cuCtxPopCurrent: no context is current");
    depth--;
    if (context != NULL) *context = stack[depth];
    return SUCCESS;
}

CUresult cuCtxSetCurrent(Context *context)
{
    ALONE;
    if (context != NULL && !context->alive) return problem(INVALID_CONTEXT, "cuCtxSetCurrent: a context that is not there any more");
    if (depth > 0) depth--;
    return context == NULL ? SUCCESS : push("cuCtxSetCurrent", context);
}

CUresult cuCtxGetCurrent(Context **context) { *context = depth > 0 ? stack[depth - 1] : NULL; return SUCCESS; }

CUresult cuCtxGetDevice(int *device)
{
    Context *context = current_context();
    if (context == NULL) return problem(INVALID_CONTEXT, "cuCtxGetDevice: no context is current");
    *device = context->device;
    return SUCCESS;
}

CUresult cuCtxSynchronize(void) { return current_context() != NULL ? SUCCESS : problem(INVALID_CONTEXT, "cuCtxSynchronize: no context is current"); }
CUresult cuCtxGetCacheConfig(int *value) { *value = 0; return SUCCESS; }
CUresult cuCtxSetCacheConfig(int value) { (void)value; return SUCCESS; }
CUresult cuCtxGetSharedMemConfig(int *value) { *value = 0; return SUCCESS; }
CUresult cuCtxSetSharedMemConfig(int value) { (void)value; return SUCCESS; }
CUresult cuCtxEnablePeerAccess(Context *context, unsigned flags) { (void)context; (void)flags; return PEER_ACCESS_UNSUPPORTED; }
CUresult cuCtxDisablePeerAccess(Context *context) { (void)context; return PEER_ACCESS_UNSUPPORTED; }

CUresult cuDevicePrimaryCtxRetain(Context **context, int device)
{
    ALONE;
    if (!is_device(device)) return problem(INVALID_DEVICE, "cuDevicePrimaryCtxRetain: device %d", device);
    *context = &primary[device];
    primary[device] = (Context){ .device = device, .alive = 1, .primary = 1, .retained = primary[device].retained + 1 };
    return SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(int device)
{
    ALONE;
    if (!is_device(device) || primary[device].retained == 0) return problem(INVALID_CONTEXT, "cuDevicePrimaryCtxRelease: device %d has no primary context", device);
    if (--primary[device].retained == 0) {
        end_memory(&primary[device]);
        primary[device].alive = 0;
    }
    return SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(int device) { return cuDevicePrimaryCtxRelease_v2(device); }

CUresult cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active)
{
    ALONE;
    if (!is_device(device)) return INVALID_DEVICE;
    *flags = 0;
    *active = primary[device].alive;
    return SUCCESS;
}
