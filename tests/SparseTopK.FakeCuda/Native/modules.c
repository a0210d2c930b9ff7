/* Modules and launches. */
#include "driver.h"
#include <stdio.h>
#include <stdlib.h>

enum { ERROR_LOG = 5, ERROR_LOG_BYTES = 6 };
static void *const PARAMETER_BUFFER = (void *)1, *const PARAMETER_BYTES = (void *)2;

typedef struct { Handle handle; Kernel kernel; Entry *entry; } Module;

CUresult cuModuleLoadDataEx(Module **result, const char *ptx, unsigned count, const int *options, void **values)
{
    ALONE;
    Context *context = current_context();
    if (context == NULL) return problem(INVALID_CONTEXT, "cuModuleLoadData: no context is current");
    Module *module = new_handle(sizeof *module, MODULE);
    if (translator.translate(ptx, context->device == CONTRACTING_DEVICE, &module->kernel) == 0) { *result = module; return SUCCESS; }
    char *log = NULL;
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        if (options[i] == ERROR_LOG) log = values[i];
        if (options[i] == ERROR_LOG_BYTES) bytes = (size_t)values[i];
    }
    if (log != NULL && bytes > 0) snprintf(log, bytes, "%s", module->kernel.error);
    return problem(INVALID_PTX, "%s", module->kernel.error);
}

CUresult cuModuleLoadData(Module **result, const char *ptx) { return cuModuleLoadDataEx(result, ptx, 0, NULL, NULL); }

CUresult cuModuleUnload(Module *module)
{
    ALONE;
    if (module == NULL || module->handle.kind != MODULE || !module->handle.alive) return problem(INVALID_HANDLE, "cuModuleUnload: no module, or unloaded before");
    module->handle.alive = 0;
    return SUCCESS;
}

CUresult cuModuleGetFunction(Module **function, Module *module, const char *name)
{
    ALONE;
    CUresult result = check_handle(module, MODULE, "a module");
    if (result != SUCCESS) return result;
    *function = module;
    return strcmp(name, module->kernel.name) == 0 ? SUCCESS : problem(NOT_FOUND, "cuModuleGetFunction: %s has no %s", module->kernel.name, name);
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *count, Module *function, int threads, size_t dynamic)
{
    (void)dynamic;
    *count = 2048 / (threads > 0 ? threads : 1);
    return check_handle(function, MODULE, "a kernel");
}

CUresult cuOccupancyMaxPotentialBlockSize(int *grid, int *block, Module *function, void *sizes, size_t dynamic, int limit)
{
    (void)sizes; (void)dynamic;
    *grid = 528;
    *block = limit > 0 && limit < 256 ? limit : 256;
    return check_handle(function, MODULE, "a kernel");
}

/* The parameters in one buffer, as extra gives them or gathered from their pointers. */
static CUresult gather(const Kernel *kernel, char *buffer, void **parameters, void **extra)
{
    const void *from = NULL;
    size_t bytes = 0;
    for (int i = 0; extra != NULL && extra[i] != NULL; i += 2) {
        if (extra[i] == PARAMETER_BUFFER) from = extra[i + 1];
        else if (extra[i] == PARAMETER_BYTES) bytes = *(size_t *)extra[i + 1];
        else return problem(INVALID_VALUE, "a launch of %s: an unknown attribute", kernel->name);
    }
    if (extra != NULL) {
        if (bytes != (size_t)kernel->parameterBytes) return problem(INVALID_VALUE, "a launch of %s: %zu bytes of parameters, not %d", kernel->name, bytes, kernel->parameterBytes);
        if (from != NULL) memcpy(buffer, from, bytes);
        return from != NULL || bytes == 0 ? SUCCESS : problem(INVALID_VALUE, "a launch of %s: no parameters", kernel->name);
    }
    for (int i = 0; i < kernel->parameters; i++) {
        if (parameters == NULL || parameters[i] == NULL) return problem(INVALID_VALUE, "a launch of %s: parameter %d is missing", kernel->name, i);
        memcpy(buffer + kernel->offset[i], parameters[i], (size_t)kernel->size[i]);
    }
    return SUCCESS;
}

static CUresult check_shape(const Kernel *kernel, Dimensions grid, Dimensions block, unsigned shared)
{
    int fits = grid.x > 0 && grid.x <= INT32_MAX && grid.y > 0 && grid.y <= 65535 && grid.z > 0 && grid.z <= 65535
        && block.x > 0 && block.x <= MOST_THREADS && block.y > 0 && block.y <= MOST_THREADS && block.z > 0 && block.z <= 64 && (U64)block.x * block.y * block.z <= MOST_THREADS;
    if (!fits) return problem(INVALID_VALUE, "a launch of %s: grid %u %u %u of blocks %u %u %u", kernel->name, grid.x, grid.y, grid.z, block.x, block.y, block.z);
    return shared == 0 ? SUCCESS : problem(INVALID_VALUE, "a launch of %s: %u bytes of dynamic shared memory, which is not done here", kernel->name, shared);
}

CUresult cuLaunchKernel(Module *module, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters, void **extra)
{
    ALONE;
    Launch launch = { .grid = { gx, gy, gz }, .block = { bx, by, bz } };
    CUresult result = check_handle(module, MODULE, "a kernel");
    if (result != SUCCESS) return result;
    const Kernel *kernel = &module->kernel;
    char *buffer = calloc(1, (size_t)kernel->parameterBytes + 1);
    result = check_stream(stream);
    if (result == SUCCESS) result = check_shape(kernel, launch.grid, launch.block, shared);
    if (result == SUCCESS) result = gather(kernel, buffer, parameters, extra);
    if (result == SUCCESS && module->entry == NULL) module->entry = translator.entry(&module->kernel);
    if (result == SUCCESS && module->entry == NULL) result = problem(INVALID_PTX, "%s", kernel->error);
    if (result == SUCCESS) {
        result = run_kernel(kernel, module->entry, &launch, buffer);
        count_traffic(&launch);
        if (result != SUCCESS) problem(result, "%s", strdup(standin_message));
    }
    if (result == SUCCESS) {
        LaunchRecord record = { .grid = launch.grid, .block = launch.block, .bytesRead = launch.bytesRead, .bytesWritten = launch.bytesWritten };
        memcpy(record.name, kernel->name, sizeof record.name);
        translator.launched(&record);
    }
    free(buffer);
    return result;
}
