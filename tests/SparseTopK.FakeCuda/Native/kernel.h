/* What translated kernels are compiled with: the types of PTX, and what the driver gives to each thread. */
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef _Bool PRED;
typedef uint8_t U8;
typedef uint16_t U16;
typedef uint32_t U32;
typedef uint64_t U64;
typedef int8_t S8;
typedef int16_t S16;
typedef int32_t S32;
typedef int64_t S64;
typedef _Float16 F16;
typedef float F32;
typedef double F64;

typedef struct { U32 x, y, z; } Dimensions;

/* Where the last access to global memory went, so that most accesses are checked with two comparisons; what all of them moved; and how much
   of that had been moved when the last block of memory was entered. */
typedef struct {
    Dimensions grid, block;
    U64 first, bytes, bytesRead, bytesWritten, readBefore, writtenBefore;
} Launch;

/* One thread of a kernel. Fields after local belong to the scheduler. */
typedef struct Thread {
    Launch *launch;
    const char *parameters;
    Dimensions thread, block;
    U32 number, warp, lane;
    char *local;
    U64 localBytes;
    void *stackPointer;
    const U32 *waitsFor;
    U32 phase;
    int started, ended;
} Thread;

enum { READ, WRITE, ATOMIC };
enum { UP, DOWN, BUTTERFLY, INDEX };

/* Generic addresses of shared and local memory; their own address spaces start at 0. Host and device addresses lie below. */
#define SHARED_WINDOW 0x7e00000000000000ULL
#define LOCAL_WINDOW 0x7f00000000000000ULL

char *standin_find_global(Thread *, U64 address, U32 bytes, int access, int line);
char *standin_shared(Thread *, U64 address, U32 bytes, int access, int line);
U32 standin_barrier(Thread *, int vote, U32 barrier, int line);
void standin_warp_barrier(Thread *, U32 members, int line);
U32 standin_shuffle(Thread *, int mode, U32 value, U32 by, U32 clamp, U32 members, int line);
__attribute__((cold)) _Noreturn void standin_fault(Thread *, int code, int line, const char *format, ...);

/* The host's address of an access to global memory, which has been checked. */
static inline char *global(Thread *t, U64 address, U32 bytes, int access, int line)
{
    Launch *launch = t->launch;
    *(access == READ ? &launch->bytesRead : &launch->bytesWritten) += bytes;
    U64 offset = address - launch->first;
    return offset < launch->bytes && launch->bytes - offset >= bytes && address % bytes == 0
        ? (char *)address
        : standin_find_global(t, address, bytes, access, line);
}

static inline char *shared(Thread *t, U64 address, U32 bytes, int access, int line) { return standin_shared(t, address, bytes, access, line); }

static inline char *local(Thread *t, U64 address, U32 bytes, int access, int line)
{
    (void)access;
    if (address % bytes != 0) standin_fault(t, 716, line, "a misaligned access of %u bytes at %llu of local memory", bytes, (unsigned long long)address);
    if (address >= t->localBytes || t->localBytes - address < bytes)
        standin_fault(t, 700, line, "an access of %u bytes at %llu of local memory, which has %llu", bytes, (unsigned long long)address, (unsigned long long)t->localBytes);
    return t->local + address;
}

static inline char *generic(Thread *t, U64 address, U32 bytes, int access, int line)
{
    return address >= LOCAL_WINDOW ? local(t, address - LOCAL_WINDOW, bytes, access, line)
        : address >= SHARED_WINDOW ? shared(t, address - SHARED_WINDOW, bytes, access, line)
        : global(t, address, bytes, access, line);
}

/* Registers of one kind that are read as another. */
#define REINTERPRET(name, to, from) static inline to name(from value) { to result; memcpy(&result, &value, sizeof result); return result; }
REINTERPRET(F64_OF, F64, U64)
REINTERPRET(F32_OF, F32, U32)
REINTERPRET(F16_OF, F16, U16)
REINTERPRET(BITS_F64, U64, F64)
REINTERPRET(BITS_F32, U32, F32)
REINTERPRET(BITS_F16, U16, F16)

/* The smaller or larger number; a NaN only where both are NaN, and -0 is below +0. */
#define EXTREME(name, type, sign) \
    static inline type name(type a, type b) { return a != a ? b : b != b ? a : a == b ? (sign signbit(a) ? a : b) : (sign (a < b)) ? a : b; }
EXTREME(MIN_F64, F64, !!)
EXTREME(MIN_F32, F32, !!)
EXTREME(MIN_F16, F16, !!)
EXTREME(MAX_F64, F64, !)
EXTREME(MAX_F32, F32, !)
EXTREME(MAX_F16, F16, !)

/* A quotient by zero has all bits set, as on a GPU; the smallest number by -1 does not trap. */
#define DIVISION(type) \
    static inline type DIV_##type(type a, type b) { return b == 0 ? (type)-1 : b == (type)-1 ? (type)(0 - a) : (type)(a / b); } \
    static inline type REM_##type(type a, type b) { return b == 0 ? a : b == (type)-1 ? (type)0 : (type)(a % b); }
#define UNSIGNED_DIVISION(type) \
    static inline type DIV_##type(type a, type b) { return b == 0 ? (type)-1 : (type)(a / b); } \
    static inline type REM_##type(type a, type b) { return b == 0 ? a : (type)(a % b); }
DIVISION(S16) DIVISION(S32) DIVISION(S64)
UNSIGNED_DIVISION(U16) UNSIGNED_DIVISION(U32) UNSIGNED_DIVISION(U64)

/* A rounded number as an integer: limits where it is outside them, 0 where it is NaN. beyond is the first power of 2 that does not fit. */
#define SATURATED(type, low, high, least, beyond) \
    static inline type SATURATED_##type(F64 a) { return a != a ? 0 : a <= (least) ? (low) : a >= (beyond) ? (high) : (type)a; }
SATURATED(S8, INT8_MIN, INT8_MAX, -0x1p7, 0x1p7)
SATURATED(S16, INT16_MIN, INT16_MAX, -0x1p15, 0x1p15)
SATURATED(S32, INT32_MIN, INT32_MAX, -0x1p31, 0x1p31)
SATURATED(S64, INT64_MIN, INT64_MAX, -0x1p63, 0x1p63)
SATURATED(U8, 0, UINT8_MAX, 0, 0x1p8)
SATURATED(U16, 0, UINT16_MAX, 0, 0x1p16)
SATURATED(U32, 0, UINT32_MAX, 0, 0x1p32)
SATURATED(U64, 0, UINT64_MAX, 0, 0x1p64)

/* A value that the compiler may not join with a neighbour: for operations with .rn, which ptxas does not contract either. */
#define ROUNDED(value) ({ __typeof__(value) rounded_ = (value); __asm__("" : "+x"(rounded_)); rounded_; })
