using System.Globalization;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime.CPU;
using SparseTopK.Internals;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Tests;

/// <summary>The isotonic kernels compile to NVIDIA's assembly, which needs no device, and their shared memory is what every device has.</summary>
public sealed partial class IsotonicPtxTests : IDisposable
{
    private const int SharedBytes = 48 * 1024;

    private readonly Context _context = Context.Create(b => b.CPU());

    public void Dispose() => _context.Dispose();

    [Fact]
    public void Dykstras_projection_compiles_for_cuda()
    {
        Assert.Equal(0, SharedOf(ProjectionKernel.Run<float, SingleElement, ThreadTeam, GlobalMemory>));
        Fits(ProjectionKernel.Run<double, DoubleElement, GroupTeam, SmallSharedMemory>);
        Fits(ProjectionKernel.Run<float, SingleElement, WarpTeam, SmallSharedMemory>);
        Fits(ProjectionKernel.Run<ushort, HalfElement, GroupTeam, LargeSharedMemory>);
        Fits(ProjectionKernel.Run<double, DoubleElement, WarpTeam, LargeSharedMemory>);
        Fits(ProjectionKernel.Run<float, SingleElement, WarpTeam, GlobalMemory>);
    }

    [Fact]
    public void The_forward_passes_by_Dykstra_compile_for_cuda()
    {
        Check<MaskOperator>();
        Check<MagnitudeOperator>();

        void Check<TOperator>()
            where TOperator : struct, ITopKOperator
        {
            Assert.Equal(0, SharedOf(SortedForwardKernel.Run<float, SingleElement, TOperator, FirstPower, ThreadTeam, GlobalMemory, DykstraSolver>));
            Fits(SortedForwardKernel.Run<float, SingleElement, TOperator, FirstPower, WarpTeam, SmallSharedMemory, DykstraSolver>);
            Fits(SortedForwardKernel.Run<double, DoubleElement, TOperator, FirstPower, GroupTeam, LargeSharedMemory, DykstraSolver>);
            Fits(SortedForwardKernel.Run<ushort, HalfElement, TOperator, FirstPower, WarpTeam, GlobalMemory, DykstraSolver>);
        }
    }

    [Fact]
    public void The_forward_passes_by_pooling_compile_for_cuda()
    {
        Check<MaskOperator, FirstPower, QuadraticBlock>();
        Check<MaskOperator, ThirdPower, QuarticBlock>();
        Check<MagnitudeOperator, FirstPower, QuadraticBlock>();
        Check<MagnitudeOperator, ThirdPower, QuarticBlock>();

        void Check<TOperator, TPower, TBlock>()
            where TOperator : struct, ITopKOperator
            where TPower : unmanaged, IScalarPower
            where TBlock : unmanaged, IMoments<TBlock>
        {
            Fits(SortedForwardKernel.Run<float, SingleElement, TOperator, TPower, ThreadTeam, GlobalMemory, PavSolver<TBlock>>);
            Fits(SortedForwardKernel.Run<double, DoubleElement, TOperator, TPower, GroupTeam, LargeSharedMemory, PavSolver<TBlock>>);
            Fits(SortedForwardKernel.Run<float, SingleElement, TOperator, TPower, WarpTeam, GlobalMemory, PavSolver<TBlock>>);
        }
    }

    [Fact]
    public void Isotonic_regression_and_its_products_compile_for_cuda()
    {
        Check<SquaresTerm, QuadraticBlock>();
        Check<MeanTerm, QuadraticBlock>();
        Check<QuarticTerm, QuarticBlock>();

        void Check<TTerm, TBlock>()
            where TTerm : struct, IRegressionTerm<TTerm, TBlock>
            where TBlock : unmanaged, IValued
        {
            Fits(RegressionKernel.Run<float, SingleElement, TTerm, TBlock>);
            Fits(RegressionKernel.Run<double, DoubleElement, TTerm, TBlock>);
            Fits(BlockProductKernel.Run<ushort, HalfElement, TTerm, TBlock>);
            Fits(BlockProductKernel.Run<double, DoubleElement, TTerm, TBlock>);
        }
    }

    [Fact]
    public void What_sorts_long_rows_compiles_for_cuda()
    {
        Fits(LongSortKernels.Load<float, SingleElement, MaskOperator>);
        Fits(LongSortKernels.Load<ushort, HalfElement, MagnitudeOperator>);
        Fits(LongSortKernels.Step);
        Fits(LongSortKernels.Solve<MaskOperator, FirstPower, WarpTeam, DykstraSolver>);
        Fits(LongSortKernels.Solve<MagnitudeOperator, ThirdPower, GroupTeam, PavSolver<QuarticBlock>>);
        Fits(LongSortKernels.Write<double, DoubleElement, MagnitudeOperator, ThirdPower, WarpTeam>);
    }

    private void Fits(Delegate kernel)
    {
        var arguments = kernel.Method.GetGenericArguments();
        var least = arguments.Contains(typeof(LargeSharedMemory)) ? LargeSharedMemory.Length
            : arguments.Contains(typeof(SmallSharedMemory)) ? SmallSharedMemory.Length : 0;
        Assert.InRange(SharedOf(kernel), sizeof(double) * least, SharedBytes);
    }

    /// <summary>The bytes of shared memory of the compiled kernel.</summary>
    private int SharedOf(Delegate kernel) =>
        Shared().Matches(PtxTests.AssemblyOf(kernel, _context)).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\.shared\s[^;\[]*\.b8\s[^;\[]*\[(\d+)\]")]
    private static partial Regex Shared();
}
