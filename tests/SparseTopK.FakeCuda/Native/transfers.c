/* Copies and fills, which are done at once. Either side may be memory of the host. */
#include "driver.h"

static CUresult copy(const char *what, U64 to, U64 from, size_t bytes, const void *stream)
{
    ALONE;
    CUresult result = check_stream(stream);
    if (result == SUCCESS) result = check_range(to, bytes, what);
    if (result == SUCCESS) result = check_range(from, bytes, what);
    if (result == SUCCESS) memmove((void *)to, (const void *)from, bytes);
    return result;
}

CUresult cuMemcpyAsync(U64 to, U64 from, size_t bytes, const void *stream) { return copy("cuMemcpyAsync", to, from, bytes, stream); }
CUresult cuMemcpy(U64 to, U64 from, size_t bytes) { return copy("cuMemcpy", to, from, bytes, NULL); }
CUresult cuMemcpyHtoD_v2(U64 to, const void *from, size_t bytes) { return copy("cuMemcpyHtoD", to, (U64)from, bytes, NULL); }
CUresult cuMemcpyDtoH_v2(void *to, U64 from, size_t bytes) { return copy("cuMemcpyDtoH", (U64)to, from, bytes, NULL); }
CUresult cuMemcpyHtoDAsync_v2(U64 to, const void *from, size_t bytes, const void *stream) { return copy("cuMemcpyHtoDAsync", to, (U64)from, bytes, stream); }
CUresult cuMemcpyDtoHAsync_v2(void *to, U64 from, size_t bytes, const void *stream) { return copy("cuMemcpyDtoHAsync", (U64)to, from, bytes, stream); }
CUresult cuMemcpyDtoDAsync_v2(U64 to, U64 from, size_t bytes, const void *stream) { return copy("cuMemcpyDtoDAsync", to, from, bytes, stream); }

CUresult cuMemsetD8Async(U64 to, unsigned char value, size_t bytes, const void *stream)
{
    ALONE;
    CUresult result = check_stream(stream);
    if (result == SUCCESS) result = check_range(to, bytes, "cuMemsetD8Async");
    if (result == SUCCESS) memset((void *)to, value, bytes);
    return result;
}
