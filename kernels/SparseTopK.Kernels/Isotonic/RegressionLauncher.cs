using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Queues isotonic regression and its products: picks the kernels for the objective. Arguments have been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="X">The rows.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Weights">n of them, or as many as x, or none.</param>
/// <param name="Objective">What is minimised.</param>
/// <param name="BlockEnds">The blocks, or none.</param>
/// <param name="Destination">As long as x.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record RegressionLauncher<T, TElement>(
    Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, IsotonicObjective Objective, ArrayView<int> BlockEnds,
    ArrayView<T> Destination, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private delegate void ForwardLauncher<TBlock>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<T> weights, int weightStep,
        IsotonicObjective objective, IsotonicOrder order, ArrayView<TBlock> stacks, int stride, ArrayView<T> destination,
        ArrayView<int> blockEnds)
        where TBlock : unmanaged;

    private delegate void ProductLauncher(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, ArrayView<T> v, ArrayView<int> blockEnds, ArrayView<T> direction,
        int n, ArrayView<T> weights, int weightStep, IsotonicObjective objective, int isForward, ArrayView<T> destination);

    private int WeightStep => Weights.Length == X.Length ? N : 0;

    public void RunForward(IsotonicOrder order)
    {
        if (Objective.Term == IsotonicTerm.None)
        {
            RunForward<SquaresTerm, QuadraticBlock>(order);
        }
        else if (Objective.Norm.ResponseExponent == 1)
        {
            RunForward<MeanTerm, QuadraticBlock>(order);
        }
        else
        {
            RunForward<QuarticTerm, QuarticBlock>(order);
        }
    }

    public void RunProduct(ArrayView<T> v, ArrayView<T> direction, bool isForward)
    {
        if (Objective.Term == IsotonicTerm.None)
        {
            RunProduct<SquaresTerm, QuadraticBlock>(v, direction, isForward);
        }
        else if (Objective.Norm.ResponseExponent == 1)
        {
            RunProduct<MeanTerm, QuadraticBlock>(v, direction, isForward);
        }
        else
        {
            RunProduct<QuarticTerm, QuarticBlock>(v, direction, isForward);
        }
    }

    private void RunForward<TTerm, TBlock>(IsotonicOrder order)
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var launch = Engine.Kernels.Get<ForwardLauncher<TBlock>>(RegressionKernel.Run<T, TElement, TTerm, TBlock>);
        var memory = TeamMemory.For(Engine.Plan, X.Length / N, 1, N, Interop.SizeOf<TBlock>(), areThreads: true);
        var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<TBlock>(memory.Length));
        var stacks = lease.Take<TBlock>(memory.Length);
        launch(Stream, memory.Config, X, N, Weights, WeightStep, Objective, order, stacks, memory.Stride, Destination, BlockEnds);
    }

    private void RunProduct<TTerm, TBlock>(ArrayView<T> v, ArrayView<T> direction, bool isForward)
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var launch = Engine.Kernels.Get<ProductLauncher>(BlockProductKernel.Run<T, TElement, TTerm, TBlock>);
        var config = Engine.Plan.Rows(X.Length / N, 1);
        launch(Stream, config, X, v, BlockEnds, direction, N, Weights, WeightStep, Objective, isForward ? 1 : 0, Destination);
    }
}
