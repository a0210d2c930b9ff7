using System.Reflection;
using System.Runtime.Loader;

namespace SparseTopK.Torch.Tests.Cuda;

/// <summary>An application to which ILGPU.dll was not deployed.</summary>
public sealed class WithoutIlgpuTests
{
    [TorchFact]
    public void Where_ilgpu_is_missing_that_is_the_reason_and_torch_operations_take_over()
    {
        var application = new WithoutIlgpu();
        var package = application.LoadFromAssemblyName(typeof(CudaKernels).Assembly.GetName());
        var why = package.GetType(typeof(CudaKernels).FullName!)!.GetMethod(nameof(CudaKernels.WhyMissing))!;
        Assert.Equal(WithoutIlgpu.Reason, why.Invoke(null, [0]));
        var path = package.GetType(typeof(Functions.ComputePaths).FullName!)!.GetMethod(nameof(Functions.ComputePaths.Kernels))!
            .Invoke(null, [new TorchSharp.torch.Device(TorchSharp.DeviceType.CUDA, 0)]);
        Assert.Equal(typeof(TorchOperations.TorchPath).FullName, path!.GetType().FullName);
    }

    /// <summary>Loads our own assemblies anew; ILGPU is not found.</summary>
    private sealed class WithoutIlgpu : AssemblyLoadContext
    {
        public const string Reason = "ILGPU was not deployed.";

        protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name switch
        {
            "ILGPU" => throw new FileNotFoundException(Reason),
            { } name when name.StartsWith(nameof(SparseTopK), StringComparison.Ordinal) => LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")),
            _ => null,
        };
    }
}
