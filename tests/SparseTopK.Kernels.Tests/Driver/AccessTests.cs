using static SparseTopK.Kernels.Tests.Driver.RawDriver;
using static SparseTopK.Kernels.Tests.Driver.TestContext;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>Every access of a kernel that a GPU would not forgive, or would forgive by chance, is an error.</summary>
public sealed unsafe class AccessTests : IDisposable
{
    private const string ReadAtNumber = "cvt.u64.u32 %rd2, %r1; add.u64 %rd3, %rd1, %rd2; ld.b32 %r2, [%rd3];";
    private const string WriteOne = "st.b32 [%rd1], 1;";

    private readonly TestContext? _context = FakeCuda.StandIn.Install() is null ? new() : null;

    public void Dispose() => _context?.Dispose();

    [StandInFact]
    public void An_access_within_its_block_succeeds()
    {
        Succeed(Run(ReadAtNumber, 124).Code);
        Assert.Equal(1u, Run(WriteOne).Result[0]);
    }

    [StandInFact]
    public void An_access_outside_of_its_block_fails()
    {
        Fails(IllegalAddress, "a read of 4 bytes at 128 of a block of 128 bytes", Run(ReadAtNumber, 128).Code);
        Fails(IllegalAddress, "at 126 of a block of 127 bytes", Launch(Load(Ptx("ld.b16 %rs1, [%rd1+126];")), Allocate(127)));
        Fails(IllegalAddress, "PTX line 21, thread 0 of block 0", Run("\n\nld.b32 %r2, [%rd1+4096];").Code);
    }

    [StandInFact]
    public void A_misaligned_access_fails()
    {
        Fails(MisalignedAddress, "a misaligned read of 4 bytes", Run(ReadAtNumber, 2).Code);
        Fails(MisalignedAddress, "a misaligned write of 8 bytes", Run("st.v2.b32 [%rd1+4], {%r1, %r1};").Code);
    }

    [StandInFact]
    public void Freed_memory_is_no_memory()
    {
        var memory = Allocate(64);
        var kernel = Load(Ptx(WriteOne));
        Succeed(Launch(kernel, memory));
        Succeed(cuMemFree_v2(memory));
        Fails(IllegalAddress, "memory that was freed", Launch(kernel, memory));
        Fails(InvalidValue, "was freed", cuMemFree_v2(memory));
        Fails(InvalidValue, "memory that was freed", cuMemsetD8Async(memory, 0, 64, 0));
    }

    [StandInFact]
    public void Memory_of_another_context_fails()
    {
        var memory = Allocate(64);
        using var other = new TestContext();
        Fails(IllegalAddress, "memory of another context", Launch(Load(Ptx(WriteOne)), memory));
        var value = 0;
        Fails(InvalidValue, "memory of another context", cuMemcpyDtoH_v2(&value, memory, sizeof(int)));
    }

    [StandInFact]
    public void Memory_of_the_host_is_the_devices_only_where_a_switch_says_so()
    {
        var value = 0;
        var (kernel, memory) = (Load(Ptx(WriteOne)), Allocate(64));
        Fails(IllegalAddress, "no device memory", Launch(kernel, (IntPtr)(&value)));
        FakeCuda.StandIn.AllowHostPointers(true);
        try
        {
            Succeed(Launch(kernel, (IntPtr)(&value)));
            Assert.Equal(1, value);
            Succeed(cuMemFree_v2(memory));
            Fails(IllegalAddress, "memory that was freed", Launch(kernel, memory));
            Fails(IllegalAddress, "no device memory", Launch(kernel, 0));
            int kind;
            Succeed(cuPointerGetAttribute(&kind, 2, (IntPtr)(&value)));
            Assert.Equal(2, kind);
        }
        finally
        {
            FakeCuda.StandIn.AllowHostPointers(false);
        }
    }

    [StandInFact]
    public void Shared_and_local_memory_have_their_ends()
    {
        const string Shared = ".shared .align 8 .b8 s[16];";
        const string Local = ".local .align 8 .b8 l[16];";
        Succeed(Run("mov.b64 %rd2, s; st.shared.f64 [%rd2+8], %fd1; mov.b64 %rd3, l; st.local.b32 [%rd3+12], %r1;", declarations: Shared + Local).Code);
        Fails(IllegalAddress, "at 16 of shared memory, which has 16", Run("mov.b64 %rd2, s; st.shared.f64 [%rd2+16], %fd1;", declarations: Shared).Code);
        Fails(IllegalAddress, "at 16 of local memory, which has 16", Run("mov.b64 %rd2, l; st.local.b32 [%rd2+16], %r1;", declarations: Local).Code);
        Fails(IllegalAddress, "no device memory", Run("mov.b64 %rd2, s; st.f64 [%rd2+8], %fd1;", declarations: Shared).Code);
        Succeed(Run("mov.b64 %rd2, s; cvta.shared.u64 %rd3, %rd2; st.f64 [%rd3+8], %fd1;", declarations: Shared).Code);
    }
}
