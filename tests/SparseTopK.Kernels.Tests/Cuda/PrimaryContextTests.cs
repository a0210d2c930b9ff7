using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using SparseTopK.Kernels.Cuda;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Cuda;

/// <summary>The operators in a device's primary context, beside another library that works there.</summary>
public sealed class PrimaryContextTests : IDisposable
{
    private static readonly float[] Scores = [2.0f, 1.2f, 1.0f, -0.5f];
    private static readonly PNorm Norm = PNorm.Quadratic(0.5);

    private readonly nint _primary = Missing is null ? CudaCalls.RetainPrimary(0) : 0;

    public static string? Missing => CudaDevices.Missing;

    public void Dispose()
    {
        if (Missing is null)
        {
            CudaCalls.ReleasePrimary(0);
        }
    }

    [ContractFact]
    public void Memory_and_streams_of_another_library_are_used_where_they_are()
    {
        using var gpu = GpuTopK.ForCudaDevice();
        CudaCalls.Push(_primary);
        var (memory, stream) = (CudaCalls.Allocate(64), CudaCalls.CreateStream());
        CudaCalls.Write<float>(memory, [7, .. Scores, 7, 7, 7, 7, 7]);
        Assert.Same(gpu.StreamOf(stream), gpu.StreamOf(stream));
        Assert.Equal(stream, ((CudaStream)gpu.StreamOf(stream)).StreamPtr);
        Assert.Equal(0, ((CudaStream)gpu.StreamOf(0)).StreamPtr);
        gpu.MaskForward(gpu.ViewOf<float>(memory + 4, 4), 4, 2, Norm, gpu.ViewOf<float>(memory + 20, 4), stream: gpu.StreamOf(stream));
        gpu.StreamOf(stream).Synchronize();
        var result = CudaCalls.Read<float>(memory, 10);
        Assert.Equal([7, .. Scores], result[..5]);
        Assert.Equal([1, 0.7f, 0.3f, 0], result[5..9], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(7, result[9]);
        CudaCalls.DestroyStream(stream);
        CudaCalls.Free(memory);
        CudaCalls.Pop();
    }

    [ContractFact]
    public void What_was_current_on_the_thread_is_current_after_every_call()
    {
        var before = CudaCalls.Current;
        var (below, above) = (CudaCalls.CreateContext(), CudaCalls.CreateContext());
        var gpu = GpuTopK.ForCudaDevice();
        Assert.Equal(above, CudaCalls.Current);
        Run(gpu);
        Assert.Equal(above, CudaCalls.Current);
        using var memory = Memory(gpu, Scores);
        _ = gpu.MaskForward(gpu.ViewOf<float>(memory.Address, 4), 4, 2, Norm);
        Assert.Equal(above, CudaCalls.Current);
        gpu.Dispose();
        Assert.Equal(above, CudaCalls.Pop());
        Assert.Equal(below, CudaCalls.Pop());
        Assert.Equal(before, CudaCalls.Current);
        CudaCalls.DestroyContext(above);
        CudaCalls.DestroyContext(below);
    }

    [ContractFact]
    public void An_error_leaves_what_was_current_too()
    {
        using var gpu = GpuTopK.ForCudaDevice(0, _ => throw new InvalidOperationException("no scratch"));
        var context = CudaCalls.CreateContext();
        using var memory = Memory(gpu, new float[20_000]);
        var x = gpu.ViewOf<float>(memory.Address, 20_000);
        Assert.Equal("no scratch", Assert.Throws<InvalidOperationException>(() => gpu.MaskForward(x, 20_000, 2, Norm, x)).Message);
        Assert.Equal(context, CudaCalls.Current);
        CudaCalls.DestroyContext(context);
    }

    /// <summary>Where libcuda.so.1 is there and libcuda.so, which ILGPU imports as "cuda", is not.</summary>
    [ContractFact]
    public void Ilgpu_is_handed_the_driver_that_it_does_not_find()
    {
        var ilgpu = typeof(Accelerator).Assembly;
        Assert.Equal(NativeLibrary.GetExport(CudaCalls.Library, "cuInit"), NativeLibrary.GetExport(CudaDriver.ForIlgpu(ilgpu, "cuda"), "cuInit"));
        Assert.Equal(0, CudaDriver.ForIlgpu(ilgpu, "OpenCL"));
        Assert.Equal(0, CudaDriver.ForIlgpu(typeof(GpuTopK).Assembly, "cuda"));
    }

    [ContractFact]
    public void Any_thread_may_call()
    {
        using var gpu = GpuTopK.ForCudaDevice();
        var masks = new float[6][];
        var after = new nint[6];
        var threads = Enumerable.Range(0, 6).Select(i => new Thread(() => (masks[i], after[i]) = (Run(gpu), CudaCalls.Current))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(masks, mask => Assert.Equal([1, 0.7f, 0.3f, 0], mask, (a, b) => Math.Abs(a - b) < 1e-6));
        Assert.All(after, context => Assert.Equal(0, context));
    }

    [ContractFact]
    public void The_accelerator_is_of_use_between_calls()
    {
        using var gpu = GpuTopK.ForCudaDevice();
        Run(gpu);
        var context = CudaCalls.CreateContext();
        gpu.Accelerator.Synchronize();
        using var memory = gpu.Accelerator.Allocate1D(Scores);
        gpu.MaskForward<float>(memory.View, 4, 2, Norm, memory.View);
        Assert.Equal(1, memory.GetAsArray1D()[0]);
        Assert.Equal(_primary, gpu.Accelerator.NativePtr);
        CudaCalls.Pop();
        CudaCalls.DestroyContext(context);
    }

    [ContractFact]
    public void An_accelerator_of_the_callers_goes_on_in_its_own_context()
    {
        using var context = Context.Create(builder => builder.Cuda());
        using var accelerator = context.CreateCudaAccelerator(0);
        using var own = accelerator.Allocate1D(Scores);
        using var gpu = GpuTopK.ForCudaDevice();
        var before = CudaCalls.Current;
        Run(gpu);
        Assert.Equal(before, CudaCalls.Current);
        Assert.Same(accelerator, Accelerator.Current);
        using (var kernels = new GpuTopK(accelerator))
        {
            Run(gpu);
            kernels.MaskForward<float>(own.View, 4, 2, Norm, own.View);
            Assert.Equal(before, CudaCalls.Current);
        }

        Assert.Equal(1, own.GetAsArray1D()[0]);
    }

    [ContractFact]
    public void Scratch_is_borrowed_for_one_call_and_nothing_beside_it_is_written()
    {
        List<(Block Memory, long Bytes)> lent = [];
        GpuTopK gpu = null!;
        gpu = GpuTopK.ForCudaDevice(0, bytes =>
        {
            // An address that is a multiple of 8 and of nothing above, between two guards.
            var memory = Memory(gpu, Enumerable.Repeat((byte)0x5A, (int)bytes + 48).ToArray());
            lent.Add((memory, bytes));
            return memory.Address + 24;
        });
        using (gpu)
        {
            foreach (var n in new[] { 20_000, 70_000 })
            {
                var x = Array.ConvertAll(Inputs.Normal(2 * n, n), value => (float)value);
                using var memory = Memory(gpu, x);
                var view = gpu.ViewOf<float>(memory.Address, x.Length);
                gpu.MaskForward(view, n, n / 9, Norm, view);
                gpu.Accelerator.Synchronize();
                var mask = memory.Read<float>(x.Length);
                Assert.Equal(TopKMask.Forward<float>(x, n, n / 9, Norm), mask, (a, b) => Math.Abs(a - b) < 1e-5);
            }

            Assert.Equal(2, lent.Count);
            Assert.All(lent, block =>
            {
                var bytes = block.Memory.Read<byte>((int)block.Bytes + 48);
                Assert.All(bytes[..24].Concat(bytes[^24..]), value => Assert.Equal(0x5A, value));
                block.Memory.Dispose();
            });
        }
    }

    [ContractFact]
    public void Foreign_memory_that_overlaps_is_refused_and_the_same_memory_is_not()
    {
        using var gpu = GpuTopK.ForCudaDevice();
        using var memory = Memory(gpu, new float[16]);
        var x = gpu.ViewOf<float>(memory.Address, 8);
        Assert.Equal("destination", Assert.Throws<ArgumentException>(
            () => gpu.MaskForward(x, 4, 2, Norm, gpu.ViewOf<float>(memory.Address + 4, 8))).ParamName);
        gpu.MaskForward(x, 4, 2, Norm, x);
        gpu.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gpu.ViewOf<float>(memory.Address, 8));
        Assert.Throws<ObjectDisposedException>(() => gpu.StreamOf(0));
    }

    [ContractFact]
    public void Addresses_that_cannot_be_are_named()
    {
        using var gpu = GpuTopK.ForCudaDevice();
        Assert.Equal("address", Assert.Throws<ArgumentException>(() => gpu.ViewOf<float>(0, 1)).ParamName);
        Assert.Equal("address", Assert.Throws<ArgumentException>(() => gpu.ViewOf<float>(-4, 1)).ParamName);
        Assert.Equal("address", Assert.Throws<ArgumentException>(() => gpu.ViewOf<double>(4, 1)).ParamName);
        Assert.Equal("length", Assert.Throws<ArgumentOutOfRangeException>(() => gpu.ViewOf<float>(4, -1)).ParamName);
        Assert.Equal(0, gpu.ViewOf<float>(0, 0).Length);
    }

    [ContractFact]
    public void The_primary_context_outlives_an_instance_and_each_device_has_its_own()
    {
        GpuTopK.ForCudaDevice().Dispose();
        using var first = GpuTopK.ForCudaDevice();
        Run(first);
        first.Dispose();
        first.Dispose();
        Assert.True(first.Accelerator.IsDisposed);
        var missing = Assert.Throws<NotSupportedException>(() => GpuTopK.ForCudaDevice(77));
        Assert.Contains("no CUDA device 77", missing.Message, StringComparison.Ordinal);
        if (!missing.Message.EndsWith("reports 1.", StringComparison.Ordinal))
        {
            using var second = GpuTopK.ForCudaDevice(1);
            Assert.NotEqual(_primary, second.Accelerator.NativePtr);
            Run(second);
        }
    }

    /// <summary>A mask in memory that ILGPU has allocated in the primary context, on the default stream.</summary>
    private static float[] Run(GpuTopK gpu)
    {
        using var memory = Memory(gpu, Scores);
        var view = gpu.ViewOf<float>(memory.Address, 4);
        gpu.MaskForward(view, 4, 2, Norm, view);
        return memory.Read<float>(4);
    }

    private static Block Memory<T>(GpuTopK gpu, T[] values)
        where T : unmanaged
    {
        CudaCalls.Push(gpu.Accelerator.NativePtr);
        var address = CudaCalls.Allocate(Math.Max(1, values.Length * Interop.SizeOf<T>()));
        CudaCalls.Write<T>(address, values);
        CudaCalls.Pop();
        return new(gpu.Accelerator.NativePtr, address);
    }

    /// <summary>Memory of another library.</summary>
    private sealed record Block(nint Context, nint Address) : IDisposable
    {
        public T[] Read<T>(int length)
            where T : unmanaged
        {
            CudaCalls.Push(Context);
            var values = CudaCalls.Read<T>(Address, length);
            CudaCalls.Pop();
            return values;
        }

        public void Dispose()
        {
            CudaCalls.Push(Context);
            CudaCalls.Free(Address);
            CudaCalls.Pop();
        }
    }
}
