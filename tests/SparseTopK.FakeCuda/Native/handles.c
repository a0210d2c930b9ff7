/* Errors, the one lock, and what has a handle: streams and events. All work is done at once, in the order of the calls. */
#include "driver.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

Translator translator;
__thread char standin_message[MESSAGE];
static __thread CUresult explained;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The legacy and the per-thread default stream by their names; 0 is the legacy one too. */
#define IS_DEFAULT_STREAM(stream) ((uintptr_t)(stream) <= 2)

void standin_connect(const Translator *other) { translator = *other; }

int standin_lock(void) { return pthread_mutex_lock(&lock); }
void standin_unlock(int *guard) { (void)guard; pthread_mutex_unlock(&lock); }

CUresult problem(CUresult code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(standin_message, sizeof standin_message, format, arguments);
    va_end(arguments);
    explained = code;
    translator.failed(code, standin_message);
    return code;
}

CUresult cuGetErrorString(CUresult code, const char **text)
{
    static __thread char plain[64];
    snprintf(plain, sizeof plain, "CUDA error %d", code);
    *text = code != SUCCESS && code == explained ? standin_message : plain;
    return SUCCESS;
}

CUresult cuGetErrorName(CUresult code, const char **text) { return cuGetErrorString(code, text); }

void *new_handle(size_t bytes, Kind kind)
{
    Handle *handle = calloc(1, bytes);
    *handle = (Handle){ kind, 1, current_context() };
    return handle;
}

CUresult check_handle(const void *pointer, Kind kind, const char *what)
{
    const Handle *handle = pointer;
    if (current_context() == NULL) return problem(INVALID_CONTEXT, "%s: no context is current", what);
    if (handle == NULL || handle->kind != kind || !handle->alive || !handle->context->alive) return problem(INVALID_HANDLE, "%s: not there, or not any more", what);
    return handle->context == current_context() ? SUCCESS : problem(INVALID_HANDLE, "%s: belongs to another context than the current one", what);
}

CUresult check_stream(const void *stream)
{
    if (!IS_DEFAULT_STREAM(stream)) return check_handle(stream, STREAM, "a stream");
    return current_context() != NULL ? SUCCESS : problem(INVALID_CONTEXT, "the default stream: no context is current");
}

static CUresult create(void **result, size_t bytes, Kind kind, const char *what)
{
    ALONE;
    if (current_context() == NULL) return problem(INVALID_CONTEXT, "%s: no context is current", what);
    *result = new_handle(bytes, kind);
    return SUCCESS;
}

/* Destroying needs no current context. */
static CUresult destroy(Handle *handle, Kind kind, const char *what)
{
    ALONE;
    if (handle == NULL || handle->kind != kind || !handle->alive) return problem(INVALID_HANDLE, "%s: not there, or destroyed before", what);
    handle->alive = 0;
    return SUCCESS;
}

CUresult cuStreamCreate(void **stream, unsigned flags) { (void)flags; return create(stream, sizeof(Handle), STREAM, "cuStreamCreate"); }
CUresult cuStreamCreateWithPriority(void **stream, unsigned flags, int priority) { (void)priority; return cuStreamCreate(stream, flags); }
CUresult cuStreamDestroy_v2(void *stream) { return destroy(stream, STREAM, "cuStreamDestroy"); }
CUresult cuStreamSynchronize(void *stream) { ALONE; return check_stream(stream); }
CUresult cuStreamQuery(void *stream) { ALONE; return check_stream(stream); }

CUresult cuStreamGetCtx(void *stream, Context **context)
{
    ALONE;
    *context = IS_DEFAULT_STREAM(stream) ? current_context() : ((Handle *)stream)->context;
    return *context != NULL ? SUCCESS : INVALID_CONTEXT;
}

typedef struct { Handle handle; int recorded; struct timespec at; } Event;

static CUresult check_event(const Event *event, int recorded)
{
    CUresult result = check_handle(event, EVENT, "an event");
    return result != SUCCESS || !recorded || event->recorded ? result : problem(INVALID_HANDLE, "an event: never recorded");
}

CUresult cuEventCreate(void **event, unsigned flags) { (void)flags; return create(event, sizeof(Event), EVENT, "cuEventCreate"); }
CUresult cuEventDestroy_v2(void *event) { return destroy(event, EVENT, "cuEventDestroy"); }
CUresult cuEventQuery(const Event *event) { ALONE; return check_event(event, 0); }
CUresult cuEventSynchronize(const Event *event) { ALONE; return check_event(event, 0); }

CUresult cuEventRecord(Event *event, const void *stream)
{
    ALONE;
    CUresult result = check_event(event, 0);
    if (result == SUCCESS) result = check_stream(stream);
    if (result != SUCCESS) return result;
    event->recorded = 1;
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    return SUCCESS;
}

CUresult cuStreamWaitEvent(const void *stream, const Event *event, unsigned flags)
{
    ALONE;
    (void)flags;
    CUresult result = check_stream(stream);
    return result == SUCCESS ? check_event(event, 0) : result;
}

CUresult cuEventElapsedTime(float *milliseconds, const Event *first, const Event *last)
{
    ALONE;
    CUresult result = check_event(first, 1);
    if (result == SUCCESS) result = check_event(last, 1);
    if (result == SUCCESS) *milliseconds = (float)((double)(last->at.tv_sec - first->at.tv_sec) * 1e3 + (double)(last->at.tv_nsec - first->at.tv_nsec) / 1e6);
    return result;
}
