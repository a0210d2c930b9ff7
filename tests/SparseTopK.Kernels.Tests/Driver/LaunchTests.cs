using System.Runtime.InteropServices;
using static SparseTopK.Kernels.Tests.Driver.RawDriver;
using static SparseTopK.Kernels.Tests.Driver.TestContext;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>Launches and contexts: what does not belong together is an error.</summary>
public sealed unsafe class LaunchTests : IDisposable
{
    private readonly TestContext? _context = FakeCuda.StandIn.Install() is null ? new() : null;

    public void Dispose() => _context?.Dispose();

    /// <summary>A driver alone has the first name; ILGPU asks for the second.</summary>
    [StandInFact]
    public void It_answers_to_both_names_of_the_driver()
    {
        var addresses = Array.ConvertAll(["libcuda.so.1", "libcuda.so"], name => NativeLibrary.GetExport(NativeLibrary.Load(name), "cuInit"));
        Assert.Equal(addresses[0], addresses[1]);
    }

    [StandInFact]
    public void A_module_that_is_not_understood_does_not_load() =>
        Fails(InvalidPtx, "PTX line 19: the instruction nop is not known", cuModuleLoadData(out _, Ptx("nop;")));

    [StandInFact]
    public void The_parameters_have_the_size_that_the_kernel_says()
    {
        var (kernel, memory) = (Load(Ptx("")), Allocate(64));
        Succeed(Launch(kernel, memory));
        Fails(InvalidValue, "16 bytes of parameters, not 12", Launch(kernel, memory, bytes: 16));
        Fails(InvalidValue, "8 bytes of parameters, not 12", Launch(kernel, memory, bytes: 8));
        Fails(InvalidValue, "an unknown attribute", Launch(kernel, memory, attribute: 3));
        Fails(InvalidValue, "parameter 0 is missing", cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, 0, null, null));
    }

    [StandInFact]
    public void Parameters_may_come_one_by_one()
    {
        var (memory, number) = (Allocate(4), 7);
        var parameters = stackalloc void*[] { &memory, &number };
        Succeed(cuLaunchKernel(Load(Ptx("st.b32 [%rd1], %r1;")), 1, 1, 1, 1, 1, 1, 0, 0, parameters, null));
        int result;
        Succeed(cuMemcpyDtoH_v2(&result, memory, 4));
        Assert.Equal(7, result);
    }

    [StandInFact]
    public void A_launch_keeps_within_the_devices_limits()
    {
        var (kernel, memory) = (Load(Ptx("")), Allocate(64));
        Fails(InvalidValue, "blocks 1025 1 1", Launch(kernel, memory, threads: 1025));
        Fails(InvalidValue, "blocks 0 1 1", Launch(kernel, memory, threads: 0));
        Fails(InvalidValue, "grid 1 65536 1", cuLaunchKernel(kernel, 1, 65536, 1, 1, 1, 1, 0, 0, null, null));
        Fails(InvalidValue, "dynamic shared memory", cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 8, 0, null, null));
    }

    [StandInFact]
    public void Kernels_and_streams_of_another_context_fail()
    {
        var (kernel, memory) = (Load(Ptx("")), Allocate(64));
        Succeed(cuStreamCreate(out var stream, 0));
        Succeed(Launch(kernel, memory, stream: stream));
        using (new TestContext())
        {
            Fails(InvalidHandle, "a kernel: belongs to another context", Launch(kernel, memory));
            Fails(InvalidHandle, "a stream: belongs to another context", cuStreamSynchronize(stream));
        }

        Succeed(cuStreamDestroy_v2(stream));
        Fails(InvalidHandle, "a stream: not there", Launch(kernel, memory, stream: stream));
    }

    [StandInFact]
    public void Without_a_context_nothing_goes() => Alone(_ =>
    {
        var (kernel, memory) = (Load(Ptx("")), Allocate(64));
        Succeed(cuCtxPopCurrent_v2(out var own));
        Fails(InvalidContext, "no context is current", Launch(kernel, memory));
        Fails(InvalidContext, "no context is current", cuMemAlloc_v2(out var _, 64));
        Fails(InvalidContext, "no context is current", cuStreamSynchronize(0));
        Succeed(cuCtxPushCurrent_v2(own));
        Succeed(Launch(kernel, memory));
    });

    [StandInFact]
    public void A_thread_has_a_stack_of_contexts() => Alone(context =>
    {
        var own = context.Pointer;
        Succeed(cuDevicePrimaryCtxRetain(out var primary, 0));
        Succeed(cuCtxPushCurrent_v2(primary));
        Succeed(cuCtxGetCurrent(out var current));
        Assert.Equal(primary, current);
        Succeed(cuCtxPopCurrent_v2(out current));
        Assert.Equal(primary, current);
        Succeed(cuCtxGetCurrent(out current));
        Assert.Equal(own, current);
        Succeed(cuCtxSetCurrent(primary));
        Succeed(cuCtxSetCurrent(own));
        Succeed(cuCtxPopCurrent_v2(out _));
        Succeed(cuCtxGetCurrent(out current));
        Assert.Equal(0, current);
        Fails(InvalidContext, "no context is current", cuCtxPopCurrent_v2(out _));
        Succeed(cuCtxPushCurrent_v2(own));
        Succeed(cuDevicePrimaryCtxRelease_v2(0));
    });

    [StandInFact]
    public void The_primary_context_is_one_and_lives_while_it_is_retained()
    {
        Succeed(cuDevicePrimaryCtxRetain(out var first, 1));
        Succeed(cuDevicePrimaryCtxRetain(out var second, 1));
        Assert.Equal(first, second);
        Succeed(cuCtxPushCurrent_v2(first));
        var (kernel, memory) = (Load(Ptx("st.b32 [%rd1], 1;")), Allocate(64));
        Succeed(cuDevicePrimaryCtxRelease_v2(1));
        Succeed(Launch(kernel, memory));
        Succeed(cuDevicePrimaryCtxRelease_v2(1));
        Fails(InvalidContext, "no context is current", Launch(kernel, memory));
        Fails(InvalidContext, "no primary context", cuDevicePrimaryCtxRelease_v2(1));
        Succeed(cuCtxPopCurrent_v2(out _));
    }

    [StandInFact]
    public void A_destroyed_context_takes_what_it_had_with_it()
    {
        var own = _context!.Pointer;
        IntPtr memory, other;
        using (var context = new TestContext())
        {
            (memory, other) = (Allocate(64), context.Pointer);
        }

        Succeed(cuCtxGetCurrent(out var current));
        Assert.Equal(own, current);
        Fails(IllegalAddress, "memory that was freed", Launch(Load(Ptx("st.b32 [%rd1], 1;")), memory));
        Fails(InvalidContext, "not there any more", cuCtxSetCurrent(other));
        Fails(InvalidContext, "was destroyed", cuCtxDestroy_v2(other));
    }

    [StandInFact]
    public void Events_measure_time_between_two_that_were_recorded()
    {
        Succeed(cuEventCreate(out var first, 0));
        Succeed(cuEventCreate(out var last, 0));
        Succeed(cuEventRecord(first, 0));
        Fails(InvalidHandle, "never recorded", cuEventElapsedTime(out _, first, last));
        Succeed(cuEventRecord(last, 0));
        Succeed(cuEventElapsedTime(out var milliseconds, first, last));
        Assert.InRange(milliseconds, 0, 1e6f);
    }

    [StandInFact]
    public void Every_error_is_reported_beside_its_code()
    {
        var errors = new List<FakeCuda.DriverError>();
        FakeCuda.StandIn.Failed += errors.Add;
        Launch(Load(Ptx("trap;")), Allocate(4));
        FakeCuda.StandIn.Failed -= errors.Add;
        var error = Assert.Single(errors);
        Assert.Equal(LaunchFailed, error.Code);
        Assert.Contains("trap", error.Message, StringComparison.Ordinal);
    }
}
