using System.Xml.Linq;
using ILGPU.Runtime;
using SparseTopK.Kernels.Cuda;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Cuda;

/// <summary>What the package takes for granted of ILGPU, and of machines without a driver.</summary>
public sealed class IlgpuTests
{
    /// <summary>Where this fails, a new ILGPU no longer lets its CUDA accelerator be put into the primary context as <see cref="IlgpuState"/> does it.</summary>
    [Fact]
    public void Ilgpu_has_the_two_setters_by_which_an_accelerator_is_put_into_the_primary_context()
    {
        var (context, accelerator) = CpuDevices.Open();
        var (before, native) = (Accelerator.Current, accelerator.NativePtr);
        IlgpuState.SetCurrent(accelerator);
        Assert.Same(accelerator, Accelerator.Current);
        IlgpuState.SetCurrent(before);
        Assert.Same(before, Accelerator.Current);
        IlgpuState.SetContext(accelerator, 77);
        Assert.Equal(77, accelerator.NativePtr);
        IlgpuState.SetContext(accelerator, native);
        accelerator.Dispose();
        context.Dispose();
    }

    [Fact]
    public void Ilgpu_is_pinned_to_the_version_that_is_tested_here()
    {
        var pinned = XDocument.Load(RepositoryRoot.Path("Directory.Packages.props")).Descendants("PackageVersion")
            .Single(package => (string?)package.Attribute("Include") == "ILGPU").Attribute("Version")!.Value;
        var version = typeof(Accelerator).Assembly.GetName().Version!;
        Assert.Equal($"[{version.ToString(3)}]", pinned);
    }

    [Fact]
    public void Where_there_is_no_cuda_device_the_reason_is_told()
    {
        Assert.Equal("ordinal", Assert.Throws<ArgumentOutOfRangeException>(() => GpuTopK.ForCudaDevice(-1)).ParamName);
        var isThere = CudaDevices.Missing is null;
        var reason = Assert.Throws<NotSupportedException>(() => GpuTopK.ForCudaDevice(isThere ? int.MaxValue : 0)).Message;
        Assert.Matches(isThere ? "There is no CUDA device" : "is not found|does not start|There is no CUDA device|does not accept", reason);
        string? report = null;
        using var best = GpuTopK.CreateBest(text => report = text);
        Assert.EndsWith(isThere ? $"CUDA: {best.Accelerator.Name}." : $"No CUDA: {reason}", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_accelerators_have_no_foreign_memory_and_streams()
    {
        using var kernels = new GpuTopK(Shared<CpuDevices>.Accelerator);
        Assert.Throws<NotSupportedException>(() => kernels.ViewOf<float>(4, 1));
        Assert.Throws<NotSupportedException>(() => kernels.StreamOf(0));
    }
}
