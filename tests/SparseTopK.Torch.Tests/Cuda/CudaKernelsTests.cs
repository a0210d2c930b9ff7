using SparseTopK.TestKit;
using SparseTopK.Torch.Cuda;
using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Cuda;

/// <summary>The choice between kernels and torch operations, and the kernels' dealings with libtorch.</summary>
public sealed class CudaKernelsTests : IDisposable
{
    public static string? Missing => HostKernels.Missing;

    public void Dispose() => CudaKernels.Use = KernelUse.Automatic;

    [Fact]
    public void What_is_no_use_and_no_device_is_refused()
    {
        Assert.Equal(KernelUse.Automatic, CudaKernels.Use);
        Assert.Equal("value", Assert.Throws<ArgumentOutOfRangeException>(() => CudaKernels.Use = (KernelUse)3).ParamName);
        Assert.Equal("device", Assert.Throws<ArgumentOutOfRangeException>(() => CudaKernels.WhyMissing(-1)).ParamName);
        Assert.Equal(KernelUse.Automatic, CudaKernels.Use);
    }

    [TorchFact]
    public void Where_the_kernels_cannot_be_had_torch_operations_take_over_unless_they_are_required()
    {
        var device = new Device(TorchSharp.DeviceType.CUDA, 77); // No driver has so many.
        var reason = CudaKernels.WhyMissing(77);
        Assert.Matches("There is no CUDA device 77|is not found|does not start", reason);
        Assert.Same(ComputePaths.TorchOperations, ComputePaths.Kernels(device));
        CudaKernels.Use = KernelUse.Required;
        Assert.EndsWith(reason!, Assert.Throws<NotSupportedException>(() => ComputePaths.Kernels(device)).Message, StringComparison.Ordinal);
    }

    [ContractFact]
    public void The_kernels_of_a_device_are_opened_once()
    {
        Assert.IsType<KernelPath>(HostKernels.Path);
        Assert.Same(HostKernels.Path, ComputePaths.Kernels(new Device(TorchSharp.DeviceType.CPU)));
    }

    [ContractFact]
    public void A_view_with_an_offset_and_one_with_gaps_are_read_where_they_are()
    {
        using var on = new OnPath(ComputePath.Kernels);
        using var scope = NewDisposeScope();
        var all = Operators.Normal(1, ScalarType.Float32, 7, 13);
        foreach (var view in new[] { all[3], all.narrow(0, 2, 3), all.narrow(1, 1, 5), all.t(), all.select(1, 3) })
        {
            var n = (int)view.shape[^1];
            var expected = TopKOperator.Mask.Core(Operators.Entries<float>(view), n, 2, PNorm.Quadratic(0.3));
            Assert.Equal(expected, Operators.Entries<float>(Functional.topk_mask(view, 2, 0.3)), (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [ContractFact]
    public void Scratch_memory_is_libtorchs_and_ends_with_the_call()
    {
        using var on = new OnPath(ComputePath.Kernels);
        using var scope = NewDisposeScope();
        var x = Operators.Normal(2, ScalarType.Float64, 2, 70_000);
        var before = Live();
        using var z = Functional.topk_magnitude(x, 900, 0.3);
        var after = Live();
        Assert.Equal(1, after.Now - before.Now);
        Assert.Equal(3, after.Ever - before.Ever); // z, the thresholds and one block.
        var expected = TopKOperator.Magnitude.Core(Operators.Entries<double>(x), 70_000, 900, PNorm.Quadratic(0.3));
        Assert.Equal(expected, Operators.Entries<double>(z), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [ContractFact]
    public void A_backward_pass_on_a_thread_of_its_own_and_several_threads_give_the_same_bits()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(3, ScalarType.Float32, 4, 50);
        double[] Gradient()
        {
            using var on = new OnPath(ComputePath.Kernels);
            using var inner = NewDisposeScope();
            var input = x.detach().clone().requires_grad_();
            var loss = Functional.topk_mask(input, 5, 0.3).pow(2).sum() + Functional.topk_magnitude(input, 7, 0.3, 1.5).pow(2).sum();
            var backward = new Thread(() => loss.backward());
            backward.Start();
            backward.Join();
            return [.. Operators.Entries<float>(input.grad!).Select(value => (double)value)];
        }

        var expected = Gradient();
        Assert.Contains(expected, value => value != 0);
        Parallel.For(0, 8, _ => Assert.Equal(expected, Gradient()));
    }

    private static (long Now, long Ever) Live()
    {
        var tensors = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics;
        var ever = tensors.CreatedInScopeCount + tensors.CreatedOutsideScopeCount;
        return (ever - tensors.DisposedInScopeCount - tensors.DisposedOutsideScopeCount, ever);
    }
}
