using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Kernels.Products;
using SparseTopK.Kernels.Teams;
using SparseTopK.Kernels.Thresholding;

namespace SparseTopK.Kernels.Tests;

/// <summary>The kernels compile to NVIDIA's assembly, which needs no device: every operation in them exists there.</summary>
/// <remarks>That they compute the right thing there is for the contracts on CUDA to say.</remarks>
public class PtxTests
{
    [Fact]
    public void The_forward_passes_compile_for_cuda()
    {
        Forward<MaskOperator, FirstPower, WarpTeam>();
        Forward<MaskOperator, RealPower, ThreadTeam>();
        Forward<MagnitudeOperator, SecondPower, WarpTeam>();
        Forward<MagnitudeOperator, ThirdPower, GroupTeam>();
    }

    [Fact]
    public void The_products_compile_for_cuda()
    {
        Product<MaskJacobian<FirstPower>, WarpTeam>();
        Product<MaskJacobian<RealPower>, ThreadTeam>();
        Product<MagnitudeJacobian<ThirdPower, VectorJacobian>, WarpTeam>();
        Product<MagnitudeJacobian<RealPower, JacobianVector>, ThreadTeam>();
    }

    private static void Forward<TOperator, TPower, TTeam>()
        where TOperator : struct, SparseTopK.Thresholding.ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        Compile(RowForwardKernel.Run<float, SingleElement, TOperator, TPower, TTeam, GlobalColumns>);
        Compile(RowForwardKernel.Run<ushort, HalfElement, TOperator, TPower, TTeam, SharedColumns>);
        Compile(LongForwardKernels.Start<double, DoubleElement, TOperator, TPower, TTeam>);
        Compile(LongForwardKernels.Step<double, DoubleElement, TOperator, TPower, TTeam>);
        Compile(LongForwardKernels.Finish<double, DoubleElement, TOperator, TPower, TTeam>);
        Compile(LongForwardKernels.Write<double, DoubleElement, TOperator, TPower, TTeam>);
    }

    private static void Product<TJacobian, TTeam>()
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        Compile(RowProductKernel.Run<float, SingleElement, TJacobian, TTeam>);
        Compile(LongProductKernels.Sum<ushort, HalfElement, TJacobian, TTeam>);
        Compile(LongProductKernels.Apply<double, DoubleElement, TJacobian, TTeam>);
    }

    private static void Compile(Delegate kernel)
    {
        using var context = Context.Create(b => b.CPU());
        AssemblyOf(kernel, context);
    }

    /// <summary>The kernel in NVIDIA's assembly.</summary>
    internal static string AssemblyOf(Delegate kernel, Context context)
    {
        var capabilities = new CudaCapabilityContext(CudaArchitecture.SM_80);
        using var backend = new PTXBackend(context, capabilities, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, nvvmAPI: null);
        var compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), KernelSpecialization.Empty);
        var assembly = ((PTXCompiledKernel)compiled).PTXAssembly;
        Assert.Contains(".visible .entry", assembly, StringComparison.Ordinal);

        // ILGPU's higher level of optimization says of branches on which threads part that they do not: what they then do is undefined.
        Assert.DoesNotMatch(@"@!?%p\d+\s+bra\.uni", assembly);
        return assembly;
    }
}
