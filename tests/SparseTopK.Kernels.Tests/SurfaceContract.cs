using ILGPU;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>What a caller of <see cref="GpuTopK"/> may do, in what order, and what is refused.</summary>
public abstract class SurfaceContract<TDevices>
    where TDevices : IDevices
{
    public static string? Missing => TDevices.Missing;

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private static GpuTopK Kernels => Shared<TDevices>.By(Spread.Own);

    [ContractFact]
    public void Views_into_buffers_and_streams_are_honoured()
    {
        var (x, norm) = (Array.ConvertAll(Inputs.Normal(40, 1), v => (float)v), PNorm.Smooth(0.7));
        var expected = TopKMask.Forward<float>(x, 20, 5, norm);
        using var stream = Accelerator.CreateStream();
        using var buffer = Accelerator.Allocate1D<float>(130);
        buffer.MemSetToZero(stream);
        ArrayView<float> all = buffer.View;
        var (source, destination) = (all.SubView(3, 40), all.SubView(83, 40));
        source.CopyFromCPU(stream, x);
        Kernels.MaskForward(source, 20, 5, norm, destination, default, stream: stream);
        var result = new float[130];
        all.CopyToCPU(stream, result);
        stream.Synchronize();
        Assert.Equal(expected, result[83..123], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(x, result[3..43]);
        Assert.All(result[43..83].Concat(result[123..]), v => Assert.Equal(0, v));
    }

    [ContractFact]
    public void A_result_may_be_in_new_memory()
    {
        float[] x = [3, 1, 0.9f, 0];
        using var input = Accelerator.Allocate1D(x);
        using var mask = Kernels.MaskForward<float>(input.View, 4, 2, PNorm.Quadratic(0.5));
        Accelerator.Synchronize();
        Assert.Equal(TopKMask.Forward<float>(x, 2, PNorm.Quadratic(0.5)), mask.GetAsArray1D(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [ContractFact]
    public void Nothing_is_done_where_there_is_nothing_to_do()
    {
        Kernels.MaskForward<float>(default, 0, 0, PNorm.Quadratic(1), default);
        Kernels.MaskForward<double>(default, 5, 2, PNorm.Quadratic(1), default);
        Kernels.MaskVjp<float>(default, default, 5, PNorm.Quadratic(1), default);
        Kernels.MagnitudeForward<float>(default, 5, 2, PNorm.Quadratic(1), default, default);
        Kernels.MagnitudeVjp<float>(default, default, default, 5, 2, PNorm.Quadratic(1), default);
    }

    [ContractFact]
    public void Errors_name_the_argument_and_write_nothing()
    {
        using var buffer = Accelerator.Allocate1D<float>(24);
        using var roots = Accelerator.Allocate1D<double>(4);
        using var counts = Accelerator.Allocate1D<int>(4);
        buffer.MemSetToZero();
        ArrayView<float> all = buffer.View;
        ArrayView<double> gamma = roots.View.AsContiguous().SubView(0, 2);
        ArrayView<int> perRow = counts.View;
        var (x, g, d) = (all.SubView(0, 6), all.SubView(6, 6), all.SubView(12, 6));
        var norm = PNorm.Quadratic(1);
        Named("n", () => Kernels.MaskForward(x, -1, 0, norm, d));
        Named("x", () => Kernels.MaskForward(x, 4, 1, norm, d));
        Named("x", () => Kernels.MaskForward(x, 0, 0, norm, d));
        Named("k", () => Kernels.MaskForward(x, 3, 4, norm, d));
        Named("k", () => Kernels.MaskForward(x, 3, -1, norm, d));
        Named("k", () => Kernels.MaskForward(x, 3, perRow, norm, d));
        Named("norm", () => Kernels.MaskForward(x, 3, 1, default, d));
        Named("destination", () => Kernels.MaskForward(x, 3, 1, norm, d.SubView(0, 3)));
        Named("destination", () => Kernels.MaskForward(x, 3, 1, norm, all.SubView(1, 6)));
        Named("thresholds", () => Kernels.MaskForward(x, 3, 1, norm, d, roots.View));
        Named("solver", () => Kernels.MaskForward(x, 3, 1, norm, d, solver: (TopKSolver)77));
        Named("thresholds", () => Kernels.MaskForward(x, 3, 1, norm, d, all.Cast<double>().SubView(1, 2)));
        Named("thresholds", () => Kernels.MagnitudeForward(x, 3, 1, norm, d, default));
        Named("gradOutput", () => Kernels.MaskVjp(x, g.SubView(0, 3), 3, norm, d));
        Named("tangent", () => Kernels.MaskJvp(x, g.SubView(0, 3), 3, norm, d));
        Named("y", () => Kernels.MaskVjp(x, g, 4, norm, d));
        Named("norm", () => Kernels.MaskVjp(x, g, 3, default, d));
        Named("destination", () => Kernels.MaskVjp(x, g, 3, norm, all.SubView(7, 6)));
        Named("k", () => Kernels.MagnitudeVjp(x, gamma, g, 3, 4, norm, d));
        Named("k", () => Kernels.MagnitudeVjp(x, gamma, g, 3, perRow, norm, d));
        Named("thresholds", () => Kernels.MagnitudeVjp(x, roots.View, g, 3, 1, norm, d));
        Named("gradOutput", () => Kernels.MagnitudeVjp(x, gamma, g.SubView(0, 3), 3, 1, norm, d));
        Named("tangent", () => Kernels.MagnitudeJvp(x, gamma, g.SubView(0, 3), 3, 1, norm, d));
        Named("destination", () => Kernels.MagnitudeJvp(x, gamma, g, 3, 1, norm, d.SubView(0, 3)));
        Assert.Throws<NotSupportedException>(() => Kernels.MaskForward(perRow, 4, 1, norm, perRow));
        Assert.All(buffer.GetAsArray1D(), v => Assert.Equal(0, v));
    }

    [ContractFact]
    public void Memory_and_streams_of_another_accelerator_are_refused()
    {
        using var context = Context.CreateDefault();
        using var other = context.GetPreferredDevice(preferCPU: true).CreateAccelerator(context);
        using var own = Accelerator.Allocate1D<float>(6);
        using var foreign = other.Allocate1D<float>(6);
        Named("x", () => Kernels.MaskForward<float>(foreign.View, 3, 1, PNorm.Quadratic(1), own.View));
        Named("destination", () => Kernels.MaskForward<float>(own.View, 3, 1, PNorm.Quadratic(1), foreign.View));
        Named("stream", () => Kernels.MaskForward<float>(own.View, 3, 1, PNorm.Quadratic(1), own.View, stream: other.DefaultStream));
        var ended = Accelerator.CreateStream();
        ended.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Kernels.MaskForward<float>(own.View, 3, 1, PNorm.Quadratic(1), own.View, stream: ended));
    }

    [ContractFact]
    public void Several_threads_may_share_an_instance()
    {
        using var kernels = new GpuTopK(Accelerator, Spreads.Plan(Spread.ThreadParts, Accelerator));
        var norm = PNorm.Quadratic(0.3);
        var inputs = Enumerable.Range(0, 4).Select(i => Array.ConvertAll(Inputs.Normal(600, i), v => (float)v)).ToArray();
        var expected = Array.ConvertAll(inputs, x => TopKMask.Forward<float>(x, 300, 40, norm));
        using var shared = Accelerator.CreateStream();
        var results = new float[8][];
        Parallel.For(0, 8, new() { MaxDegreeOfParallelism = 4 }, i =>
        {
            using var stream = i % 2 == 0 ? null : Accelerator.CreateStream();
            var queue = stream ?? shared;
            using var memory = Accelerator.Allocate1D<float>(600);
            memory.CopyFromCPU(queue, inputs[i % 4]);
            for (var round = 0; round < 3; round++)
            {
                using var output = Accelerator.Allocate1D<float>(600);
                kernels.MaskForward<float>(memory.View, 300, 40, norm, output.View, default, stream: queue);
                results[i] = new float[600];
                output.CopyToCPU(queue, results[i]);
                queue.Synchronize();
            }
        });
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(expected[i % 4], results[i], (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [ContractFact]
    public void Where_memory_runs_out_the_error_says_so_and_the_instance_goes_on()
    {
        using var kernels = new GpuTopK(Accelerator, Spreads.Plan(Spread.ThreadParts, Accelerator));
        using var memory = Accelerator.Allocate1D(Array.ConvertAll(Inputs.Normal(100, 1), v => (float)v));
        var before = memory.GetAsArray1D();
#pragma warning disable CA2201 // It stands for the runtime's own.
        kernels.Scratch.Allocate = _ => throw new OutOfMemoryException();
#pragma warning restore CA2201
        var error = Assert.Throws<InsufficientMemoryException>(
            () => kernels.MaskForward<float>(memory.View, 50, 3, PNorm.Quadratic(1), memory.View));
        Assert.Contains("bytes of scratch", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, memory.GetAsArray1D());
        kernels.Scratch.Allocate = null;
        kernels.MaskForward<float>(memory.View, 50, 3, PNorm.Quadratic(1), memory.View);
        Accelerator.Synchronize();
        Assert.Equal(TopKMask.Forward<float>(before, 50, 3, PNorm.Quadratic(1)), memory.GetAsArray1D(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [ContractFact]
    public void A_device_that_is_gone_is_named_and_the_instance_can_be_disposed_of()
    {
        var (context, accelerator) = TDevices.Open();
        var kernels = new GpuTopK(accelerator, Spreads.Plan(Spread.ThreadParts, accelerator));
        using (var memory = accelerator.Allocate1D<float>(100))
        {
            kernels.MaskForward<float>(memory.View, 50, 3, PNorm.Quadratic(1), memory.View);
            accelerator.Synchronize();
        }

        accelerator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => kernels.MaskForward<float>(default, 50, 3, PNorm.Quadratic(1), default));
        kernels.Dispose();
        kernels.Dispose();
        context.Dispose();
    }

    [ContractFact]
    public void An_accelerator_that_is_gone_is_refused_by_name()
    {
        var (context, accelerator) = TDevices.Open();
        accelerator.Dispose();
        var error = Assert.Throws<ObjectDisposedException>(() => new GpuTopK(accelerator));
        Assert.Contains(accelerator.GetType().Name, error.ObjectName, StringComparison.Ordinal);
        context.Dispose();
    }

    [ContractFact]
    public void After_its_end_an_instance_refuses_and_the_accelerator_lives()
    {
        using var memory = Accelerator.Allocate1D<float>(6);
        var kernels = new GpuTopK(Accelerator);
        kernels.MaskForward<float>(memory.View, 3, 1, PNorm.Quadratic(1), memory.View);
        kernels.Dispose();
        Assert.Throws<ObjectDisposedException>(() => kernels.MaskForward<float>(memory.View, 3, 1, PNorm.Quadratic(1), memory.View));
        Assert.Throws<ObjectDisposedException>(() => kernels.MaskVjp<float>(memory.View, memory.View, 3, PNorm.Quadratic(1), memory.View));
        Assert.Throws<ObjectDisposedException>(() => kernels.MaskForward<float>(memory.View, 3, 1, PNorm.Quadratic(1)));
        Accelerator.Synchronize();
    }

    private static void Named(string argument, Action call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);
}

public sealed class SurfaceOnCpu : SurfaceContract<CpuDevices>;

public sealed class SurfaceOnOpenCl : SurfaceContract<OpenClDevices>;

public sealed class SurfaceOnCuda : SurfaceContract<CudaDevices>;

public class BestDeviceTests
{
    [Fact]
    public void The_best_accelerator_is_opened_named_and_given_back()
    {
        string? report = null;
        using var kernels = GpuTopK.CreateBest(text => report = text);
        Assert.Contains(kernels.Accelerator.Name, report, StringComparison.Ordinal);
        Assert.StartsWith(kernels.Accelerator.AcceleratorType == AcceleratorType.CPU ? "ILGPU's simulation" : $"{kernels.Accelerator.AcceleratorType}:", report, StringComparison.OrdinalIgnoreCase);
        using (var memory = kernels.Accelerator.Allocate1D<float>([3, 1, 0]))
        {
            kernels.MaskForward<float>(memory.View, 3, 1, PNorm.Quadratic(1), memory.View);
            kernels.Accelerator.Synchronize();
            Assert.Equal([1, 0, 0], memory.GetAsArray1D());
        }

        kernels.Dispose();
        Assert.True(kernels.Accelerator.IsDisposed);
    }

    [Fact]
    public void An_accelerator_is_needed() => Assert.Throws<ArgumentNullException>(() => new GpuTopK(null!));
}
