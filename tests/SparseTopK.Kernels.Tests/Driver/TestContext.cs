using System.Runtime.InteropServices;
using static SparseTopK.Kernels.Tests.Driver.RawDriver;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>A context of the stand-in's own, current while it lives, and short names for what tests do in it.</summary>
internal sealed unsafe class TestContext : IDisposable
{
    public const int InvalidValue = 1;
    public const int InvalidContext = 201;
    public const int InvalidPtx = 218;
    public const int InvalidHandle = 400;
    public const int IllegalAddress = 700;
    public const int MisalignedAddress = 716;
    public const int LaunchFailed = 719;

    private readonly IntPtr _context;

    public TestContext(int device = 0)
    {
        Succeed(cuInit(0));
        Succeed(cuCtxCreate_v2(out _context, 0, device));
    }

    public IntPtr Pointer => _context;

    public void Dispose() => Succeed(cuCtxDestroy_v2(_context));

    /// <summary>A kernel of one pointer and one 32-bit number, %rd1 and %r1.</summary>
    public static string Ptx(string body, string declarations = "") => $$"""
        .version 8.0
        .target sm_80
        .address_size 64

        .visible .entry Kernel_Test(
            .param .b64 pointer,
            .param .b32 number
        )
        {
            .reg .pred %p<4>;
            .reg .b16 %rs<4>;
            .reg .b32 %r<9>;
            .reg .b64 %rd<9>;
            .reg .f32 %f<9>;
            .reg .f64 %fd<9>;
            {{declarations}}
            ld.param.b64 %rd1, [pointer];
            ld.param.b32 %r1, [number];
            {{body}}
            ret;
        }
        """;

    /// <summary>Runs a test on a thread of its own, where no other context than this one was ever current.</summary>
    public static void Alone(Action<TestContext> test)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            using var context = new TestContext();
            failure = Record.Exception(() => test(context));
        });
        thread.Start();
        thread.Join();
        Assert.True(failure is null, failure?.ToString());
    }

    public static IntPtr Load(string ptx)
    {
        Succeed(cuModuleLoadData(out var module, ptx));
        Succeed(cuModuleGetFunction(out var function, module, "Kernel_Test"));
        return function;
    }

    public static IntPtr Allocate(int bytes)
    {
        Succeed(cuMemAlloc_v2(out var pointer, bytes));
        return pointer;
    }

    /// <summary>Launches one block of a kernel, and answers with the driver's code.</summary>
    public static int Launch(IntPtr function, IntPtr pointer, int number = 0, uint threads = 1, IntPtr stream = 0, nint? bytes = null, nint attribute = 2)
    {
        var buffer = stackalloc byte[16];
        *(IntPtr*)buffer = pointer;
        *(int*)(buffer + 8) = number;
        var size = bytes ?? 12;
        var extra = stackalloc void*[] { (void*)1, buffer, (void*)attribute, &size, null };
        return cuLaunchKernel(function, 1, 1, 1, threads, 1, 1, 0, stream, null, extra);
    }

    /// <summary>Runs a kernel on memory that starts as zeros.</summary>
    public static (int Code, uint[] Result) Run(string body, int number = 0, uint threads = 1, int length = 32, string declarations = "")
    {
        var memory = Allocate(length * sizeof(uint));
        Succeed(cuMemsetD8Async(memory, 0, length * sizeof(uint), 0));
        var code = Launch(Load(Ptx(body, declarations)), memory, number, threads);
        var result = new uint[length];
        fixed (uint* first = result)
        {
            Succeed(cuMemcpyDtoH_v2(first, memory, length * sizeof(uint)));
        }

        Succeed(cuMemFree_v2(memory));
        return (code, result);
    }

    /// <summary>The code is that of an error, whose text says this.</summary>
    public static void Fails(int expected, string text, int code)
    {
        Assert.Equal(expected, code);
        Succeed(cuGetErrorString(code, out var message));
        Assert.Contains(text, Marshal.PtrToStringUTF8(message), StringComparison.Ordinal);
    }

    public static void Succeed(int code)
    {
        if (code != 0)
        {
            cuGetErrorString(code, out var message);
            Assert.Fail($"{code}: {Marshal.PtrToStringUTF8(message)}");
        }
    }
}
