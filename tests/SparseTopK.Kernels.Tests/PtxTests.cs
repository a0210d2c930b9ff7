using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace SparseTopK.Kernels.Tests;

/// <summary>The kernels compile to NVIDIA's assembly, which needs no device: every operation in them exists there.</summary>
/// <remarks>That they compute the right thing there is for <see cref="MaskVjpOnCuda"/> to say.</remarks>
public class PtxTests
{
    [Fact]
    public void The_mask_vjp_compiles_for_cuda()
    {
        Compile(MaskVjpKernel.Run<float, SingleElement>);
        Compile(MaskVjpKernel.Run<double, DoubleElement>);
    }

    private static void Compile(Delegate kernel)
    {
        using var context = Context.Create(b => b.CPU());
        var capabilities = new CudaCapabilityContext(CudaArchitecture.SM_80);
        using var backend = new PTXBackend(context, capabilities, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, nvvmAPI: null);
        var compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), KernelSpecialization.Empty);
        Assert.Contains(".visible .entry", ((PTXCompiledKernel)compiled).PTXAssembly, StringComparison.Ordinal);
    }
}
