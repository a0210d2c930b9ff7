using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Cuda;

/// <summary>CUDA tensors themselves, where libtorch has a device: the contracts, and that it is the kernels which compute.</summary>
public sealed class OnCudaTensorsTests
{
    public static string? Missing { get; } = NativeTorch.Missing ?? (cuda.is_available() ? null : "libtorch has no CUDA device.");

    [TestKit.ContractFact]
    public void The_kernels_compute()
    {
        Assert.Null(CudaKernels.WhyMissing());
        Assert.IsNotType<TorchOperations.TorchPath>(ComputePaths.Kernels(new Device(DeviceType.CUDA, 0)));
    }

    /// <summary>Views with an offset, tensors with gaps, narrow types and a backward pass, beside the same on the CPU.</summary>
    [TestKit.ContractTheory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Tensors_of_any_layout_give_what_they_give_on_the_processor(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var values = linspace(-3, 3, 7 * 50, ScalarType.Float64).sin().reshape(7, 50).to(type);
        foreach (var view in new Func<Tensor, Tensor>[] { x => x.narrow(0, 1, 5), x => x.t(), x => x.narrow(1, 3, 40) })
        {
            var (host, device) = (Gradient(view(values)), Gradient(view(values.cuda())));
            var tolerance = type is ScalarType.Float32 or ScalarType.Float64 ? 1e-5 : 2e-2;
            Assert.True(allclose(host.to(ScalarType.Float64), device.cpu().to(ScalarType.Float64), tolerance, tolerance));
        }
    }

    private static Tensor Gradient(Tensor view)
    {
        var x = view.detach().requires_grad_();
        (Functional.topk_magnitude(x, 3, 0.3) * Functional.topk_mask(x, 5, 0.5) + Functional.soft_rank(x, 2.0)).sum().backward();
        return x.grad!;
    }
}

public class CudaSingleContractOnCudaTensors : ContractTests<CudaSingleContractOnCudaTensors>, IContractTests
{
    static string? IContractTests.WhyMissing => OnCudaTensorsTests.Missing;

    static object IContractTests.Create() => new CudaSingleContract();
}

public class CudaDoubleContractOnCudaTensors : ContractTests<CudaDoubleContractOnCudaTensors>, IContractTests
{
    static string? IContractTests.WhyMissing => OnCudaTensorsTests.Missing;

    static object IContractTests.Create() => new CudaDoubleContract();
}
