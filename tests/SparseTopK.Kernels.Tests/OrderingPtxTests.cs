using ILGPU;
using ILGPU.Runtime.CPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Ordering;
using SparseTopK.Kernels.Products;
using SparseTopK.Kernels.Teams;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels.Tests;

/// <summary>Ranks, sorts, the permutahedron and bfloat16 compile to NVIDIA's assembly, which needs no device.</summary>
public sealed class OrderingPtxTests : IDisposable
{
    private readonly Context _context = Context.Create(b => b.CPU());

    public void Dispose() => _context.Dispose();

    [Fact]
    public void What_sorts_with_places_compiles_for_cuda()
    {
        Compile(ArgsortKernels.Load<float, SingleElement>);
        Compile(ArgsortKernels.Load<ushort, BFloat16Element>);
        Compile(ArgsortKernels.Sort<WarpTeam>);
        Compile(ArgsortKernels.Sort<ThreadTeam>);
        Compile(ArgsortKernels.Step);
    }

    [Fact]
    public void The_projections_compile_for_cuda()
    {
        Compile(OrderingKernel.Run<float, SingleElement, RankRow<float>, AggregateProjection<Mean>, AggregateBlock>);
        Compile(OrderingKernel.Run<ushort, HalfElement, RankRow<ushort>, AggregateProjection<LogSumExp<PortableExponentials>>, AggregateBlock>);
        Compile(OrderingKernel.Run<double, DoubleElement, SortRow<double>, AggregateProjection<LogSumExp<PortableExponentials>>, AggregateBlock>);
        Compile(OrderingKernel.Run<ushort, BFloat16Element, ChoiceRow<ushort, BFloat16Element>, PNormProjection<ThirdPower>, HalvesCell>);
        Compile(OrderingKernel.Run<float, SingleElement, ChoiceRow<float, SingleElement>, PNormProjection<RealPower>, HalvesCell>);
    }

    [Fact]
    public void Their_products_compile_for_cuda()
    {
        Compile(ProjectionProductKernel.Run<float, SingleElement, EqualShare>);
        Compile(ProjectionProductKernel.Run<double, DoubleElement, ExponentialShare>);
        Compile(ProjectionProductKernel.Run<ushort, BFloat16Element, SlopeShare<RealPower>>);
        Compile(SortProductKernel.Run<float, SingleElement, EqualShare>);
        Compile(SortProductKernel.Run<ushort, HalfElement, ExponentialShare>);
    }

    [Fact]
    public void Products_that_find_the_root_again_compile_for_cuda()
    {
        Compile(CoarseProductKernel.Run<float, SingleElement, MagnitudeJacobian<ThirdPower, VectorJacobian>, ThirdPower, WarpTeam>);
        Compile(CoarseProductKernel.Run<ushort, BFloat16Element, MagnitudeJacobian<RealPower, JacobianVector>, RealPower, ThreadTeam>);
    }

    private void Compile(Delegate kernel) => PtxTests.AssemblyOf(kernel, _context);
}
